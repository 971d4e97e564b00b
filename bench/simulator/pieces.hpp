// Sets of pieces as rows of bits, and the choice among them.
//
// A Table holds one set for each host or link, side by side. rarest_free() is what
// libtorrent's picker does for a peer: of the pieces that it has and nobody was asked
// for yet, one of those that fewest neighbours have, at random. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace roost::bench::simulator {

using Random = std::minstd_rand;

class Table {
 public:
  Table(std::size_t rows, std::uint32_t columns)
      : words_((columns + 63) / 64), bits_(rows * words_, 0) {}

  bool has(std::size_t row, std::uint32_t column) const {
    return (bits_[row * words_ + column / 64] >> column % 64 & 1) != 0;
  }
  void set(std::size_t row, std::uint32_t column) {
    bits_[row * words_ + column / 64] |= std::uint64_t{1} << column % 64;
  }
  std::span<const std::uint64_t> row(std::size_t row) const {
    return {bits_.data() + row * words_, words_};
  }

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

using Row = std::span<const std::uint64_t>;

// Of those in `shown` and not in `taken`. Availability counts only beyond the first few pieces,
// when the swarm is known.
std::optional<std::uint32_t> rarest_free(Row shown, Row taken,
                                         std::span<const std::uint16_t> availability,
                                         bool by_rarity, Random& random);

// One that is being fetched: in shown and taken, not in have; at random.
std::optional<std::uint32_t> any_busy(Row shown, Row taken, Row have, Random& random);

// How far free pieces reach around one, no more than `most` of them in all: [begin, end).
struct Stretch {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
Stretch free_run(Row shown, Row taken, std::uint32_t piece, std::uint32_t pieces,
                 std::uint32_t most);

}  // namespace roost::bench::simulator
