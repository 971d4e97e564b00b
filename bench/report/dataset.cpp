#include "bench/report/dataset.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "bench/report/names.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

ResultFile read_results(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw_errno("read " + file.string());
  if (std::filesystem::is_directory(file)) {
    throw Error(Errc::usage, "read " + file.string() + ": is a directory");
  }
  std::string text;  // of an endless file no more than it takes to see that it is too long
  std::array<char, 1U << 16U> part;
  while (text.size() <= kMaxResultBytes) {
    in.read(part.data(), part.size());
    if (in.gcount() == 0) break;
    text.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  try {
    return parse_results(text);
  } catch (const Error& error) {
    throw Error(
        error.code(), file.string() + ": " + error.what(),
        error.help().empty() ? "give a file that roost bench fanout --out wrote" : error.help());
  }
}

// Ours first, then what comes close, then the servers.
constexpr std::array<std::string_view, 7> kOrder{
    "roost", "aria2", "plain-libtorrent", "murder", "udpcast", "rsync", "http"};

auto rank_of(const Setting& setting) {
  const auto known = std::ranges::find(kOrder, setting.method) - kOrder.begin();
  return std::tuple(setting.nodes, known, setting.method, setting.variant, setting.rate,
                    setting.seed_rate, !setting.tls);
}

}  // namespace

std::vector<unsigned> Group::node_counts() const {
  std::set<unsigned> counts;
  for (const Summary* row : rows) counts.insert(row->setting.nodes);
  return {counts.begin(), counts.end()};
}

std::vector<const Summary*> Group::at(unsigned nodes) const {
  std::vector<const Summary*> found;
  std::ranges::copy_if(rows, std::back_inserter(found),
                       [&](const Summary* row) { return row->setting.nodes == nodes; });
  return found;
}

Dataset::Dataset(const std::vector<std::filesystem::path>& files) {
  for (const auto& path : files) {
    auto file = read_results(path);
    sources_.push_back({.file = path.filename().string(),
                        .machine = std::move(file.machine),
                        .command = std::move(file.command),
                        .started = std::move(file.started),
                        .skipped = std::move(file.skipped)});
    std::ranges::move(file.runs, std::back_inserter(runs_));
  }
  summaries_ = summarise(runs_);
}

Dataset::Dataset(std::vector<Source> sources, std::vector<Run> runs)
    : sources_(std::move(sources)), runs_(std::move(runs)), summaries_(summarise(runs_)) {}

std::vector<Group> Dataset::groups() const {
  std::vector<Group> groups;
  for (const Summary& summary : summaries_) {
    auto title = conditions_of(summary.setting);
    const auto same = [&](const Group& group) {
      const auto& first = group.rows.front()->setting;
      return group.title == title && first.size == summary.setting.size &&
             first.seed == summary.setting.seed;
    };
    auto found = std::ranges::find_if(groups, same);
    if (found == groups.end()) {
      groups.push_back({.title = std::move(title), .rows = {}});
      found = groups.end() - 1;
    }
    found->rows.push_back(&summary);
  }
  for (Group& group : groups) {
    std::ranges::stable_sort(group.rows, {},
                             [](const Summary* row) { return rank_of(row->setting); });
  }
  return groups;
}

}  // namespace roost::bench
