#include "core/release/patch_plan.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/release/counterparts.hpp"
#include "core/release/digest_keys.hpp"
#include "core/release/patches.hpp"

namespace roost::release {
namespace {

// What one patch makes, and what it needs in a gap without any guess: raw, unless a single chunk is
// longer. Longer patches lose more when a node lacks one old chunk.
constexpr std::uint64_t kPieceBytes = 2U << 20;
constexpr std::size_t kMostOld = 256;
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

// An occurrence of a chunk in a tree stream.
struct Stop {
  std::uint32_t chunk;
  StreamSpan span;
};

std::vector<Stop> stops_of(const Index& index) {
  std::vector<Stop> stops;
  std::uint64_t at = 0;
  for (const Segment& segment : index.segments()) {
    if (!segment.hole()) stops.push_back({segment.chunk, {at, at + segment.length}});
    at += segment.length;
  }
  return stops;
}

// Where a chunk of the image occurs in the base.
class Occurrences {
 public:
  Occurrences(const Index& image, const Index& base, const std::vector<Stop>& base_stops)
      : same_(image.chunks().size(), kNone) {
    for (std::uint32_t i = 0; i < base_stops.size(); ++i)
      stops_.emplace_back(base_stops[i].chunk, i);
    std::sort(stops_.begin(), stops_.end());
    const auto keys = digest_keys(base, &ChunkInfo::raw);
    for (std::size_t i = 0; i < same_.size(); ++i) {
      const Sha256& raw = image.chunks()[i].raw;
      for (const auto& [key, chunk] : keys_with(keys, first_bytes(raw))) {
        if (base.chunks()[chunk].raw == raw) same_[i] = chunk;
      }
    }
  }

  bool none(std::uint32_t chunk) const { return same_[chunk] == kNone; }

  // The first stop at or behind `from`; the very first when there is none.
  std::uint32_t next(std::uint32_t chunk, std::uint32_t from) const {
    const auto base_chunk = same_[chunk];
    const auto found = std::lower_bound(stops_.begin(), stops_.end(), std::pair(base_chunk, from));
    if (found != stops_.end() && found->first == base_chunk) return found->second;
    return std::lower_bound(stops_.begin(), stops_.end(), std::pair(base_chunk, 0U))->second;
  }

 private:
  std::vector<std::uint32_t> same_;                             // chunk of the image -> of the base
  std::vector<std::pair<std::uint32_t, std::uint32_t>> stops_;  // chunk of the base, stop
};

// New chunks between two that are known: [begin, end) of the image's stops, and between which
// stops of the base [old_begin, old_end) the known ones lie, if they are in order there.
struct Gap {
  std::size_t begin;
  std::size_t end;
  std::size_t old_begin;
  std::size_t old_end;
};

using Range = std::pair<std::size_t, std::size_t>;  // stops of the base, [first, second)

class Planner {
 public:
  Planner(const Index& image, const Index& base)
      : image_(image),
        base_(base),
        counterparts_(image, base),
        stops_(stops_of(image)),
        old_stops_(stops_of(base)) {}

