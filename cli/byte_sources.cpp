#include "cli/byte_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/units.hpp"

namespace roost::cli {
namespace {

constexpr std::size_t kNamed = 3;  // a line stays a line

}  // namespace

std::string to_text(const ByteSources& sources) {
  auto text = fmt::format("received {} ({} from seeders)",
                          format_size(sources.seeder + sources.peers), format_size(sources.seeder));
  if (!sources.reused.empty()) text += ", reused " + reused_text(sources.reused, kNamed);
  return text;
}

std::string reused_text(const std::map<std::string, std::uint64_t>& reused, std::size_t named) {
  std::vector<std::pair<std::string, std::uint64_t>> releases(reused.begin(), reused.end());
  std::ranges::stable_sort(releases, [](auto& a, auto& b) { return a.second > b.second; });
  std::uint64_t total = 0;
  for (const auto& [release, bytes] : releases) total += bytes;
  auto text = format_size(total) + " of ";
  for (std::size_t i = 0; i < std::min(named, releases.size()); ++i) {
    text += (i > 0 ? ", " : "") + releases[i].first;
    if (releases.size() > 1) text += " (" + format_size(releases[i].second) + ")";
  }
  if (releases.size() > named) text += fmt::format(" and {} more", releases.size() - named);
  return text;
}

}  // namespace roost::cli
