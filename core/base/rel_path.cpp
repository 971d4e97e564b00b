#include "core/base/rel_path.hpp"

#include <cstdint>

#include "core/base/error.hpp"

namespace roost {
namespace {

// The length of the UTF-8 sequence at the start of text, or 0 if it is malformed.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0U) == 0x80U; };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && at(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && at(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && at(1) < 0x90) return 0;  // overlong
    if (lead == 0xF4 && at(1) > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::string> RelPath::why_not(std::string_view text) {
  if (text.empty()) return "empty";
  if (text.size() > 4095) return "longer than 4095 bytes";
  if (text.front() == '/') return "absolute";
  if (text.find('\0') != std::string_view::npos) return "holds a NUL byte";
  if (!is_utf8(text)) return "not valid UTF-8";
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const auto component = text.substr(start, end - start);
    if (component.empty()) return "has an empty component";
    if (component == "." || component == "..") return "has a '.' or '..' component";
    if (component.size() > 255) return "has a component longer than 255 bytes";
    start = end + 1;
  }
  return std::nullopt;
}

RelPath RelPath::parse(std::string_view text) {
  if (const auto why = why_not(text)) {
    throw Error(Errc::integrity, "parse path '" + std::string(text.substr(0, 200)) + "': " + *why);
  }
  return RelPath(text);
}

std::string_view RelPath::parent() const noexcept {
  const auto slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view{} : std::string_view(text_).substr(0, slash);
}

std::string_view RelPath::name() const noexcept {
  const auto slash = text_.rfind('/');
  return slash == std::string::npos ? std::string_view(text_)
                                    : std::string_view(text_).substr(slash + 1);
}

}  // namespace roost
