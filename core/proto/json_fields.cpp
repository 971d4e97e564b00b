#include "core/proto/json_fields.hpp"

#include <cmath>
#include <limits>

#include "core/crypto/base64.hpp"

namespace roost::proto {

void Context::refuse(const std::string& why) const {
  throw Error(code, std::string("parse ") + what + ": " + why);
}

Json parse_json(std::string_view text, const Context& context) {
  if (text.size() > kMaxMessage) context.refuse("longer than 32 MiB");
  const auto bounded = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > static_cast<int>(kMaxMessageDepth)) context.refuse("nested too deep");
    return true;
  };
  Json json = Json::parse(text, bounded, false);
  if (json.is_discarded()) context.refuse("not JSON");
  return json;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Fields::Fields(const Json& object, const Context& context) : object_(&object), context_(&context) {
  if (!object.is_object()) context.refuse("not a JSON object");
}

void Fields::refuse(const char* name, const std::string& why) const {
  context_->refuse(std::string("field '") + name + "': " + why);
}

bool Fields::has(const char* name) const {
  const auto field = object_->find(name);
  return field != object_->end() && !field->is_null();
}

const Json& Fields::at(const char* name) const {
  if (!has(name)) refuse(name, "missing");
  return (*object_)[name];
}

const Json& Fields::list(const char* name, std::size_t limit) const {
  const Json& value = at(name);
  if (!value.is_array()) refuse(name, "not a list");
  if (value.size() > limit) refuse(name, "more than " + std::to_string(limit) + " entries");
  return value;
}

Fields Fields::object(const char* name) const {
  const Json& value = at(name);
  if (!value.is_object()) refuse(name, "not an object");
  return {value, *context_};
}

std::string Fields::text(const char* name, std::size_t limit) const {
  const Json& value = at(name);
  if (!value.is_string()) refuse(name, "not text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > limit) refuse(name, "longer than " + std::to_string(limit) + " bytes");
  return text;
}

bool Fields::flag(const char* name) const {
  const Json& value = at(name);
  if (!value.is_boolean()) refuse(name, "neither true nor false");
  return value.get<bool>();
}

std::uint64_t Fields::number(const char* name) const {
  const Json& value = at(name);
  if (!value.is_number_unsigned()) refuse(name, "not a whole number");
  return value.get<std::uint64_t>();
}

std::uint32_t Fields::number32(const char* name) const {
  const auto value = number(name);
  if (value > std::numeric_limits<std::uint32_t>::max()) refuse(name, "too large");
  return static_cast<std::uint32_t>(value);
}

std::int64_t Fields::integer(const char* name) const {
  const Json& value = at(name);
  if (!value.is_number_integer()) refuse(name, "not a whole number");
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX) {
    refuse(name, "too large");
  }
  return value.get<std::int64_t>();
}

double Fields::real(const char* name) const {
  const Json& value = at(name);
  if (!value.is_number()) refuse(name, "not a number");
  const auto result = value.get<double>();
  if (!std::isfinite(result) || result < 0) refuse(name, "not a number from 0");
  return result;
}

Bytes Fields::bytes(const char* name, std::size_t limit) const {
  const Json& value = at(name);
  if (!value.is_string()) refuse(name, "not text");
  const auto& text = value.get_ref<const std::string&>();
  const auto too_long = [&] { refuse(name, "more than " + std::to_string(limit) + " bytes"); };
  if (text.size() > (limit + 2) / 3 * 4) too_long();
  Bytes bytes = guarded(name, [&] { return crypto::base64_decode(text); });
  if (bytes.size() > limit) too_long();
  return bytes;
}

Endpoint Fields::endpoint(const char* name) const {
  return parsed(name, &Endpoint::parse);
}

crypto::Envelope Fields::envelope(const char* name) const {
  const Json& value = at(name);
  return guarded(name, [&] { return envelope_of(value); });
}

Json to_value(const crypto::Envelope& envelope) {
  return Json::parse(crypto::serialise(envelope));
}

crypto::Envelope envelope_of(const Json& value) {
  return crypto::parse_envelope(dump(value));
}

}  // namespace roost::proto
