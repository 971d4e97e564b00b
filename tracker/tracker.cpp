#include "tracker/tracker.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/base/log.hpp"
#include "core/crypto/random.hpp"
#include "core/net/http_server.hpp"
#include "tracker/api.hpp"
#include "tracker/data_dir.hpp"
#include "tracker/event_hub.hpp"
#include "tracker/metrics.hpp"
#include "tracker/registry.hpp"
#include "tracker/state.hpp"

namespace roost::tracker {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kEpochBytes = 8;
// An offer holds two torrents in base64; the largest must fit a stream's queue.
constexpr std::size_t kStreamQueue = std::size_t{64} << 20;

Rng seeded_rng() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> seed{};
  crypto::random_fill(seed);
  std::uint64_t value = 0;
  std::memcpy(&value, seed.data(), sizeof value);
  return Rng(value);
}

net::HttpServerConfig server_config(const TrackerConfig& config) {
  net::HttpServerConfig result;
  result.listen = config.listen;
  result.keep_alive = config.keep_alive;
  result.stream_queue_bytes = kStreamQueue;
  result.format_error = &Api::error_answer;
  return result;
}

}  // namespace

struct Tracker::Impl {
  explicit Impl(TrackerConfig given)
      : config(std::move(given)),
        directory(config.data),
        registry(directory.registry()),
        state{registry,
              {},
              SwarmTable(config.announce),
              NodeTable(config.node_lost_after, config.node_forgotten_after),
              EventLog(crypto::random_hex(kEpochBytes), config.replay_events),
              OfferBook(registry, config.inline_index),
              seeded_rng(),
              config.degrees},
        hub(state),
        api(state, hub, metrics, config.trust, [this] { return server.stats(); }),
        server(server_config(config),
               [this](const net::Request& request) { return api.handle(request); }) {
    state.load();
    server.every(250ms, [this] { hub.tick(std::chrono::steady_clock::now()); });
    server.every(5s, [this] {
      const auto now = std::chrono::steady_clock::now();
      state.swarms.expire(now);
      state.introducer.expire(now);
    });
    server.every(60s, [this] { state.nodes.forget(std::chrono::steady_clock::now()); });
  }

  TrackerConfig config;
  DataDir directory;
  Registry registry;
  State state;
  Metrics metrics;
  EventHub hub;
  Api api;
  net::HttpServer server;
};

Tracker::Tracker(TrackerConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}

Tracker::~Tracker() = default;

Endpoint Tracker::endpoint() const {
  return impl_->server.local_endpoint();
}

void Tracker::run(std::stop_token stop) {
  log::info("tracker listens on {}, {} releases registered", endpoint().str(),
            impl_->state.catalogue.size());
  impl_->server.start();
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait(lock, std::move(stop), [] { return false; });
  if (!impl_->server.drain(Deadline::in(impl_->config.drain))) {
    log::warn("tracker stopped with requests under way");
  }
}

}  // namespace roost::tracker
