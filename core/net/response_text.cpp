#include "core/net/response_text.hpp"

#include <fmt/format.h>

#include <ctime>
#include <iterator>
#include <stdexcept>

namespace roost::net {
namespace {

bool has_body(int status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

void append_fields(std::string& out, const Headers& headers) {
  for (const auto& [name, value] : headers) {
    const auto breaks = [](std::string_view text) {
      return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
    };
    if (name.empty() || breaks(name) || breaks(value)) {
      throw std::invalid_argument("a response header holds a line end");
    }
    fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
  }
}

std::string status_line(int status) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char date[40] = {};
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", status, reason_phrase(status), date);
}

}  // namespace

std::string response_head(const Response& response, bool keep_alive) {
  std::string out = status_line(response.status);
  if (has_body(response.status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    if (!response.content_type.empty()) {
      append_fields(out, {{"Content-Type", response.content_type}});
    }
  }
  append_fields(out, response.headers);
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

std::string stream_head(const Headers& headers) {
  std::string out = status_line(200);
  append_fields(out, {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}});
  append_fields(out, headers);
  out += "Connection: close\r\n\r\n";
  return out;
}

Response error_response(const ErrorFormatter& format, const Error& error, int status) {
  if (format) {
    Response response = format(error, status);
    response.status = status;
    return response;
  }
  std::string text = fmt::format("error: {}\n", error.what());
  if (!error.help().empty()) text += fmt::format("help: {}\n", error.help());
  return {status, "text/plain; charset=utf-8", std::move(text), {}};
}

}  // namespace roost::net
