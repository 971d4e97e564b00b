// http URLs and their parts: parsing, percent coding, query strings.
//
// Url::parse is the only maker of a Url, so whoever holds one need not look
// again: scheme http, a host that is a name or an address literal, a port that
// is not 0, no user, no fragment, nothing but visible ASCII. Pure and thread-safe.
// Throws Error{usage} naming the text. Source: RFC 3986.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/endpoint.hpp"

namespace roost::net {

class Url {
 public:
  static Url parse(std::string_view text);

  const std::string& host() const noexcept { return host_; }  // lower case, without brackets
  std::uint16_t port() const noexcept { return port_; }
  const std::string& path() const noexcept { return path_; }    // as written; "/" when absent
  const std::string& query() const noexcept { return query_; }  // as written, without the '?'

  std::string authority() const;  // "host:port", IPv6 in brackets: the Host header
  std::string target() const;     // path and query: the request line
  std::string str() const;

  // This URL with another path and query; target begins with '/' and comes
  // after this URL's own path, if it has one ("http://h/roost" + "/v1/nodes").
  Url with_target(std::string_view target) const;

  // localhost, 127.0.0.0/8 or ::1. Any other name counts as elsewhere: what it
  // resolves to can change under us.
  bool is_loopback() const noexcept;

  auto operator<=>(const Url&) const = default;

 private:
  Url() = default;
  std::string host_;
  std::uint16_t port_ = 80;
  std::string path_ = "/";
  std::string query_;
};

// Plain links are for one machine: throws Error{usage} with help when url, or
// an address to listen on, is not loopback and insecure (--insecure or
// ROOST_INSECURE=1) is false.
void require_private_link(const Url& url, bool insecure);
void require_private_link(const Endpoint& listen, bool insecure);

// Everything but RFC 3986's unreserved characters becomes %XX; bytes may be binary.
std::string percent_encode(std::string_view bytes);

// Throws Error{usage} for a '%' that two hexadecimal digits don't follow. A '+'
// stays a '+', as in RFC 3986 and in announces.
std::string percent_decode(std::string_view text);

using Query = std::vector<std::pair<std::string, std::string>>;  // decoded, in order, may repeat

Query parse_query(std::string_view text);  // "a=b&c=%00"; empty pieces are skipped
std::string build_query(const Query& query);

}  // namespace roost::net