  PatchPlan plan() {
    if (old_stops_.empty()) return {};  // nothing, or holes alone
    const Occurrences known(image_, base_, old_stops_);
    drop_repetitions(known);
    Gap gap{0, 0, 0, 0};
    for (; gap.end < stops_.size(); ++gap.end) {
      const auto chunk = stops_[gap.end].chunk;
      if (known.none(chunk)) continue;
      gap.old_end = known.next(chunk, static_cast<std::uint32_t>(gap.old_begin));
      plan_gap(gap);
      gap.begin = gap.end + 1;
      gap.old_begin = gap.old_end + 1;
    }
    gap.old_end = old_stops_.size();
    plan_gap(gap);
    std::sort(plan_.runs.begin(), plan_.runs.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return std::move(plan_);
  }

 private:
  // A new chunk is made once, where it occurs first.
  void drop_repetitions(const Occurrences& known) {
    std::vector<bool> seen(image_.chunks().size());
    std::erase_if(stops_, [&](const Stop& stop) {
      const bool again = known.none(stop.chunk) && seen[stop.chunk];
      seen[stop.chunk] = true;
      return again;
    });
  }

  void plan_gap(const Gap& gap) {
    const auto& [begin, end, old_begin, old_end] = gap;
    if (begin == end) return;
    if (old_begin < old_end && bytes_of(stops_, begin, end) <= kPieceBytes &&
        bytes_of(old_stops_, old_begin, old_end) <= kPieceBytes) {
      return add(begin, end, {{old_begin, old_end}});
    }
    for (std::size_t i = begin; i < end;) {
      std::size_t next = i + 1;
      while (next < end && bytes_of(stops_, i, next + 1) <= kPieceBytes) ++next;
      auto old = by_file(i, next, gap);
      if (old.empty()) old = beside(gap);
      add(i, next, old);
      i = next;
    }
  }

  // From where the first begins to where the last ends.
  static std::uint64_t bytes_of(const std::vector<Stop>& stops, std::size_t begin,
                                std::size_t end) {
    return stops[end - 1].span.end - stops[begin].span.begin;
  }

  // Where the files lay that these chunks make.
  std::vector<Range> by_file(std::size_t first, std::size_t last, const Gap& gap) const {
    std::optional<StreamPin> left;
    std::optional<StreamPin> right;
    if (gap.begin > 0)
      left = {stops_[gap.begin - 1].span.end, old_stops_[gap.old_begin - 1].span.end};
    if (gap.end < stops_.size()) {
      right = {stops_[gap.end].span.begin, old_stops_[gap.old_end].span.begin};
    }
    std::vector<Range> ranges;
    const StreamSpan stretch{stops_[first].span.begin, stops_[last - 1].span.end};
    for (const auto& span : counterparts_.of(stretch, left, right)) {
      const Range range{stop_at(span.begin), stop_at(span.end - 1) + 1};
      if (ranges.empty() || ranges.back() != range) ranges.push_back(range);
    }
    return ranges;
  }

  // The stop of the base that holds this place, or lies before it.
  std::size_t stop_at(std::uint64_t place) const {
    const auto next =
        std::upper_bound(old_stops_.begin(), old_stops_.end(), place,
                         [](std::uint64_t at, const Stop& stop) { return at < stop.span.begin; });
    return static_cast<std::size_t>(std::max(next - old_stops_.begin(), std::ptrdiff_t{1}) - 1);
  }

  // Right behind the known chunk before, and right before the known chunk behind.
  std::vector<Range> beside(const Gap& gap) const {
    return {{gap.old_begin, std::min(gap.old_begin + 2, old_stops_.size())},
            {gap.old_end - std::min<std::size_t>(gap.old_end, 2), gap.old_end}};
  }

  // The chunks at these stops of the base, in the order of its stream, as many as a patch takes.
  std::vector<std::uint32_t> old_of(const std::vector<Range>& ranges) const {
    std::vector<std::size_t> stops;
    for (const auto& [begin, end] : ranges) {
      for (auto i = begin; i < end && stops.size() < 4 * kMostOld; ++i) stops.push_back(i);
    }
    std::sort(stops.begin(), stops.end());
    stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
    std::vector<std::uint32_t> old;
    std::uint64_t bytes = 0;
    for (const auto stop : stops) {
      const auto chunk = old_stops_[stop].chunk;
      if (std::find(old.begin(), old.end(), chunk) != old.end()) continue;
      bytes += base_.chunks()[chunk].raw_length;
      if (bytes > kMaxPrefixBytes || old.size() == kMostOld) break;
      old.push_back(chunk);
    }
    return old;
  }

  // A run for each stretch of consecutive numbers; they all are where the image has this base.
  void add(std::size_t begin, std::size_t end, const std::vector<Range>& ranges) {
    const auto old = old_of(ranges);
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
