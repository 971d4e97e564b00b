// Announces and scrapes are the tracker's only input from strangers. What parses
// must be within its bounds, say the same again when it is written down and
// parsed anew, and get a well-formed answer.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/base/bytes.hpp"
#include "core/base/error.hpp"
#include "core/net/url.hpp"
#include "core/proto/bencode.hpp"
#include "tracker/announce.hpp"
#include "tracker/announce_reply.hpp"
#include "tracker/swarm_table.hpp"

using namespace roost;
using namespace roost::tracker;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::string written(const AnnounceRequest& request) {
  constexpr std::array kEvents{"", "started", "completed", "stopped"};
  return "info_hash=" + net::percent_encode(as_text(request.info_hash.bytes)) +
         "&peer_id=" + net::percent_encode(as_text(request.peer_id)) +
         "&port=" + std::to_string(request.port) + "&uploaded=" + std::to_string(request.uploaded) +
         "&downloaded=" + std::to_string(request.downloaded) +
         "&left=" + std::to_string(request.left) +
         "&event=" + kEvents[static_cast<std::size_t>(request.event)] +
         "&numwant=" + std::to_string(request.want) + (request.compact ? "&compact=1" : "") +
         (request.no_peer_id ? "&no_peer_id=1" : "") +
         (request.ip ? "&ip=" + net::percent_encode(*request.ip) : "");
}

bool same(const AnnounceRequest& a, const AnnounceRequest& b) {
  return a.info_hash == b.info_hash && a.peer_id == b.peer_id && a.port == b.port &&
         a.uploaded == b.uploaded && a.downloaded == b.downloaded && a.left == b.left &&
         a.event == b.event && a.want == b.want && a.compact == b.compact &&
         a.no_peer_id == b.no_peer_id && a.ip == b.ip;
}

void answer(const AnnounceRequest& request) {
  static SwarmTable table;
  static Rng rng{1};
  table.add(request.info_hash);
  const auto from = PeerAddress::parse("192.0.2.1", request.port);
  const auto result = table.announce(request, *from, Monotonic{}, rng);
  require(result.peers.size() <= request.want);
  const auto reply = announce_reply(result, request);
  const auto decoded = proto::bdecode(as_bytes(reply));
  require(decoded.find("peers") != nullptr);
  table.remove(request.info_hash);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto query = as_text({data, size});
  try {
    const auto request = parse_announce(query);
    require(request.want <= kMaxWant);
    require(same(request, parse_announce(written(request))));
    answer(request);
  } catch (const Error& error) {
    require(error.code() == Errc::usage);
    proto::bdecode(as_bytes(failure_reply(error.what())));
  }
  try {
    const auto hashes = parse_scrape(query);
    require(!hashes.empty() && hashes.size() <= kMaxScrape);
  } catch (const Error& error) {
    require(error.code() == Errc::usage);
  }
  return 0;
}
