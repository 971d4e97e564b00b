#include "tracker/announce_reply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace roost::tracker {
namespace {

void add_bytes(std::string& out, BytesView bytes) {
  fmt::format_to(std::back_inserter(out), "{}:", bytes.size());
  out.append(as_text(bytes));
}

// One family's peers, six or eighteen bytes each (BEP 23, BEP 7).
void add_compact(std::string& out, const std::vector<SwarmPeer>& peers, bool v6) {
  const auto count = static_cast<std::size_t>(std::count_if(
      peers.begin(), peers.end(), [v6](const SwarmPeer& peer) { return peer.address.v6() == v6; }));
  if (v6 && count == 0) return;
  fmt::format_to(std::back_inserter(out), "{}{}:", v6 ? "6:peers6" : "5:peers",
                 count * (v6 ? 18 : 6));
  for (const auto& peer : peers) {
    if (peer.address.v6() == v6) out.append(as_text(peer.address.compact()));
  }
}

void add_listed(std::string& out, const std::vector<SwarmPeer>& peers, bool with_id) {
  out += "5:peersl";
  for (const auto& peer : peers) {
    const auto endpoint = peer.address.endpoint();
    out += "d2:ip";
    add_bytes(out, as_bytes(endpoint.address));
    if (with_id) {
      out += "7:peer id";
      add_bytes(out, peer.id);
    }
    fmt::format_to(std::back_inserter(out), "4:porti{}ee", endpoint.port);
  }
  out += "e";
}

}  // namespace

std::string announce_reply(const AnnounceResult& result, const AnnounceRequest& request) {
  std::string out;
  out.reserve(160 + result.peers.size() * 18);
  fmt::format_to(std::back_inserter(out),
                 "d8:completei{}e10:downloadedi{}e10:incompletei{}e8:intervali{}e12:min "
                 "intervali{}e",
                 result.counts.complete, result.counts.downloaded, result.counts.incomplete,
                 result.interval.count(), result.min_interval.count());
  if (request.compact) {
    add_compact(out, result.peers, false);
    add_compact(out, result.peers, true);
  } else {
    add_listed(out, result.peers, !request.no_peer_id);
  }
  out += "e";
  return out;
}

std::string scrape_reply(std::span<const std::pair<InfoHash, SwarmCounts>> swarms) {
  std::vector<std::pair<InfoHash, SwarmCounts>> sorted(swarms.begin(), swarms.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());

  std::string out = "d5:filesd";
  for (const auto& [hash, counts] : sorted) {
    add_bytes(out, hash.bytes);
    fmt::format_to(std::back_inserter(out), "d8:completei{}e10:downloadedi{}e10:incompletei{}ee",
                   counts.complete, counts.downloaded, counts.incomplete);
  }
  out += "ee";
  return out;
}

std::string failure_reply(std::string_view reason) {
  return fmt::format("d14:failure reason{}:{}e", reason.size(), reason);
}

}  // namespace roost::tracker
