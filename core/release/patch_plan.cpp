#include "core/release/patch_plan.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/release/counterparts.hpp"
#include "core/release/digest_keys.hpp"
#include "core/release/patches.hpp"

namespace roost::release {
namespace {

constexpr std::size_t kShortGap = 16;  // chunks on either side that make one patch
constexpr std::size_t kPiece = 8;      // new chunks of one patch in a longer gap
constexpr std::size_t kMostOld = 32;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// A chunk where it occurs first in the tree stream.
struct Stop {
  std::uint32_t chunk;
  StreamSpan span;
};

std::vector<Stop> stops_of(const Index& index) {
  std::vector<Stop> stops;
  std::vector<bool> seen(index.chunks().size());
  std::uint64_t at = 0;
  for (const Segment& segment : index.segments()) {
    const std::uint64_t end = at + segment.length;
    if (!segment.hole() && !seen[segment.chunk]) {
      seen[segment.chunk] = true;
      stops.push_back({segment.chunk, {at, end}});
    }
    at = end;
  }
  return stops;
}

class Planner {
 public:
  Planner(const Index& image, const Index& base)
      : image_(image),
        base_(base),
        counterparts_(image, base),
        stops_(stops_of(image)),
        old_stops_(stops_of(base)),
        partner_(image.chunks().size(), kNone) {
    find_partners();
  }

