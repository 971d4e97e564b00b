#include "bench/report/palette.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/report/names.hpp"

namespace roost::bench {
namespace {

constexpr std::array<std::string_view, 7> kKnown{
    "roost", "aria2", "plain-libtorrent", "murder", "udpcast", "rsync", "http"};
constexpr int kOther = 7;
constexpr int kDashes = 4;

int colour_of(const std::string& method) {
  const auto found = std::ranges::find(kKnown, method);
  return found == kKnown.end() ? kOther : static_cast<int>(found - kKnown.begin());
}

}  // namespace

Palette::Palette(const std::vector<Summary>& summaries) {
  std::map<std::string, std::map<std::string, const Setting*>> variants;
  for (const Summary& summary : summaries) {
    variants[summary.setting.method].emplace(summary.setting.variant, &summary.setting);
  }
  std::map<int, int> used;  // dashes of each colour; unknown methods share one
  for (const auto& [method, list] : variants) {
    const int colour = colour_of(method);
    for (const auto& [variant, setting] : list) {
      styles_[label_of(*setting)] = {.colour = colour, .dash = used[colour]++ % kDashes};
    }
  }
}

Style Palette::of(const Setting& setting) const {
  const auto found = styles_.find(label_of(setting));
  return found == styles_.end() ? Style{.colour = kOther, .dash = 0} : found->second;
}

std::string Palette::line(const Setting& setting) const {
  const Style style = of(setting);
  return fmt::format("line c{} d{}", style.colour, style.dash);
}

std::string Palette::fill(const Setting& setting) const {
  return fmt::format("fill c{}", of(setting).colour);
}

}  // namespace roost::bench
