// What BitTorrent clients ask: announce and scrape, answered in bencoding.
#include <algorithm>
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

// Peer ids of the fleet's own processes begin so.
bool is_roost(const PeerId& id) {
  constexpr std::string_view kPrefix = "-RO";
  return std::equal(kPrefix.begin(), kPrefix.end(), id.begin());
}

}  // namespace

// A node of the fleet gets its links, and no random peers beside them.
void Api::tell_introducer(const AnnounceRequest& asks, const PeerAddress& from, Monotonic now,
                          AnnounceResult& result) {
  const auto* entry = state_.catalogue.find(asks.info_hash);
  if (entry == nullptr) return;
  const bool main = asks.info_hash == entry->main;
  if (asks.event == AnnounceEvent::stopped) {
    if (main) state_.introducer.left(entry->id, from);
    return;
  }
  const Introducer::Announcement news{main && asks.left == 0, result.early, result.expires};
  state_.introducer.announced(*entry, from, news);
  if (!is_roost(asks.peer_id) || asks.want == 0) return;
  result.peers = state_.introducer.answer(*entry, from, news, now, state_.rng);
  if (result.peers.size() > asks.want) result.peers.resize(asks.want);
}

net::Response Api::announce(const net::Request& request) {
  const auto start = std::chrono::steady_clock::now();
  std::string body;
  bool accepted = true;
  try {
    const auto asks = parse_announce(query_of(request));
    const auto from = peer_address(asks, request.remote);
    auto result = state_.swarms.announce(asks, from, start, state_.rng);
    tell_introducer(asks, from, start, result);
    body = announce_reply(result, asks);
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
