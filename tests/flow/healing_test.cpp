// A node that is cut off from who has the pieces finds its way back.
#include <gtest/gtest.h>

#include <atomic>

#include "core/net/http_server.hpp"
#include "core/proto/bencode.hpp"
#include "core/proto/offer.hpp"
#include "tests/flow/cluster.hpp"
#include "tracker/announce_reply.hpp"

namespace roost::flow {
namespace {

// A tracker that offers a release with no neighbours, as if all of them had gone
// since, knows nobody at the first announce of a swarm, and only then somebody; or
// it refuses some announces, and knows somebody at once.
class ForgetfulTracker {
 public:
  explicit ForgetfulTracker(proto::ReleaseOffer offer) : offer_(std::move(offer)) {
    for (const auto& neighbour : offer_.neighbours) {
      others_.push_back({tracker::PeerAddress::from(neighbour.endpoint), {}, true});
    }
    offer_.neighbours.clear();
    server_.start();
  }
  net::Url url() const { return net::Url::parse("http://" + server_.local_endpoint().str()); }
  int announces() const { return announces_; }
  void refuse(int announces) { refused_ = announces; }  // the first ones

 private:
  net::Response answer(const net::Request& request) {
    if (request.path.starts_with("/v1/offers/")) {
      return {.body = proto::to_json(offer_), .headers = {}};
    }
    if (request.path != "/announce") return {.body = "{}", .headers = {}};
    const auto query = std::string_view(request.target).substr(request.target.find('?') + 1);
    const auto asks = tracker::parse_announce(query);
    if (announces_++ < refused_) return {.status = 503, .body = "gone", .headers = {}};
    tracker::AnnounceResult result;
    result.interval = result.min_interval = std::chrono::seconds(1800);
    const bool is_first = asks.event == tracker::AnnounceEvent::started;
    if (!is_first || refused_ > 0) result.peers = others_;
    return {.body = tracker::announce_reply(result, asks), .headers = {}};
  }

  proto::ReleaseOffer offer_;
  std::vector<tracker::SwarmPeer> others_;
  std::atomic<int> announces_ = 0;
  std::atomic<int> refused_ = 0;
  net::HttpServer server_{{}, [this](const net::Request& request) { return answer(request); }};
};

TEST(Healing, NodeWithoutLinksAsksForOthersBeforeItsTime) {
  Cluster cluster{{.nodes = 1}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 2});
  cluster.await_active("web@1.0.0");
  auto offer = proto::parse_release_offer(cluster.offer_of("web@1.0.0"));
  ASSERT_FALSE(offer.neighbours.empty());
  ForgetfulTracker island(std::move(offer));
  const auto fetched = cluster.fetch("web@1.0.0", island.url());
  EXPECT_GE(island.announces(), 2);
  // It was answered: that nobody was known is not the tracker's silence.
  EXPECT_EQ(fetched.causes.largest(), peer::Cause::starved);
}

TEST(Healing, NodeThatKnowsNobodyNamesTheSilentTracker) {
  Cluster cluster{{.nodes = 1}};
  auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 2});
  cluster.await_active("web@1.0.0");
  ForgetfulTracker island(proto::parse_release_offer(cluster.offer_of("web@1.0.0")));
  island.refuse(2);  // of index and image
  const auto fetched = cluster.fetch("web@1.0.0", island.url());
  EXPECT_EQ(fetched.causes.largest(), peer::Cause::tracker);
}

}  // namespace
}  // namespace roost::flow
