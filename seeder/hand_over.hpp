// A seeder daemon's API as its clients call it: asking it to take a release over,
// and how far it is. Errors as TrackerClient's, naming the daemon. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/net/http_client.hpp"
#include "core/proto/seed.hpp"

namespace roost::seeder {

class DaemonClient {
 public:
  explicit DaemonClient(net::Url base, std::stop_token stop = {},
                        std::chrono::milliseconds call_timeout = std::chrono::seconds(10));

  const net::Url& url() const noexcept { return http_.base(); }

  void check();  // throws unless a seeder answers there
  proto::SeedStatus take_over(const proto::SeedRequest& request);
  std::optional<proto::SeedStatus> status(const release::ReleaseId& id);
  std::vector<proto::SeedStatus> list();
  bool drop(const release::ReleaseId& id);  // false: it had none

 private:
  net::HttpResponse send(const net::HttpRequest& request);

  net::HttpClient http_;
  std::stop_token stop_;
  std::chrono::milliseconds call_timeout_;
};

// Where nodes reach the daemon: its own address, or where we reached it if it
// listens everywhere; nothing when that is a host name.
std::optional<Endpoint> reachable(const proto::SeedStatus& status, const net::Url& daemon);

}  // namespace roost::seeder
