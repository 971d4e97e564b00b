#include "core/release/counterparts.hpp"

#include <algorithm>
#include <limits>
#include <string_view>

namespace roost::release {
namespace {

// Measured with rebuilt programs of 7 to 38 MB: 64 KiB instead cost up to a quarter more bytes.
constexpr std::uint64_t kSlack = 512U << 10;
constexpr std::uint32_t kNoFile = std::numeric_limits<std::uint32_t>::max();

std::size_t shared_prefix(std::string_view a, std::string_view b) noexcept {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

// Where `part` lies between two pins, and as much around as may have come or gone between them.
StreamSpan project(StreamSpan part, StreamPin left, StreamPin right, StreamSpan theirs) {
  const double scale = static_cast<double>(right.base - left.base) /
                       static_cast<double>(std::max<std::uint64_t>(right.image - left.image, 1));
  const auto place = [&](std::uint64_t at) {
    const auto offset = static_cast<std::uint64_t>(static_cast<double>(at - left.image) * scale);
    return std::min(left.base + offset, right.base);
  };
  const std::uint64_t begin = place(part.begin);
  const std::uint64_t end = place(part.end);
  return {begin - std::min(kSlack, begin - theirs.begin), end + std::min(kSlack, theirs.end - end)};
}

}  // namespace

Counterparts::Counterparts(const Index& image, const Index& base)
    : image_(image), base_(base), order_(base.entries().size(), kNoFile) {
  const auto& files = base.stream_files();
  for (std::uint32_t i = 0; i < files.size(); ++i) order_[files[i]] = i;
}

std::vector<StreamSpan> Counterparts::of(StreamSpan stretch, const std::optional<StreamPin>& before,
                                         const std::optional<StreamPin>& behind) const {
  std::vector<StreamSpan> spans;
  const auto& starts = image_.stream_starts();
  auto file = static_cast<std::size_t>(
      std::upper_bound(starts.begin(), starts.end(), stretch.begin) - starts.begin() - 1);
  for (; file + 1 < starts.size() && starts[file] < stretch.end; ++file) {
    const auto theirs = file_of(image_.entries()[image_.stream_files()[file]]);
    if (!theirs) continue;
    const StreamSpan mine{starts[file], starts[file + 1]};
    const StreamSpan part{std::max(stretch.begin, mine.begin), std::min(stretch.end, mine.end)};
    const auto within = [&](const std::optional<StreamPin>& pin) {
      return pin && pin->image >= mine.begin && pin->image <= mine.end &&
             pin->base >= theirs->begin && pin->base <= theirs->end;
    };
    StreamPin left = within(before) ? *before : StreamPin{mine.begin, theirs->begin};
    StreamPin right = within(behind) ? *behind : StreamPin{mine.end, theirs->end};
    if (left.base > right.base) {  // the file's parts have changed places
      left = {mine.begin, theirs->begin};
      right = {mine.end, theirs->end};
    }
    spans.push_back(project(part, left, right, *theirs));
  }
  return spans;
}

std::optional<StreamSpan> Counterparts::file_of(const Entry& entry) const {
  const Entry* found = base_.find(entry.path.str());
  if (found == nullptr || !found->is_file() || found->size == 0) found = replaced_by(entry);
  if (found == nullptr) return std::nullopt;
  const auto place = order_[static_cast<std::size_t>(found - base_.entries().data())];
  return StreamSpan{base_.stream_starts()[place], base_.stream_starts()[place + 1]};
}

// Names that carry a version or a hash change with every release: of the neighbours by name,
// the one that is gone and begins most alike.
const Entry* Counterparts::replaced_by(const Entry& entry) const {
  const auto& entries = base_.entries();
  const auto at = std::lower_bound(entries.begin(), entries.end(), entry.path,
                                   [](const Entry& a, const RelPath& b) { return a.path < b; });
  const Entry* best = nullptr;
  std::size_t longest = entry.path.parent().size() + 1;  // more than the directory
  const auto consider = [&](const Entry& other) {
    const auto shared = shared_prefix(other.path.str(), entry.path.str());
    if (!other.is_file() || other.size == 0 || other.path.parent() != entry.path.parent() ||
        shared <= longest || image_.find(other.path.str()) != nullptr) {
      return;
    }
    longest = shared;
    best = &other;
  };
  if (at != entries.end()) consider(*at);
  if (at != entries.begin()) consider(*(at - 1));
  return best;
}

}  // namespace roost::release
