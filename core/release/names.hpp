// The names that people give: NAME, VERSION, CHANNEL, NAME@VERSION, NAME/CHANNEL,
// and the release id. Grammar (docs/formats.md): NAME and CHANNEL
// [a-z0-9][a-z0-9._-]{0,47}, VERSION [A-Za-z0-9][A-Za-z0-9._+-]{0,47}; no "..", no
// final '.', none of the reserved words. parse() is the only maker, so whoever
// holds one can use it in a path or a URL. Immutable values.
// Throws Error{usage} naming the text and the grammar.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/digest.hpp"

namespace roost::release {

class Name {
 public:
  static Name parse(std::string_view text);
  const std::string& str() const noexcept { return text_; }
  auto operator<=>(const Name&) const = default;

 private:
  explicit Name(std::string_view text) : text_(text) {}
  std::string text_;
};

class Version {
 public:
  static Version parse(std::string_view text);
  const std::string& str() const noexcept { return text_; }
  auto operator<=>(const Version&) const = default;  // bytewise: no order of releases

 private:
  explicit Version(std::string_view text) : text_(text) {}
  std::string text_;
};

class Channel {
 public:
  static Channel parse(std::string_view text);
  const std::string& str() const noexcept { return text_; }
  auto operator<=>(const Channel&) const = default;

 private:
  explicit Channel(std::string_view text) : text_(text) {}
  std::string text_;
};

struct ReleaseRef {
  Name name;
  Version version;

  static ReleaseRef parse(std::string_view text);  // NAME@VERSION
  std::string str() const;
  auto operator<=>(const ReleaseRef&) const = default;
};

struct ChannelRef {
  Name name;
  Channel channel;

  static ChannelRef parse(std::string_view text);  // NAME/CHANNEL
  std::string str() const;
  auto operator<=>(const ChannelRef&) const = default;
};

// SHA-256 of the descriptor's payload bytes.
struct ReleaseId {
  Sha256 digest;

  static ReleaseId parse(std::string_view hex);  // throws Error{integrity}
  std::string hex() const { return digest.hex(); }
  std::string short_hex() const { return digest.hex().substr(0, 12); }  // in paths
  auto operator<=>(const ReleaseId&) const = default;
};

}  // namespace roost::release

template <>
struct std::hash<roost::release::ReleaseId> {
  std::size_t operator()(const roost::release::ReleaseId& id) const noexcept {
    return std::hash<roost::Sha256>{}(id.digest);
  }
};
