#include "bench/simulator/pieces.hpp"

#include <bit>
#include <limits>

namespace roost::bench::simulator {
namespace {

template <class Use>
void each_bit(std::uint64_t word, std::size_t index, Use&& use) {
  for (; word != 0; word &= word - 1) {
    use(static_cast<std::uint32_t>(index * 64 + static_cast<unsigned>(std::countr_zero(word))));
  }
}

// Uniform among many of which one hears only in passing.
class Lot {
 public:
  explicit Lot(Random& random) : random_(random) {}
  void reset() { count_ = 0; }
  bool take() { return ++count_ == 1 || random_() % count_ == 0; }

 private:
  Random& random_;
  std::uint32_t count_ = 0;
};

}  // namespace

std::optional<std::uint32_t> rarest_free(Row shown, Row taken,
                                         std::span<const std::uint16_t> availability,
                                         bool by_rarity, Random& random) {
  std::optional<std::uint32_t> best;
  unsigned least = std::numeric_limits<unsigned>::max();
  Lot lot(random);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    each_bit(shown[i] & ~taken[i], i, [&](std::uint32_t piece) {
      const unsigned count = by_rarity ? availability[piece] : 0;
      if (count > least) return;
      if (count < least) lot.reset();
      least = count;
      if (lot.take()) best = piece;
    });
  }
  return best;
}

std::optional<std::uint32_t> any_busy(Row shown, Row taken, Row have, Random& random) {
  std::optional<std::uint32_t> chosen;
  Lot lot(random);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    each_bit(shown[i] & taken[i] & ~have[i], i, [&](std::uint32_t piece) {
      if (lot.take()) chosen = piece;
    });
  }
  return chosen;
}

Stretch free_run(Row shown, Row taken, std::uint32_t piece, std::uint32_t pieces,
                 std::uint32_t most) {
  const auto free = [&](std::uint32_t p) {
    return ((shown[p / 64] & ~taken[p / 64]) >> p % 64 & 1) != 0;
  };
  Stretch run{piece, piece + 1};
  while (run.begin > 0 && piece - run.begin + 1 < most && free(run.begin - 1)) --run.begin;
  while (run.end < pieces && run.end - run.begin < most && free(run.end)) ++run.end;
  return run;
}

}  // namespace roost::bench::simulator
