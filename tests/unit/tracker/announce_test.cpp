#include "tracker/announce.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "tracker/peer_address.hpp"

namespace roost::tracker {
namespace {

constexpr std::string_view kHash = "%124Vx%9A%BC%DE%F1%23Eg%89%AB%CD%EF%124Vx%9A";
constexpr std::string_view kPeer = "-LT2080-abcdefghijkl";

std::string query(std::string_view rest = {}) {
  return "info_hash=" + std::string(kHash) + "&peer_id=" + std::string(kPeer) + "&port=6881" +
         std::string(rest);
}

std::string failure(const std::string& text) {
  try {
    parse_announce(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    return error.what();
  }
  return "parsed";
}

TEST(ParseAnnounce, ReadsEveryField) {
  const auto request = parse_announce(
      query("&uploaded=1&downloaded=2&left=18446744073709551615&event=started&numwant=7&compact=1"
            "&no_peer_id=1&key=ABCD&ip=10.0.0.9&corrupt=0&supportcrypto=1"));
  EXPECT_EQ(request.info_hash.bytes[0], 0x12);
  EXPECT_EQ(request.info_hash.bytes[1], '4');
  EXPECT_EQ(request.info_hash.bytes[19], 0x9a);
  EXPECT_EQ(request.peer_id[0], '-');
  EXPECT_EQ(request.port, 6881);
  EXPECT_EQ(request.uploaded, 1U);
  EXPECT_EQ(request.downloaded, 2U);
  EXPECT_EQ(request.left, 18446744073709551615U);
  EXPECT_EQ(request.event, AnnounceEvent::started);
  EXPECT_EQ(request.want, 7U);
  EXPECT_TRUE(request.compact);
  EXPECT_TRUE(request.no_peer_id);
  EXPECT_EQ(request.ip, "10.0.0.9");
}

TEST(ParseAnnounce, KeepsBytesThatAreNoText) {
  std::string hash;
  for (int i = 0; i < 20; ++i) hash += i % 2 == 0 ? "%00" : "%ff";
  const auto request = parse_announce("info_hash=" + hash + "&peer_id=" + hash + "&port=1");
  EXPECT_EQ(request.info_hash.bytes[0], 0);
  EXPECT_EQ(request.info_hash.bytes[1], 0xff);
  EXPECT_EQ(request.info_hash.bytes, request.peer_id);
}

TEST(ParseAnnounce, TakesWhoDoesNotSayForIncomplete) {
  EXPECT_EQ(parse_announce(query()).left, 1U);
  EXPECT_EQ(parse_announce(query("&left=0")).left, 0U);
  EXPECT_FALSE(parse_announce(query()).compact);
}

TEST(ParseAnnounce, BoundsWhatIsWanted) {
  EXPECT_EQ(parse_announce(query()).want, kDefaultWant);
  EXPECT_EQ(parse_announce(query("&numwant=-1")).want, kDefaultWant);
  EXPECT_EQ(parse_announce(query("&numwant=0")).want, 0U);
  EXPECT_EQ(parse_announce(query("&numwant=1000000000000")).want, kMaxWant);
}

TEST(ParseAnnounce, TakesUnknownEventsAndFieldsForAPlainAnnounce) {
  EXPECT_EQ(parse_announce(query("&event=")).event, AnnounceEvent::none);
  EXPECT_EQ(parse_announce(query("&event=paused")).event, AnnounceEvent::none);
  EXPECT_EQ(parse_announce(query("&event=stopped")).event, AnnounceEvent::stopped);
  EXPECT_EQ(parse_announce(query("&event=completed")).event, AnnounceEvent::completed);
  EXPECT_EQ(parse_announce("&&=&x&" + query("&&y=%zz&")).port, 6881);
}

struct Bad {
  std::string query;
  std::string_view reason;
};

TEST(ParseAnnounce, SaysInWordsWhatIsWrong) {
  const std::string hash = "info_hash=" + std::string(kHash);
  const std::string peer = "&peer_id=" + std::string(kPeer);
  const Bad table[] = {
      {"", "info_hash is missing"},
      {peer + "&port=1", "info_hash is missing"},
      {hash + "&port=1", "peer_id is missing"},
      {hash + peer, "port is missing"},
      {hash + peer + "&port=0", "port is 0"},
      {hash + peer + "&port=65536", "port is not a number in range"},
      {hash + peer + "&port=-1", "port is not a number in range"},
      {hash + peer + "&port=1x", "port is not a number in range"},
      {hash + peer + "&port=", "port is not a number in range"},
      {query("&left=-1"), "left is not a number in range"},
      {query("&left=18446744073709551616"), "left is not a number in range"},
      {query("&numwant=many"), "numwant is not a number in range"},
      {query("&" + hash), "more than one info_hash"},
      {"info_hash=%1" + peer, "info_hash is not 20 bytes"},
      {"info_hash=%zz" + peer, "info_hash is not 20 bytes"},
      {"info_hash=" + std::string(19, 'a') + peer, "info_hash is not 20 bytes"},
      {"info_hash=" + std::string(21, 'a') + peer, "info_hash is not 20 bytes"},
      {"info_hash=" + std::string(17, 'a') + "%41%4" + peer, "info_hash is not 20 bytes"},
      {hash + "&peer_id=short", "peer_id is not 20 bytes"},
      {query("&x=" + std::string(kMaxQuery, 'x')), "the query is too long"},
  };
  for (const auto& [text, reason] : table) EXPECT_EQ(failure(text), reason) << text;
}

TEST(ParseScrape, TakesOneToSixtyFourHashes) {
  const std::string one = "info_hash=" + std::string(kHash);
  EXPECT_EQ(parse_scrape(one).size(), 1U);
  std::string many = one;
  for (std::size_t i = 1; i < kMaxScrape; ++i) many += "&" + one;
  EXPECT_EQ(parse_scrape(many).size(), kMaxScrape);
  EXPECT_THROW(parse_scrape(many + "&" + one), Error);
  EXPECT_THROW(parse_scrape(""), Error);
  EXPECT_THROW(parse_scrape("info_hash=x"), Error);
}

TEST(PeerAddress, TakesMappedIpv4ForIpv4) {
  const auto plain = PeerAddress::parse("10.1.2.3", 6881);
  const auto mapped = PeerAddress::parse("::ffff:10.1.2.3", 6881);
  ASSERT_TRUE(plain && mapped);
  EXPECT_EQ(*plain, *mapped);
  EXPECT_EQ(mapped->endpoint().str(), "10.1.2.3:6881");
  EXPECT_EQ(mapped->compact().size(), 6U);
}

TEST(PeerAddress, KnowsIpv6AndWhatIsNoAddress) {
  const auto v6 = PeerAddress::parse("fe80::1", 258);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->endpoint().str(), "[fe80::1]:258");
  EXPECT_EQ(v6->compact().size(), 18U);
  EXPECT_FALSE(PeerAddress::parse("localhost", 1));
  EXPECT_FALSE(PeerAddress::parse("1.2.3", 1));
  EXPECT_FALSE(PeerAddress::parse(std::string(100, ':'), 1));
  EXPECT_FALSE(PeerAddress::parse("0.0.0.0", 1)->usable());
  EXPECT_FALSE(PeerAddress::parse("::", 1)->usable());
  EXPECT_FALSE(PeerAddress::parse("10.0.0.1", 0)->usable());
}

}  // namespace
}  // namespace roost::tracker
