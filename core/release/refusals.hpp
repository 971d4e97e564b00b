// Collects what can't be carried, so that a person learns of all of it at once.
// Private to core/release.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace roost::release {

class Refusals {
 public:
  void add(const std::string& path, const std::string& why, bool external_link = false);
  bool any() const noexcept { return count_ > 0; }

  // Throws Error{usage} "what: path: why; ..." naming the first ten and the count.
  void throw_if_any(const std::string& what) const;

 private:
  static constexpr std::size_t kNamed = 10;

  std::vector<std::string> named_;
  std::uint64_t count_ = 0;
  std::uint64_t external_links_ = 0;
};

// A name for messages: bytes that would break a line or a terminal are escaped, \x0A.
std::string escaped(const std::string& name);

}  // namespace roost::release