  PatchPlan plan() {
    for (std::size_t i = 0; i < stops_.size();) {
      std::size_t end = i;
      while (end < stops_.size() && fresh(end)) ++end;
      if (end > i) plan_gap(i, end);
      i = end + 1;
    }
    std::sort(plan_.runs.begin(), plan_.runs.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return std::move(plan_);
  }

 private:
  bool fresh(std::size_t stop) const { return partner_[stops_[stop].chunk] == kNone; }

  // Chunks that both have, by their places in the base; what is gone is left over.
  void find_partners() {
    std::vector<std::uint32_t> stop_of(base_.chunks().size());
    for (std::uint32_t i = 0; i < old_stops_.size(); ++i) stop_of[old_stops_[i].chunk] = i;
    std::vector<bool> stays(old_stops_.size());
    const auto keys = digest_keys(base_, &ChunkInfo::raw);
    for (std::size_t i = 0; i < partner_.size(); ++i) {
      const Sha256& raw = image_.chunks()[i].raw;
      for (const auto& [key, chunk] : keys_with(keys, first_bytes(raw))) {
        if (base_.chunks()[chunk].raw != raw) continue;
        partner_[i] = stop_of[chunk];
        stays[partner_[i]] = true;
      }
    }
    for (std::uint32_t i = 0; i < old_stops_.size(); ++i) {
      if (!stays[i]) gone_.push_back(i);
    }
  }

  // Those of gone_ from one stop of the base to before another.
  std::span<const std::uint32_t> gone(std::size_t first, std::size_t end) const {
    const auto from = std::lower_bound(gone_.begin(), gone_.end(), first);
    return {from, std::lower_bound(from, gone_.end(), std::max(first, end))};
  }

  // [begin, end) are new, what lies beside them is known.
  void plan_gap(std::size_t begin, std::size_t end) {
    const std::size_t after = begin == 0 ? 0 : partner_[stops_[begin - 1].chunk] + std::size_t{1};
    const std::size_t before =
        end == stops_.size() ? old_stops_.size() : partner_[stops_[end].chunk];
    const auto between = gone(after, before);
    if (end - begin <= kShortGap && !between.empty() && between.size() <= kShortGap &&
        raw_bytes(begin, end) <= kMaxPatchedBytes) {
      return add(begin, end, {between.begin(), between.end()});
    }
    for (std::size_t i = begin; i < end;) {
      std::size_t next = i + 1;
      while (next < end && next - i < kPiece && raw_bytes(i, next + 1) <= kMaxPatchedBytes) ++next;
      auto old = by_file(i, next, begin, end);
      if (old.empty()) old = beside(after, before);
      add(i, next, std::move(old));
      i = next;
    }
  }

  std::uint64_t raw_bytes(std::size_t begin, std::size_t end) const {
    std::uint64_t bytes = 0;
    for (auto i = begin; i < end; ++i) bytes += image_.chunks()[stops_[i].chunk].raw_length;
    return bytes;
  }

  // What is gone where the files of these chunks lay.
  std::vector<std::uint32_t> by_file(std::size_t first, std::size_t last, std::size_t gap_begin,
                                     std::size_t gap_end) const {
    std::optional<StreamPin> left;
    std::optional<StreamPin> right;
    if (gap_begin > 0) {
      const auto& known = stops_[gap_begin - 1];
      left = {known.span.end, old_stops_[partner_[known.chunk]].span.end};
    }
    if (gap_end < stops_.size()) {
      const auto& known = stops_[gap_end];
      right = {known.span.begin, old_stops_[partner_[known.chunk]].span.begin};
    }
    std::vector<std::uint32_t> found;
    for (const auto& span :
         counterparts_.of({stops_[first].span.begin, stops_[last - 1].span.end}, left, right)) {
      const auto part = gone(stop_at(span.begin), stop_at(span.end - 1) + 1);
      found.insert(found.end(), part.begin(), part.end());
      if (found.size() > 64 * kMostOld) break;
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  // The stop of the base that holds this place, or lies before it.
  std::size_t stop_at(std::uint64_t place) const {
    const auto next =
        std::upper_bound(old_stops_.begin(), old_stops_.end(), place,
                         [](std::uint64_t at, const Stop& stop) { return at < stop.span.begin; });
    return static_cast<std::size_t>(std::max(next - old_stops_.begin(), std::ptrdiff_t{1}) - 1);
  }

  // What is gone right behind the chunk before and right before the chunk behind.
  std::vector<std::uint32_t> beside(std::size_t after, std::size_t before) const {
    std::vector<std::uint32_t> found;
    for (const auto& part :
         {gone(after, after + 2), gone(before - std::min<std::size_t>(before, 2), before)}) {
      found.insert(found.end(), part.begin(), part.end());
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  // A run for each stretch of consecutive numbers; they all are where the image has this base.
  void add(std::size_t begin, std::size_t end, std::vector<std::uint32_t> old_stops) {
    std::vector<std::uint32_t> old;
    std::uint64_t bytes = 0;
    for (const auto stop : old_stops) {
      const auto chunk = old_stops_[stop].chunk;
      bytes += base_.chunks()[chunk].raw_length;
      if (bytes > kMaxPrefixBytes || old.size() == kMostOld) break;
      old.push_back(chunk);
    }
    if (old.empty()) return;
    for (std::size_t i = begin; i < end;) {
      const auto first = stops_[i].chunk;
      std::uint32_t count = 1;
      while (i + count < end && stops_[i + count].chunk == first + count) ++count;
      plan_.runs.push_back({first, count, old});
      i += count;
    }
  }

  const Index& image_;
  const Index& base_;
  Counterparts counterparts_;
  std::vector<Stop> stops_;
  std::vector<Stop> old_stops_;
  std::vector<std::uint32_t> partner_;  // chunk of the image -> stop of the base with equal bytes
  std::vector<std::uint32_t> gone_;     // stops of the base whose chunks the image lacks
  PatchPlan plan_;
};

}  // namespace

PatchPlan plan_patches(const Index& image, const Index& base) {
  return Planner(image, base).plan();
}

std::vector<bool> old_chunks(const PatchPlan& plan, const Index& base) {
  std::vector<bool> needed(base.chunks().size());
  for (const auto& run : plan.runs) {
    for (const auto chunk : run.old) needed[chunk] = true;
  }
  return needed;
}

}  // namespace roost::release
