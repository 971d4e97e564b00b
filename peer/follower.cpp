#include "peer/follower.hpp"

#include <random>

#include "core/base/backoff.hpp"
#include "core/base/log.hpp"
#include "core/base/pause.hpp"
#include "core/base/units.hpp"
#include "core/net/event_source.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

net::EventSourceOptions source_options() {
  net::EventSourceOptions options;
  options.to_error = [](const net::HttpResponse& response) {
    return proto::to_error(proto::parse_api_error(response.status, response.body),
                           "follow channels");
  };
  return options;
}

}  // namespace

Follower::Follower(net::Url tracker, std::vector<release::ChannelRef> follows, proto::Caller caller,
                   Events events)
    : tracker_(std::move(tracker)),
      follows_(std::move(follows)),
      caller_(std::move(caller)),
      events_(std::move(events)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Follower::work(const std::stop_token& stop) {
  std::mt19937_64 rng{std::random_device{}()};
  Backoff backoff(200ms, 15s);
  std::string last_id;
  bool told = false;
  while (!stop.stop_requested()) {
    const auto since = std::chrono::steady_clock::now();
    try {
      read_stream(last_id, stop);
    } catch (const Error& error) {
      if (stop.stop_requested()) return;
      // A tracker, or a proxy before it, that ends streams at once is not "back".
      if (connected_.exchange(false) && std::chrono::steady_clock::now() - since > 5s) {
        backoff.reset();
        told = false;
      }
      const auto wait = backoff.next(rng);
      if (!std::exchange(told, true)) {
        log::warn("tracker is away: {}; trying again, what runs goes on running", error.what());
      } else {
        log::debug("tracker is still away: {}; again in {}", error.what(), format_duration(wait));
      }
      pause(wait, stop);
    }
  }
}

void Follower::read_stream(std::string& last_id, const std::stop_token& stop) {
  net::EventSource source(source_options());
  source.connect(tracker_.with_target(proto::events_path(follows_, caller_)), last_id,
                 Deadline::in(10s), stop);
  connected_ = true;
  log::info("following {} channels at {}", follows_.size(), tracker_.str());
  while (!stop.stop_requested()) {
    const auto event = source.next(Deadline::in(60s), stop);
    if (!event) continue;
    pass_on(event->event, event->data);
    last_id = source.last_id();
  }
}

void Follower::pass_on(const std::string& kind, const std::string& data) const {
  try {
    const auto event = proto::parse_event(kind, data);
    if (const auto* offer = std::get_if<proto::ReleaseOffer>(&event)) events_.on_offer(*offer);
    if (const auto* gone = std::get_if<proto::UnpublishNotice>(&event)) events_.on_unpublish(*gone);
  } catch (const Error& error) {
    log::error("refused a '{}' event: {}", kind, error.what());
  }
}

}  // namespace roost::peer
