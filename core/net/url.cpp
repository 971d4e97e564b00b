#include "core/net/url.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "core/base/error.hpp"

namespace roost::net {
namespace {

constexpr std::string_view kPrivateHelp =
    "this link is neither encrypted nor authenticated; use a loopback address, or pass "
    "--insecure (ROOST_INSECURE=1) on a network that you trust";

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = lower(c);
  return out;
}

Error bad_url(std::string_view text, const std::string& why) {
  return Error(Errc::usage, "parse URL '" + std::string(text.substr(0, 200)) + "': " + why,
               "write http://HOST:PORT, such as http://127.0.0.1:7070");
}

bool is_address(const std::string& text, int family) noexcept {
  in6_addr scratch{};
  return ::inet_pton(family, text.c_str(), &scratch) == 1;
}

// A host made of digits and dots must be an IPv4 address: inet_aton and
// resolvers would read "127.1" and "2130706433" as addresses, too.
bool is_host(const std::string& host) noexcept {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  const auto in_name = [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
  };
  if (!std::all_of(host.begin(), host.end(), in_name)) return false;
  if (host.find("..") != std::string::npos) return false;
  const auto numeric = [](char c) { return is_digit(c) || c == '.'; };
  const bool all_numeric = std::all_of(host.begin(), host.end(), numeric);
  return !all_numeric || is_address(host, AF_INET);
}

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

bool is_unreserved(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::uint16_t parse_port(std::string_view whole, std::string_view text) {
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) {
    throw bad_url(whole, "the port is not a number from 1 to 65535");
  }
  return port;
}

}  // namespace

Url Url::parse(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c == '\x7f') throw bad_url(text, "holds a blank or a byte that is not ASCII");
  }
  const auto colon = text.find("://");
  if (colon == std::string_view::npos) throw bad_url(text, "no scheme");
  const std::string scheme = lower(text.substr(0, colon));
  if (scheme != "http") throw bad_url(text, "scheme " + scheme + " is not supported");

  const auto rest = text.substr(colon + 3);
  const auto slash = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = rest.substr(0, slash);
  const auto tail = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) throw bad_url(text, "holds a user name");
  if (tail.find('#') != std::string_view::npos) throw bad_url(text, "holds a fragment");

  Url url;
  const auto bracket = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const bool v6 = bracket != std::string_view::npos;
  const auto host_end = v6 ? bracket + 1 : std::min(authority.find(':'), authority.size());
  url.host_ = lower(v6 ? authority.substr(1, bracket - 1) : authority.substr(0, host_end));
  if (v6 ? !is_address(url.host_, AF_INET6) : !is_host(url.host_)) {
    throw bad_url(text, "the host is neither a name nor an address");
  }
  const auto after = authority.substr(host_end);
  if (!after.empty() && after.front() != ':') throw bad_url(text, "text after the address");
  if (!after.empty()) url.port_ = parse_port(text, after.substr(1));

  const auto mark = std::min(tail.find('?'), tail.size());
  if (mark > 0) url.path_ = tail.substr(0, mark);
  if (mark < tail.size()) url.query_ = tail.substr(mark + 1);
  return url;
}

std::string Url::authority() const {
  const bool v6 = host_.find(':') != std::string::npos;
  return (v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(port_);
}

std::string Url::target() const {
  return query_.empty() ? path_ : path_ + "?" + query_;
}

std::string Url::str() const {
  return "http://" + authority() + target();
}

Url Url::with_target(std::string_view target) const {
  std::string prefix = path_;
  while (prefix.ends_with('/')) prefix.pop_back();
  return parse("http://" + authority() + prefix + std::string(target));
}

bool Url::is_loopback() const noexcept {
  if (host_ == "localhost" || host_ == "::1") return true;
  in_addr v4{};
  return ::inet_pton(AF_INET, host_.c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

void require_private_link(const Url& url, bool insecure) {
  if (insecure || url.is_loopback()) return;
  throw Error(Errc::usage, "use " + url.str() + ": a plain link outside loopback",
              std::string(kPrivateHelp));
}

void require_private_link(const Endpoint& listen, bool insecure) {
  if (insecure || listen.is_loopback()) return;
  throw Error(Errc::usage, "listen on " + listen.str() + ": a plain link outside loopback",
              std::string(kPrivateHelp));
}

std::string percent_encode(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      throw Error(Errc::usage, "decode '" + std::string(text.substr(0, 200)) +
                                   "': '%' without two hexadecimal digits");
    }
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

Query parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    const auto equals = std::min(piece.find('='), piece.size());
    const auto value = piece.substr(std::min(equals + 1, piece.size()));
    query.emplace_back(percent_decode(piece.substr(0, equals)), percent_decode(value));
  }
  return query;
}

std::string build_query(const Query& query) {
  std::string out;
  for (const auto& [key, value] : query) {
    if (!out.empty()) out += '&';
    out += percent_encode(key) + "=" + percent_encode(value);
  }
  return out;
}

}  // namespace roost::net
