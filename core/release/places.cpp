#include <algorithm>

#include "core/release/expand.hpp"

namespace roost::release {

Places::Places(const Index& index) : index_(index) {
  const std::size_t chunks = index.chunks().size();
  first_.assign(chunks + 1, 0);
  for (const Segment& segment : index.segments()) {
    if (!segment.hole()) ++first_[segment.chunk + 1];
  }
  for (std::size_t i = 0; i < chunks; ++i) first_[i + 1] += first_[i];
  starts_.resize(first_[chunks]);
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  std::uint64_t at = 0;
  for (const Segment& segment : index.segments()) {
    if (!segment.hole()) starts_[next[segment.chunk]++] = at;
    at += segment.length;
  }
}

void Places::for_each(std::uint32_t chunk, const std::function<void(const Run&)>& visit) const {
  const std::vector<std::uint64_t>& starts = index_.stream_starts();
  const std::uint32_t length = index_.chunks()[chunk].raw_length;
  for (std::uint32_t i = first_[chunk]; i < first_[chunk + 1]; ++i) {
    const std::uint64_t begin = starts_[i];
    // The last file that begins at or before the chunk.
    auto file = static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), begin) -
                                         starts.begin() - 1);
    for (std::uint32_t done = 0; done < length; ++file) {
      const std::uint64_t at = begin + done;
      const auto run =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(length - done, starts[file + 1] - at));
      visit({index_.stream_files()[file], at - starts[file], done, run});
      done += run;
    }
  }
}

}  // namespace roost::release
