#include "core/release/json_fields.hpp"

#include <vector>

#include "core/base/error.hpp"

namespace roost::release {
namespace {

constexpr int kMaxDepthOfJson = 8;

}  // namespace

nlohmann::json parse_json(BytesView text, std::size_t limit, const std::string& what) {
  using nlohmann::json;
  if (text.size() > limit) {
    throw Error(Errc::integrity, what + ": longer than " + std::to_string(limit) + " bytes");
  }
  std::vector<std::set<std::string>> keys;
  const auto callback = [&](int depth, json::parse_event_t event, json& value) {
    if (depth > kMaxDepthOfJson) throw Error(Errc::integrity, what + ": nested too deep");
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key &&
        !keys.back().insert(value.get_ref<const std::string&>()).second) {
      throw Error(Errc::integrity, what + ": a field occurs twice");
    }
    return true;
  };
  try {
    return json::parse(text.begin(), text.end(), callback);
  } catch (const json::exception&) {
    throw Error(Errc::integrity, what + ": not well-formed JSON");
  }
}

Fields::Fields(const nlohmann::json& object, std::string what)
    : object_(object), what_(std::move(what)) {
  if (!object_.is_object()) refuse("not a JSON object");
}

void Fields::refuse(const std::string& why) const {
  throw Error(Errc::integrity, what_ + ": " + why);
}

const nlohmann::json& Fields::get(const char* name) {
  const auto found = object_.find(name);
  if (found == object_.end()) refuse(std::string("no field '") + name + "'");
  seen_.insert(name);
  return *found;
}

std::uint64_t Fields::number(const char* name, std::uint64_t least, std::uint64_t most) {
  const nlohmann::json& value = get(name);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
      value.get<std::uint64_t>() > most) {
    refuse(std::string("field '") + name + "' is out of bounds");
  }
  return value.get<std::uint64_t>();
}

std::int64_t Fields::time(const char* name) {
  return static_cast<std::int64_t>(number(name, 0, kMaxJsonNumber));
}

std::string Fields::text(const char* name, std::size_t most) {
  const nlohmann::json& value = get(name);
  if (!value.is_string() || value.get_ref<const std::string&>().size() > most) {
    refuse(std::string("field '") + name + "' is no text, or too long");
  }
  return value.get<std::string>();
}

Sha256 Fields::digest(const char* name) {
  try {
    return Sha256::parse(text(name, 64));
  } catch (const Error& error) {
    refuse(std::string("field '") + name + "': " + error.what());
  }
}

ReleaseRef Fields::release(const char* name) {
  try {
    return ReleaseRef::parse(text(name, 100));
  } catch (const Error& error) {
    refuse(std::string("field '") + name + "': " + error.what());
  }
}

ChannelRef Fields::channel(const char* name) {
  try {
    return ChannelRef::parse(text(name, 100));
  } catch (const Error& error) {
    refuse(std::string("field '") + name + "': " + error.what());
  }
}

Fields Fields::object(const char* name) {
  return Fields(get(name), what_ + ": '" + name + "'");
}

void Fields::check_format(std::uint64_t known) {
  const std::uint64_t format = number("format", 1, kMaxJsonNumber);
  if (format == known) return;
  throw Error(Errc::integrity,
              what_ + ": format " + std::to_string(format) + " is not known to this version",
              "a newer roost reads it");
}

void Fields::end() const {
  for (const auto& field : object_.items()) {
    if (!seen_.contains(field.key()) && !field.key().starts_with("x-")) {
      refuse("unknown field '" + field.key().substr(0, 100) + "'");
    }
  }
}

}  // namespace roost::release
