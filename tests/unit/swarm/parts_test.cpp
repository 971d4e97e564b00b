// Every part that can be left out changes something, and a swarm does without any.
#include "core/swarm/parts.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include <libtorrent/session.hpp>
#include <libtorrent/settings_pack.hpp>
#include <set>

#include "core/swarm/profile.hpp"
#include "core/swarm/seeding_strategy.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

using Pack = libtorrent::settings_pack;
using ::testing::HasSubstr;

Parts all_parts() {
  Parts parts;
  for (const auto name : part_names()) parts.insert(parse_part(name));
  return parts;
}

SessionConfig without(const Parts& parts) {
  SessionConfig config = Node::loopback();
  config.without = parts;
  return config;
}

TEST(Parts, HaveANameEach) {
  const auto& names = part_names();
  EXPECT_EQ(all_parts().size(), names.size());
  EXPECT_EQ(parse_part("revealing"), Part::revealing);
  EXPECT_EQ(parse_part("disk-back-end"), Part::disk_back_end);
  EXPECT_EQ(parse_part("have-suppression"), Part::have_suppression);
  EXPECT_EQ(parse_part(names.back()), Part::degree_limit);
}

TEST(Parts, AnUnknownNameIsAnErrorThatListsTheKnownOnes) {
  try {
    parse_part("luck");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_THAT(error.what(), HasSubstr("'luck'"));
    EXPECT_THAT(error.help(), HasSubstr("revealing, slow-start"));
  }
}

TEST(Parts, GiveTheirSettingsBackToLibtorrent) {
  const Pack stock = libtorrent::default_settings();
  const Pack shipped = datacentre_profile(Node::loopback());
  const auto in_force = [&](const Pack& pack, int name) {
    const Pack& from = pack.has_val(name) ? pack : stock;
    const bool number = (name & Pack::type_mask) == Pack::int_type_base;
    return number ? from.get_int(name) : static_cast<int>(from.get_bool(name));
  };
  const std::vector<std::pair<Part, std::vector<int>>> expected{
      {Part::fast_connect,
       {Pack::connection_speed, Pack::torrent_connect_boost, Pack::smooth_connects,
        Pack::listen_queue_size}},
      {Part::kept_links, {Pack::peer_turnover, Pack::seeding_outgoing_connections}},
      {Part::short_timeouts, {Pack::peer_timeout, Pack::piece_timeout, Pack::min_reconnect_time}},
      {Part::unchoke_all, {Pack::unchoke_slots_limit}},
      {Part::short_queues, {Pack::request_queue_time, Pack::max_out_request_queue}},
      {Part::have_suppression, {Pack::send_redundant_have}},
      {Part::send_buffer, {Pack::send_buffer_low_watermark}},
      {Part::short_ticks, {Pack::tick_interval}},
      {Part::rarest_first, {Pack::auto_sequential}},
      {Part::tracker_timing, {Pack::min_announce_interval, Pack::tracker_backoff}}};
  for (const auto& [part, settings] : expected) {
    const Pack pack = datacentre_profile(without({part}));
    for (const int name : settings) {
      const auto text = libtorrent::name_for_setting(name);
      EXPECT_EQ(in_force(pack, name), in_force(stock, name)) << text;
      EXPECT_NE(in_force(shipped, name), in_force(stock, name)) << text;
    }
    for (const auto& [other, theirs] : expected) {
      if (other == part) continue;
      for (const int name : theirs) EXPECT_EQ(in_force(pack, name), in_force(shipped, name));
    }
  }
  EXPECT_TRUE(shipped.get_bool(Pack::strict_end_game_mode));
  EXPECT_FALSE(
      datacentre_profile(without({Part::strict_end_game})).get_bool(Pack::strict_end_game_mode));
}

