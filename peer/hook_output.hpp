// What a hook prints, in bounded memory: its first 48 KiB and its last 16 KiB.
//
// The middle is counted and forgotten. text() is fit for a terminal, a log and JSON:
// other control characters than newline and tab, and bytes that are no UTF-8, are
// written as \x1B. One owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace roost::peer {

class HookOutput {
 public:
  static constexpr std::size_t kFirst = std::size_t{48} << 10;
  static constexpr std::size_t kLast = std::size_t{16} << 10;

  void add(std::string_view bytes);

  std::uint64_t omitted() const noexcept;  // bytes that text() leaves out
  std::string text() const;                // with a line where something is left out

 private:
  std::string first_;
  std::string last_;  // up to twice kLast, so that it is seldom moved
  std::uint64_t forgotten_ = 0;
};

}  // namespace roost::peer
