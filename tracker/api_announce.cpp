// What BitTorrent clients ask: announce and scrape, answered in bencoding.
#include <chrono>

#include "core/base/log.hpp"
#include "tracker/announce_reply.hpp"
#include "tracker/api.hpp"

namespace roost::tracker {
namespace {

net::Response bencoded(std::string body) {
  return {200, "text/plain", std::move(body), {}};
}

std::string_view query_of(const net::Request& request) {
  const std::string_view target = request.target;
  const auto mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

// Where the peer says it listens, at the address it came from. Another address
// is believed only from this very machine, whose own one is of no use to others.
PeerAddress peer_address(const AnnounceRequest& request, const Endpoint& remote) {
  if (request.ip && remote.is_loopback()) {
    const auto told = PeerAddress::parse(*request.ip, request.port);
    if (told && told->usable()) return *told;
  }
  const auto from = PeerAddress::parse(remote.address, request.port);
  if (!from) throw Error(Errc::failed, "your address is none this tracker understands");
  return *from;
}

}  // namespace

net::Response Api::announce(const net::Request& request) {
  const auto start = std::chrono::steady_clock::now();
  std::string body;
  bool accepted = true;
  try {
    const auto asks = parse_announce(query_of(request));
    const auto from = peer_address(asks, request.remote);
    body = announce_reply(state_.swarms.announce(asks, from, start, state_.rng), asks);
    if (asks.event == AnnounceEvent::stopped) {
      state_.catalogue.seeder_stopped(asks.info_hash, from);
    }
  } catch (const Error& error) {
    accepted = false;
    body = failure_reply(error.what());
    log::debug("refused announce of {}: {}", request.remote.str(), error.what());
  }
  metrics_.announced(accepted, std::chrono::steady_clock::now() - start);
  return bencoded(std::move(body));
}

net::Response Api::scrape(const net::Request& request) {
  metrics_.scraped();
  try {
    std::vector<std::pair<InfoHash, SwarmCounts>> swarms;
    for (const auto& hash : parse_scrape(query_of(request))) {
      if (const auto counts = state_.swarms.scrape(hash)) swarms.emplace_back(hash, *counts);
    }
    return bencoded(scrape_reply(swarms));
  } catch (const Error& error) {
    return bencoded(failure_reply(error.what()));
  }
}

}  // namespace roost::tracker
