#include "core/proto/api_error.hpp"

#include "core/proto/json_fields.hpp"

namespace roost::proto {
namespace {

constexpr Errc kCodes[] = {Errc::failed,         Errc::usage,    Errc::not_found,
                           Errc::not_authorised, Errc::conflict, Errc::integrity,
                           Errc::deadline,       Errc::partial,  Errc::threshold,
                           Errc::interrupted,    Errc::no_space, Errc::unavailable};

Errc code_of(const std::string& name, int http_status) {
  for (const auto code : kCodes) {
    if (errc_info(code).name == name) return code;
  }
  return errc_from_http(http_status);
}

}  // namespace

std::string to_json(const ApiError& error) {
  Json body{{"code", errc_info(error.code).name}, {"message", error.message}};
  if (!error.help.empty()) body["help"] = error.help;
  if (error.raced) body["raced"] = true;
  return dump(Json{{"error", std::move(body)}});
}

ApiError parse_api_error(int http_status, std::string_view body) {
  const Context context{"error"};
  try {
    const Json json = parse_json(body, context);
    const Fields fields = Fields(json, context).object("error");
    ApiError error;
    error.code = code_of(fields.text("code"), http_status);
    error.message = fields.text("message", 64UL * 1024);
    if (fields.has("help")) error.help = fields.text("help", 64UL * 1024);
    if (fields.has("raced")) error.raced = fields.flag("raced");
    return error;
  } catch (const Error&) {
    return {errc_from_http(http_status), "HTTP " + std::to_string(http_status), {}, false};
  }
}

Error to_error(const ApiError& error, std::string_view verb) {
  return Error(error.code, std::string(verb) + ": " + error.message, error.help);
}

}  // namespace roost::proto
