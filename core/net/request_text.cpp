#include "core/net/request_text.hpp"

#include "core/base/error.hpp"

namespace roost::net {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
  const auto breaks = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  };
  if (name.empty() || breaks(name) || breaks(value) || name.find(':') != std::string_view::npos) {
    throw Error(Errc::usage, "make request: header '" + std::string(name.substr(0, 80)) +
                                 "' holds a line end or a colon");
  }
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string request_text(const HttpRequest& request, const Url& url, const Headers& common) {
  for (const char c : request.method) {
    if (c < 'A' || c > 'Z') {
      throw Error(Errc::usage, "make request: method '" + request.method + "' is none");
    }
  }
  std::string out = request.method + " " + url.target() + " HTTP/1.1\r\n";
  append_field(out, "Host", url.authority());
  append_field(out, "User-Agent", "roost/" ROOST_VERSION);
  const bool has_body = !request.body.empty();
  if (has_body || request.method == "POST" || request.method == "PUT") {
    append_field(out, "Content-Length", std::to_string(request.body.size()));
  }
  if (has_body) {
    append_field(out, "Content-Type",
                 request.content_type.empty() ? "application/json" : request.content_type);
  }
  for (const auto& [name, value] : common) append_field(out, name, value);
  for (const auto& [name, value] : request.headers) append_field(out, name, value);
  out += "\r\n";
  return out;
}

}  // namespace roost::net
