// A path inside a tree that can't lead out of it.
//
// parse() is the only maker: relative, valid UTF-8, no empty, "." or ".."
// component, no NUL, each component at most 255 bytes and the whole at most
// 4095. Whoever holds a RelPath need not look again. An immutable value.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace roost {

bool is_utf8(std::string_view text) noexcept;  // RFC 3629: no surrogates, no overlong forms

class RelPath {
 public:
  // Throws Error{integrity} naming the path and what is wrong with it.
  static RelPath parse(std::string_view text);

  // Why text is no RelPath, or nothing if it is one.
  static std::optional<std::string> why_not(std::string_view text);

  const std::string& str() const noexcept { return text_; }
  const char* c_str() const noexcept { return text_.c_str(); }
  std::string_view parent() const noexcept;  // empty at the top
  std::string_view name() const noexcept;

  auto operator<=>(const RelPath&) const = default;  // bytewise

 private:
  explicit RelPath(std::string_view text) : text_(text) {}
  std::string text_;
};

}  // namespace roost
