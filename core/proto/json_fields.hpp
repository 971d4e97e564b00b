// Reading one JSON object field by field, with the error that names the field.
//
// Private to this library: it includes json.hpp. A Context says which message
// is read and with which code a fault is thrown. Values stay owned by the
// parsed document, which outlives every Fields.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/base/endpoint.hpp"
#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"

namespace roost::proto {

using Json = nlohmann::json;

inline constexpr std::size_t kMaxMessage = 32UL * 1024 * 1024;
inline constexpr std::size_t kMaxMessageDepth = 16;
inline constexpr std::size_t kMaxText = 1024;

struct Context {
  const char* what;  // "registration"
  Errc code = Errc::integrity;

  [[noreturn]] void refuse(const std::string& why) const;
};

Json parse_json(std::string_view text, const Context& context);
std::string dump(const Json& json);  // what is not UTF-8 is replaced

class Fields {
 public:
  Fields(const Json& object, const Context& context);

  bool has(const char* name) const;  // a field of null counts as absent
  const Json& at(const char* name) const;
  const Json& list(const char* name, std::size_t limit) const;
  Fields object(const char* name) const;

  std::string text(const char* name, std::size_t limit = kMaxText) const;
  bool flag(const char* name) const;
  std::uint64_t number(const char* name) const;
  std::uint32_t number32(const char* name) const;
  std::int64_t integer(const char* name) const;
  double real(const char* name) const;                     // finite, not negative
  Bytes bytes(const char* name, std::size_t limit) const;  // of base64
  Endpoint endpoint(const char* name) const;
  crypto::Envelope envelope(const char* name) const;

  // parse(text of the field); what it throws is thrown anew with the field's name.
  template <class Parse>
  auto parsed(const char* name, Parse&& parse) const {
    const std::string value = text(name);
    return guarded(name, [&] { return std::forward<Parse>(parse)(std::string_view(value)); });
  }

  template <class Body>
  auto guarded(const char* name, Body&& body) const {
    try {
      return std::forward<Body>(body)();
    } catch (const Error& error) {
      refuse(name, error.what());
    }
  }

  [[noreturn]] void refuse(const char* name, const std::string& why) const;
  const Context& context() const noexcept { return *context_; }

 private:
  const Json* object_;
  const Context* context_;
};

Json to_value(const crypto::Envelope& envelope);
crypto::Envelope envelope_of(const Json& value);  // throws Error{integrity}

}  // namespace roost::proto
