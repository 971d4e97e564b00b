// Strict reading of a signed JSON payload: every field known, typed and bounded, none
// twice. Only fields whose names begin with "x-" may be unknown. Includes json.hpp, so
// for .cpp files only. Private to core/release. Throws Error{integrity}.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/release/names.hpp"

namespace roost::release {

inline constexpr std::uint64_t kMaxJsonNumber = (std::uint64_t{1} << 53) - 1;

// Parses and bounds the text itself: size, depth, duplicate keys. `what` begins every message.
nlohmann::json parse_json(BytesView text, std::size_t limit, const std::string& what);

class Fields {
 public:
  Fields(const nlohmann::json& object, std::string what);

  bool has(const char* name) const { return object_.contains(name); }
  const nlohmann::json& get(const char* name);  // throws when it is missing

  std::uint64_t number(const char* name, std::uint64_t least, std::uint64_t most);
  std::int64_t time(const char* name);  // Unix seconds
  std::string text(const char* name, std::size_t most);
  Sha256 digest(const char* name);
  ReleaseRef release(const char* name);
  ChannelRef channel(const char* name);
  Fields object(const char* name);

  // Throws for "format" other than 1, naming it.
  void check_format(std::uint64_t known);
  // Throws for a field that nobody asked for.
  void end() const;

  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const nlohmann::json& object_;
  std::string what_;
  std::set<std::string> seen_;
};

}  // namespace roost::release
