// The tracker as a BitTorrent client meets it: announce and scrape over a socket.
#include <gtest/gtest.h>

#include "core/net/url.hpp"
#include "core/proto/bencode.hpp"
#include "tests/unit/tracker/api_fixture.hpp"

namespace roost::tracker {
namespace {

using sample::make;

class AnnounceApi : public sample::ApiTest {
 protected:
  void SetUp() override {
    start();
    const auto given = make(key, {});
    ASSERT_EQ(publish(given).status, 201);
    hash = proto::Metainfo::parse(*given.registration.image_torrent).swarm_hashes()[0];
  }

  std::string announce(const std::string& peer, int port, const std::string& rest) const {
    return get("/announce?info_hash=" + net::percent_encode(as_text(hash)) + "&peer_id=" + peer +
               "&port=" + std::to_string(port) + rest)
        .body;
  }
  static std::string failure(const std::string& body) {
    return std::string(proto::bdecode(as_bytes(body)).at("failure reason").string());
  }

  proto::SwarmHash hash{};
};

const std::string kOne = "-LT2080-000000000001";
const std::string kTwo = "-LT2080-000000000002";

TEST_F(AnnounceApi, IntroducesPeers) {
  const auto first = announce(kOne, 7001, "&left=0&event=started&compact=1");
  const auto answer = proto::bdecode(as_bytes(first));
  EXPECT_EQ(answer.at("complete").integer(), 1);
  EXPECT_EQ(answer.at("incomplete").integer(), 0);
  EXPECT_EQ(answer.at("peers").string(), "");
  EXPECT_GT(answer.at("interval").integer(), 0);
  EXPECT_GT(answer.at("min interval").integer(), 0);

  const auto second = announce(kTwo, 7002, "&left=5&event=started&compact=1");
  EXPECT_EQ(proto::bdecode(as_bytes(second)).at("peers").string(),
            std::string_view("\x7f\0\0\1\x1b\x59", 6));
}

TEST_F(AnnounceApi, ListsPeersForOldClients) {
  announce(kOne, 7001, "&left=0");
  const auto body = announce(kTwo, 7002, "&left=5");
  const auto answer = proto::bdecode(as_bytes(body));
  const auto& peers = answer.at("peers").list();
  ASSERT_EQ(peers.size(), 1U);
  EXPECT_EQ(peers[0].at("ip").string(), "127.0.0.1");
  EXPECT_EQ(peers[0].at("port").integer(), 7001);
  EXPECT_EQ(peers[0].at("peer id").string(), kOne);
}

TEST_F(AnnounceApi, BelievesAnAddressFromItsOwnMachineOnly) {
  announce(kOne, 7001, "&left=0&ip=10.9.8.7");  // the test is on loopback
  const auto body = announce(kTwo, 7002, "&left=5&compact=1&ip=garbage");
  EXPECT_EQ(proto::bdecode(as_bytes(body)).at("peers").string(),
            std::string_view("\x0a\x09\x08\x07\x1b\x59", 6));
}

TEST_F(AnnounceApi, SaysInWordsWhyItFails) {
  EXPECT_EQ(failure(get("/announce").body), "info_hash is missing");
  EXPECT_EQ(failure(announce("short", 1, "")), "peer_id is not 20 bytes");
  EXPECT_EQ(failure(announce(kOne, 70000, "")), "port is not a number in range");
  hash[0] ^= 1;
  EXPECT_EQ(failure(announce(kOne, 1, "")), "this tracker has no release with that info_hash");
}

TEST_F(AnnounceApi, Scrapes) {
  announce(kOne, 7001, "&left=0");
  announce(kTwo, 7002, "&left=5");
  const auto encoded = net::percent_encode(as_text(hash));
  const auto unknown = std::string(20, 'x');
  const auto body = get("/scrape?info_hash=" + encoded + "&info_hash=" + unknown).body;
  const auto answer = proto::bdecode(as_bytes(body));
  const auto& files = answer.at("files").dict();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].first, as_text(hash));
  EXPECT_EQ(files[0].second.at("complete").integer(), 1);
  EXPECT_EQ(files[0].second.at("incomplete").integer(), 1);
  EXPECT_NE(failure(get("/scrape").body).find("info_hash is missing"), std::string::npos);
}

TEST_F(AnnounceApi, TakesAnnouncesForPatchesButNobodyForASeedOfTheReleaseByThem) {
  const auto given =
      make(key, {.release = "web@2", .sequence = 2, .tree = "two", .patches_size = 5000});
  ASSERT_EQ(publish(given).status, 201);
  hash = proto::Metainfo::parse(*given.registration.patches_torrent).swarm_hashes()[0];
  const auto answer = announce("-RO0100-000000000001", 7001, "&left=0&compact=1");
  EXPECT_EQ(proto::bdecode(as_bytes(answer)).at("complete").integer(), 1);
  auto offer = proto::parse_release_offer(get("/v1/offers/web@2?node=n&addr=0.0.0.0:7009").body);
  EXPECT_EQ(offer.patches, given.registration.patches);
  for (const auto& neighbour : offer.neighbours) {
    EXPECT_EQ(neighbour.seeder, neighbour.endpoint.str() == "10.0.0.1:6881");
  }
  announce(kTwo, 6881, "&left=0&event=stopped&ip=10.0.0.1");
  offer = proto::parse_release_offer(get("/v1/offers/web@2?node=n&addr=0.0.0.0:7009").body);
  EXPECT_EQ(offer.neighbours.at(0).endpoint.str(), "10.0.0.1:6881") << "still in the main swarm";
}

TEST_F(AnnounceApi, OffersWhoAnnouncedAndForgetsTheSeederThatLeft) {
  announce(kOne, 7001, "&left=0");
  auto offer = proto::parse_release_offer(get("/v1/offers/web@1?node=n&addr=0.0.0.0:7009").body);
  ASSERT_EQ(offer.neighbours.size(), 2U);
  EXPECT_EQ(offer.neighbours[0].endpoint.str(), "10.0.0.1:6881") << "the seeder first";
  EXPECT_EQ(offer.neighbours[1].endpoint.str(), "127.0.0.1:7001");
  EXPECT_TRUE(offer.neighbours[1].seeder);
  announce(kTwo, 6881, "&left=0&event=stopped&ip=10.0.0.1");
  offer = proto::parse_release_offer(get("/v1/offers/web@1?node=n&addr=0.0.0.0:7001").body);
  EXPECT_TRUE(offer.neighbours.empty()) << "the seeder is gone, the other one is who asks";
}

}  // namespace
}  // namespace roost::tracker
