#include "peer/fetch.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/net/http_client.hpp"
#include "core/proto/api.hpp"
#include "core/store/activation.hpp"
#include "core/store/layout.hpp"
#include "core/store/status.hpp"
#include "peer/reporter.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

// Ends what it is given at the stop or at a point in time, and knows which it was.
class Timer {
 public:
  Timer(const std::stop_token& stop, std::optional<std::chrono::milliseconds> timeout)
      : forward_(stop, [this] { source_.request_stop(); }) {
    if (!timeout) return;
    thread_ = std::jthread([this, until = *timeout](const std::stop_token& done) {
      std::mutex mutex;
      std::condition_variable_any wake;
      std::unique_lock lock(mutex);
      if (wake.wait_for(lock, done, until, [&] { return done.stop_requested(); })) return;
      if (done.stop_requested()) return;
      expired_ = true;
      source_.request_stop();
    });
  }

  std::stop_token token() const { return source_.get_token(); }
  bool expired() const { return expired_; }

 private:
  std::stop_source source_;
  std::atomic<bool> expired_ = false;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread thread_;
};

proto::ReleaseOffer ask_for_offer(const FetchOptions& options, const Node& node,
                                  const std::stop_token& stop) {
  const proto::Caller caller{node.id(), node.address(), options.node.zone};
  const auto target =
      std::visit([&](const auto& what) { return proto::offer_path(what, caller); }, options.what);
  net::HttpClient client(options.node.tracker);
  const auto response = client.get(target, Deadline::in(10s), stop);
  if (!response.ok()) {
    const auto name = std::visit([](const auto& what) { return what.str(); }, options.what);
    throw proto::to_error(proto::parse_api_error(response.status, response.body), "fetch " + name);
  }
  return proto::parse_release_offer(response.body);
}

// A thread that shows how far the delivery is while the caller's thread does it.
std::jthread show_progress(const FetchOptions& options, const Holding& holding,
                           const Delivery& delivery) {
  if (!options.progress) return {};
  return std::jthread([&](const std::stop_token& done) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    const auto& offer = holding.offer();
    while (!wake.wait_for(lock, done, 250ms, [&] { return done.stop_requested(); })) {
      options.progress(offer, delivery.progress(), holding.stats());
    }
    options.progress(offer, delivery.progress(), holding.stats());
  });
}

void wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
}

void deliver(const FetchOptions& options, Node& node, const VerifiedOffer& offer,
             const std::stop_token& stop, FetchResult& result) {
  const auto holding = node.hold(offer);
  Delivery delivery(node.root(), *holding, options.node.stage);
  {
    const auto shown = show_progress(options, *holding, delivery);
    result.path = delivery.run(stop).path.string();
  }
  result.times = delivery.progress().times;
  const auto stats = holding->stats();
  result.bytes_seeder = stats.index.bytes_origin + stats.image.bytes_origin;
  result.bytes_peers = stats.index.bytes_peers + stats.image.bytes_peers;
  node.set_state(offer.id(), proto::TransferState::staged, {}, result.times.to_staged.count());
}

}  // namespace

FetchResult fetch(const FetchOptions& options, const std::stop_token& stop) {
  const Timer timer(stop, options.timeout);
  Node node(options.node);
  try {
    const auto offer =
        verify_offer(ask_for_offer(options, node, timer.token()), options.node.trust);
    const auto& release = offer.descriptor().release;
    if (offer.channel()) {
      const auto& statement = offer.channel()->statement();
      node.floors().raise_channel(statement.channel, statement.version, statement.release_id);
    }
    FetchResult result{.release = release, .id = offer.id(), .path = {}, .times = {}};
    Reporter reporter(options.node.tracker, [&] {
      return proto::NodeReport{node.id(), node.address(), options.node.zone, {}, node.transfers()};
    });
    const auto dir = store::layout::release_dir(release.version, offer.id());
    const auto app = store::App::open(node.root(), release.name);
    if (store::read_staged(app, dir)) {
      result.already_staged = true;
      result.path = app.release_path(dir).string();
      node.hold_all_again();
    } else {
      deliver(options, node, offer, timer.token(), result);
    }
    if (options.activate) {
      store::activate(app, dir);
      node.set_state(offer.id(), proto::TransferState::active);
      result.activated = true;
    }
    reporter.changed();
    if (options.seed_for > 0ms) wait(options.seed_for, stop);
    return result;
  } catch (const Error& error) {
    if (error.code() != Errc::interrupted || !timer.expired()) throw;
    const auto name = std::visit([](const auto& what) { return what.str(); }, options.what);
    throw Error(Errc::deadline, "fetch " + name + ": not staged in time",
                "what was fetched is kept; run the command again to go on");
  }
}

}  // namespace roost::peer
