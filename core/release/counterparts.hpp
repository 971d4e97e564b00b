// Where in the tree stream of a base lies what corresponds to a stretch of an image's: in the
// file of the same path, or one that its name replaces, in proportion between places known to be
// equal. A guess. Both indexes outlive it. Private to core/release.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/release/index.hpp"

namespace roost::release {

struct StreamSpan {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// A place of the image's stream and the same one of the base's.
struct StreamPin {
  std::uint64_t image = 0;
  std::uint64_t base = 0;
};

class Counterparts {
 public:
  Counterparts(const Index& image, const Index& base);

  // One span for each file of the stretch that has a counterpart. The pins lie before and behind.
  std::vector<StreamSpan> of(StreamSpan stretch, const std::optional<StreamPin>& before,
                             const std::optional<StreamPin>& behind) const;

 private:
  std::optional<StreamSpan> file_of(const Entry& entry) const;
  const Entry* replaced_by(const Entry& entry) const;

  const Index& image_;
  const Index& base_;
  std::vector<std::uint32_t> order_;  // entry of the base -> its place among stream_files()
};

}  // namespace roost::release