// How many pieces an origin shows at once to so many peers, each confirmed so many times.
std::size_t shown_at_once(const Parts& parts, unsigned peers) {
  auto options = revealing_options(parts);
  options.window = 16;
  RevealingStrategy strategy(10'000, options);
  const Monotonic now{std::chrono::hours(1)};
  for (unsigned peer = 1; peer <= peers; ++peer) {
    strategy.joined(peer, RevealingStrategy::PeerKind::revealing, {}, now);
  }
  return strategy.step(now).size();
}

TEST(Parts, SetTheOptionsOfTheStrategy) {
  EXPECT_EQ(shown_at_once({}, 100), 4U);
  EXPECT_EQ(shown_at_once({Part::slow_start}, 100), 32U);
  EXPECT_EQ(shown_at_once({Part::slow_start, Part::flight_limit}, 60), 60U * 16);
  EXPECT_EQ(shown_at_once({Part::slow_start, Part::flight_limit}, 100), 64U * 16);
  EXPECT_EQ(shown_at_once({Part::slow_start, Part::flight_limit, Part::fed_limit}, 100), 100U * 16);
}

TEST(Parts, TheStrategyServesAllAtOnceWithoutItsLimit) {
  const auto served = [](const Parts& parts) {
    RevealingStrategy strategy(1, revealing_options(parts));
    const Monotonic now{std::chrono::hours(1)};
    strategy.joined(1, RevealingStrategy::PeerKind::revealing, {true}, now);
    for (unsigned peer = 2; peer <= 21; ++peer) {
      strategy.joined(peer, RevealingStrategy::PeerKind::revealing, {}, now);
    }
    return strategy.step(now).size();
  };
  EXPECT_EQ(served({}), 8U);
  EXPECT_EQ(served({Part::served_limit}), 20U);
}

TEST(Parts, TheStrategyWaitsForWhoSitsOnAPieceIfItDoesNotRevealAgain) {
  const auto shown_again = [](const Parts& parts) {
    RevealingStrategy strategy(1, revealing_options(parts));
    const Monotonic now{std::chrono::hours(1)};
    strategy.joined(1, RevealingStrategy::PeerKind::revealing, {}, now);
    strategy.joined(2, RevealingStrategy::PeerKind::revealing, {}, now);
    EXPECT_EQ(strategy.step(now).size(), 1U);
    return strategy.step(now + std::chrono::hours(1)).size();
  };
  EXPECT_EQ(shown_again({}), 1U);
  EXPECT_EQ(shown_again({Part::reveal_again}), 0U);
}

// The option of every socket that leads to the port; libtorrent's own sockets are found by it.
std::set<int> no_delay_to(std::uint16_t port) {
  std::set<int> found;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) continue;
    int value = 0;
    socklen_t length = sizeof value;
    ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &length);
    found.insert(value);
  }
  return found;
}

TEST(Parts, ASwarmDoesWithoutAnyOfThem) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 32 << 10);
  const auto config = without(all_parts());
  const auto origin = start_origin(dir, release, config);
  Node first(dir / "first", config);
  Node second(dir / "second", config);
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  first.start(release, options);
  options.neighbours.push_back(first.as_neighbour());
  second.start(release, options);
  for (const Node* node : {&first, &second}) {
    ASSERT_TRUE(const_cast<Node*>(node)->recorder.wait_complete());
    EXPECT_EQ(read_file(node->file), release.data);
  }
  EXPECT_EQ(no_delay_to(origin->session->local_endpoint().port), std::set<int>{0});
  EXPECT_TRUE(eventually([&] { return origin->transfer->distributed_copies() == 2; }))
      << "the origin hears how far they are";
}

TEST(Parts, NoneIsNeededByAllOthers) {
  const TempDir dir;
  const Release release = make_release(256 << 10, 32 << 10);
  for (const auto name : part_names()) {
    const auto config = without({parse_part(name)});
    const auto origin = start_origin(dir, release, config);
    Node node(dir / std::string(name), config);
    TransferOptions options;
    options.neighbours = {origin->as_neighbour(true)};
    node.start(release, options);
    EXPECT_TRUE(node.recorder.wait_complete(20s)) << name;
  }
}

TEST(Parts, AnOriginThatDoesNotRevealIsAnOrdinarySeeder) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 32 << 10);
  const auto config = without({Part::revealing});
  const auto origin = start_origin(dir, release, config);
  Node node(dir / "image", config);
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  const auto peers = node.transfer->peers();
  ASSERT_EQ(peers.size(), 1U);
  EXPECT_TRUE(peers[0].origin);
  EXPECT_FALSE(peers[0].reveals);
  EXPECT_EQ(node.transfer->stats().bytes_origin, release.data.size());
}

}  // namespace
}  // namespace roost::swarm::test
