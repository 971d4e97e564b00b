#include "bench/report/compare.hpp"

#include <algorithm>
#include <cmath>

#include "bench/report/names.hpp"

namespace roost::bench {
namespace {

constexpr std::size_t kEnoughForRanks = 4;  // 2 / C(8,4) = 0.029 can be told from chance
constexpr double kSignificant = 0.05;
constexpr double kNoise = 0.02;  // between equal runs in the lab, docs/benchmarks.md
constexpr double kNoiseOfFew = 0.05;

bool by_ranks(const Spread& a, const Spread& b) {
  return std::min(a.values.size(), b.values.size()) >= kEnoughForRanks;
}

Change change_of(const Figure& figure, const Spread& a, const Spread& b) {
  Change change{.figure = &figure,
                .a = a,
                .b = b,
                .verdict = judge(figure, a, b),
                .relative = std::nullopt,
                .p = std::nullopt};
  if (a.median > 0) change.relative = (b.median - a.median) / a.median;
  if (by_ranks(a, b)) change.p = rank_test(a.values, b.values);
  return change;
}

}  // namespace

std::string_view name_of(Verdict verdict) noexcept {
  if (verdict == Verdict::same) return "same";
  return verdict == Verdict::better ? "better" : "worse";
}

Verdict judge(const Figure& figure, const Spread& a, const Spread& b) {
  const double difference = b.median - a.median;
  const double noise = (by_ranks(a, b) ? kNoise : kNoiseOfFew) * a.median;
  if (difference == 0 || std::abs(difference) < std::max(noise, figure.least)) return Verdict::same;
  const bool apart = by_ranks(a, b) ? rank_test(a.values, b.values) < kSignificant
                                    : a.max < b.min || b.max < a.min;
  if (!apart) return Verdict::same;
  return difference < 0 ? Verdict::better : Verdict::worse;
}

unsigned Comparison::count(Verdict verdict) const {
  unsigned total = 0;
  for (const Compared& setting : settings) {
    total += static_cast<unsigned>(std::ranges::count(setting.changes, verdict, &Change::verdict));
  }
  return total;
}

Comparison compare(const std::vector<Summary>& a, const std::vector<Summary>& b) {
  Comparison result;
  for (const Summary& before : a) {
    const auto after = std::ranges::find(b, before.setting, &Summary::setting);
    if (after == b.end()) {
      result.left_out.push_back("only in A: " + describe(before.setting));
    } else if (before.quoted.empty() || after->quoted.empty()) {
      result.left_out.push_back(std::string("no run to quote in ") +
                                (before.quoted.empty() ? "A: " : "B: ") + describe(before.setting));
    } else {
      Compared& compared = result.settings.emplace_back();
      compared.setting = before.setting;
      for (const Figure& figure : figures()) {
        const Spread* left = before.find(figure.name);
        const Spread* right = after->find(figure.name);
        if (!figure.judged || left == nullptr || right == nullptr) continue;
        compared.changes.push_back(change_of(figure, *left, *right));
      }
    }
  }
  for (const Summary& after : b) {
    if (std::ranges::find(a, after.setting, &Summary::setting) == a.end()) {
      result.left_out.push_back("only in B: " + describe(after.setting));
    }
  }
  return result;
}

}  // namespace roost::bench
