// A real tracker on a real socket, and a client for it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "core/net/event_source.hpp"
#include "core/net/http_client.hpp"
#include "core/proto/api.hpp"
#include "tests/unit/tracker/sample.hpp"
#include "tracker/tracker.hpp"

namespace roost::tracker::sample {

using namespace std::chrono_literals;
using Json = nlohmann::json;

class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override { start(); }
  void TearDown() override { stop(); }

  void start() {
    TrackerConfig config;
    config.data = directory.path() / "tracker";
    config.listen = Endpoint{"127.0.0.1", 0};
    config.trust = trust;
    config.replay_events = 4;
    config.keep_alive = 200ms;
    config.node_lost_after = lost_after;
    tracker = std::make_unique<Tracker>(std::move(config));
    thread = std::jthread([this](const std::stop_token& token) { tracker->run(token); });
  }
  void stop() {
    thread = {};  // requests the stop and joins
    tracker.reset();
  }

  net::Url url(const std::string& target = "/") const {
    return net::Url::parse("http://" + tracker->endpoint().str()).with_target(target);
  }
  net::HttpResponse get(const std::string& target) const {
    return net::HttpClient(url()).get(target, Deadline::in(5s));
  }
  net::HttpResponse post(const std::string& target, const std::string& body) const {
    return net::HttpClient(url()).post(target, body, Deadline::in(10s));
  }
  net::HttpResponse publish(const Wish& wish) const { return publish(make(key, wish)); }
  net::HttpResponse publish(const Sample& given) const {
    return post("/v1/releases", proto::to_json(given.registration));
  }
  net::HttpResponse promote(const std::string& on, std::uint64_t version,
                            const std::string& release, const release::ReleaseId& id) const {
    return post("/v1/channels/" + on,
                crypto::serialise(channel_statement(key, on, version, release, id)));
  }

  static proto::ApiError error_of(const net::HttpResponse& response) {
    EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
    EXPECT_TRUE(Json::parse(response.body).contains("error")) << response.body;
    return proto::parse_api_error(response.status, response.body);
  }

  // A node that follows channels: its event stream.
  struct Follower {
    net::EventSource source;
    proto::ReleaseOffer next_offer() {
      const auto event = source.next(Deadline::in(5s));
      if (!event) throw std::runtime_error("no event came");
      EXPECT_EQ(event->event, "release");
      return proto::parse_release_offer(event->data);
    }
    bool silent(std::chrono::milliseconds time) {
      return !source.next(Deadline::in(time)).has_value();
    }
  };
  std::string events_target(const std::string& node, std::uint16_t port,
                            const std::vector<std::string>& follows) const {
    std::vector<release::ChannelRef> channels;
    for (const auto& text : follows) channels.push_back(channel(text));
    return proto::events_path(channels, {node, {"0.0.0.0", port}, "z1"});
  }
  Follower follow(const std::string& node, std::uint16_t port,
                  const std::vector<std::string>& follows, const std::string& last_id = {}) const {
    Follower follower;
    follower.source.connect(url(events_target(node, port, follows)), last_id, Deadline::in(5s));
    return follower;
  }

  TempDir directory;
  crypto::SecretKey key = crypto::SecretKey::generate();
  crypto::SecretKey other = crypto::SecretKey::generate();
  std::vector<crypto::PublicKey> trust;
  std::chrono::seconds lost_after{45};
  std::unique_ptr<Tracker> tracker;
  std::jthread thread;
};

}  // namespace roost::tracker::sample
