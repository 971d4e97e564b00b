#include "peer/fetch.hpp"

#include <memory>
#include <thread>

#include "core/base/log.hpp"
#include "core/base/pause.hpp"
#include "core/base/timed_stop.hpp"
#include "core/net/http_client.hpp"
#include "core/proto/api.hpp"
#include "core/store/activation.hpp"
#include "core/store/layout.hpp"
#include "core/store/status.hpp"
#include "peer/reporter.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 5s;

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
    while (!done.stop_requested()) {
      pause(250ms, done);
      options.progress(holding.offer(), delivery.progress(), holding.stats());
    }
  });
}

std::shared_ptr<Holding> deliver(const FetchOptions& options, Node& node,
                                 const VerifiedOffer& offer, const std::stop_token& stop,
                                 FetchResult& result) {
  auto holding = node.hold(offer, Node::Purpose::deliver, stop);
  Delivery delivery(node.root(), *holding, options.node.stage, node.limits());
  {
    const auto shown = show_progress(options, *holding, delivery);
    result.path = delivery.run(stop).path.string();
  }
  result.times = delivery.progress().times;
  node.set_state(offer.id(), proto::TransferState::staged, {}, result.times.to_staged.count());
  node.images().add(holding);
  return holding;
}

// Without its image the release is as good, but gives the next one nothing and nobody else. It is
// waited for as long as it grows.
void complete_image(Node& node, const Holding& holding, const std::stop_token& stop) {
  node.images().await_made(holding.offer().id(), Deadline::never(), stop);
  std::uint32_t pieces = 0;
  auto grown = Deadline::in(kPatience);
  while (!holding.is_whole() && !stop.stop_requested() && !grown.expired()) {
    if (const auto now = holding.stats().image.pieces_have; now != pieces) {
      pieces = now;
      grown = Deadline::in(kPatience);
    }
    pause(100ms, stop);
  }
  const auto& release = holding.offer().descriptor().release;
  node.images().drop(holding.offer().id());
  try {
    holding.save_have();
    if (holding.is_whole()) return;
    log::warn("{} is staged, but its image is not whole; the next start goes on with it",
              release.str());
  } catch (const Error& error) {
    log::warn("{} is staged, but its image is not noted: {}", release.str(), error.what());
  }
}

void note_costs(const HoldingStats& stats, FetchResult& result) {
  result.bytes_seeder = stats.sum(&swarm::TransferStats::bytes_origin);
  result.bytes_peers = stats.sum(&swarm::TransferStats::bytes_peers);
  result.reused = stats.reused;
  result.causes = stats.causes;
}

// A hostile tracker could answer with another release that the key signed once.
void check_asked(const FetchOptions& options, const VerifiedOffer& offer) {
  const auto& release = offer.descriptor().release;
  if (const auto* asked = std::get_if<release::ReleaseRef>(&options.what)) {
    if (release == *asked) return;
    throw Error(Errc::integrity,
                "fetch " + asked->str() + ": the tracker offers " + release.str() + " instead");
  }
  const auto& asked = std::get<release::ChannelRef>(options.what);
  if (offer.channel() && offer.channel()->statement().channel == asked) return;
  throw Error(Errc::integrity,
              "fetch " + asked.str() + ": the offer carries no signed statement of that channel");
}

FetchResult fetch_within(const FetchOptions& options, Node& node, const std::stop_token& stop,
                         std::shared_ptr<Holding>& holding) {
  const auto offer = verify_offer(ask_for_offer(options, node, stop), options.node.trust);
  check_asked(options, offer);
  const auto& release = offer.descriptor().release;
  if (offer.channel()) {
    const auto& statement = offer.channel()->statement();
    node.floors().raise_channel(statement.channel, statement.version, statement.release_id);
  }
  FetchResult result{.release = release, .id = offer.id(), .path = {}, .times = {}, .causes = {}};
  const auto dir = store::layout::release_dir(release.version, offer.id());
  const auto app = store::App::open(node.root(), release.name);
  if (store::read_staged(app, dir)) {
    result.already_staged = true;
    result.path = app.release_path(dir).string();
    node.hold_all_again(stop);
    holding = node.find(offer.id());
  } else {
    if (const auto& base = offer.descriptor().base)
      node.await_image(base->id, Deadline::never(), stop);
    holding = deliver(options, node, offer, stop, result);
  }
  if (options.activate) {
    store::activate(app, dir);
    node.set_state(offer.id(), proto::TransferState::active);
    result.activated = true;
  }
  return result;
}

}  // namespace

FetchResult fetch(const FetchOptions& options, const std::stop_token& stop) {
  TimedStop timed(stop, options.timeout ? Deadline::in(*options.timeout) : Deadline::never());
  const auto name = std::visit([](const auto& what) { return what.str(); }, options.what);
  Node node(options.node);
  Reporter reporter(options.node.tracker, [&] {
    return proto::NodeReport{node.id(), node.address(), options.node.zone, {}, node.transfers()};
  });
  std::shared_ptr<Holding> holding;  // none: it is staged, but can't be shared
  auto result = timed.within("fetch " + name,
                             [&] { return fetch_within(options, node, timed.token(), holding); });
  reporter.changed();
  if (holding) {
    complete_image(node, *holding, timed.token());
    if (!result.already_staged) note_costs(holding->stats(), result);
  }
  if (options.seed_for > 0ms) pause(options.seed_for, stop);
  reporter.send_last(stop);  // a publisher may wait for this very node
  return result;
}

}  // namespace roost::peer
