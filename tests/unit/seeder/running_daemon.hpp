// A seeder daemon on loopback, on a thread of its own until it goes out of scope.
#pragma once

#include <filesystem>
#include <functional>
#include <thread>

#include "seeder/seeder_daemon.hpp"
#include "tests/unit/seeder/fleet.hpp"

namespace roost::seeder {

class RunningDaemon {
 public:
  RunningDaemon(
      const std::filesystem::path& data, const net::Url& tracker,
      const std::function<void(SeederConfig&)>& adjust = [](SeederConfig&) {})
      : daemon_(config(data, tracker, adjust)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { daemon_.run(stop); });
  }

  net::Url url() const { return net::Url::parse("http://" + daemon_.api_endpoint().str()); }
  Endpoint swarm() const { return daemon_.swarm_endpoint(); }

 private:
  static SeederConfig config(const std::filesystem::path& data, const net::Url& tracker,
                             const std::function<void(SeederConfig&)>& adjust) {
    SeederConfig config{data, tracker};
    config.api = {"127.0.0.1", 0};
    config.swarm.listen = {"127.0.0.1", 0};
    config.check_every = 100ms;
    adjust(config);
    return config;
  }

  SeederDaemon daemon_;
  std::jthread thread_;
};

}  // namespace roost::seeder
