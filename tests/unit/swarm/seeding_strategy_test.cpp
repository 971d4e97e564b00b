// RevealingStrategy alone: time is an argument, the swarm is a table.
#include "core/swarm/seeding_strategy.hpp"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace roost::swarm {
namespace {

using namespace std::chrono_literals;
using Kind = RevealingStrategy::PeerKind;
using Reveal = RevealingStrategy::Reveal;

const Monotonic kStart{1000s};

std::vector<std::uint32_t> pieces_for(const std::vector<Reveal>& reveals,
                                      RevealingStrategy::Key peer) {
  std::vector<std::uint32_t> out;
  for (const Reveal& r : reveals) {
    if (r.peer == peer && r.piece) out.push_back(*r.piece);
  }
  return out;
}

RevealingStrategy::Options opening(unsigned pieces) {
  RevealingStrategy::Options options;
  options.opening = pieces;
  return options;
}

TEST(RevealingStrategy, ShowsTwoPiecesToEachPeerAndNoneTwice) {
  RevealingStrategy strategy(100, opening(100));
  for (RevealingStrategy::Key peer = 1; peer <= 5; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  const auto reveals = strategy.step(kStart);
  EXPECT_EQ(reveals.size(), 10U);
  std::set<std::uint32_t> distinct;
  for (const Reveal& r : reveals) distinct.insert(*r.piece);
  EXPECT_EQ(distinct.size(), 10U);
  for (RevealingStrategy::Key peer = 1; peer <= 5; ++peer) {
    EXPECT_EQ(pieces_for(reveals, peer).size(), 2U);
  }
  EXPECT_TRUE(strategy.step(kStart).empty());
}

// So the first ones are whole soon, and their owners pass them on.
TEST(RevealingStrategy, OpensWithAFewPiecesOnDifferentPeers) {
  RevealingStrategy strategy(100, opening(3));
  for (RevealingStrategy::Key peer = 1; peer <= 5; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  const auto first = strategy.step(kStart);
  EXPECT_EQ(first.size(), 3U);
  strategy.has(1, pieces_for(first, 1).at(0), kStart + 10ms);
  const auto second = strategy.step(kStart + 10ms);
  EXPECT_EQ(second.size(), 2U) << "one for the confirmed piece, and one more";
  EXPECT_EQ(pieces_for(second, 4).size(), 1U) << "who was shown nothing comes before who was";
  EXPECT_EQ(pieces_for(second, 5).size(), 1U);
}

TEST(RevealingStrategy, OpensWiderWhenTheUplinkRunsDry) {
  RevealingStrategy strategy(100, opening(2));
  for (RevealingStrategy::Key peer = 1; peer <= 5; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  EXPECT_EQ(strategy.step(kStart).size(), 2U);
  strategy.starved(kStart);
  EXPECT_EQ(strategy.step(kStart).size(), 2U);
}

TEST(RevealingStrategy, ClaimsOfALeavingPeerMakeRoomInTheOpening) {
  RevealingStrategy strategy(100, opening(2));
  for (RevealingStrategy::Key peer = 1; peer <= 3; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  strategy.step(kStart);
  strategy.left(1);
  EXPECT_EQ(pieces_for(strategy.step(kStart), 3).size(), 1U);
}

TEST(RevealingStrategy, HaveOfAPieceBringsTheNext) {
  RevealingStrategy strategy(10);
  strategy.joined(1, Kind::revealing, {}, kStart);
  EXPECT_EQ(pieces_for(strategy.step(kStart), 1), (std::vector<std::uint32_t>{0, 1}));
  strategy.has(1, 0, kStart + 10ms);
  EXPECT_EQ(pieces_for(strategy.step(kStart + 10ms), 1), (std::vector<std::uint32_t>{2}));
}

TEST(RevealingStrategy, SkipsWhatAPeerOrTheSwarmAlreadyHas) {
  RevealingStrategy strategy(6);
  Bitmap half(6, false);
  half[0] = half[1] = half[2] = true;
  strategy.joined(1, Kind::revealing, half, kStart);
  strategy.joined(2, Kind::revealing, {}, kStart);
  const auto reveals = strategy.step(kStart);
  for (const Reveal& r : reveals) EXPECT_GE(*r.piece, 3U) << "0 to 2 are in the swarm";
  EXPECT_EQ(reveals.size(), 3U);
}

TEST(RevealingStrategy, OpensToEverybodyOnceTheSwarmHoldsEveryPiece) {
  RevealingStrategy strategy(2);
  strategy.joined(1, Kind::revealing, {}, kStart);
  strategy.joined(2, Kind::revealing, {}, kStart);
  strategy.step(kStart);
  strategy.has(1, 0, kStart);
  EXPECT_FALSE(strategy.open());
  strategy.has(2, 1, kStart);
  const auto reveals = strategy.step(kStart);
  EXPECT_TRUE(strategy.open());
  EXPECT_EQ(reveals, (std::vector<Reveal>{{1, std::nullopt}, {2, std::nullopt}}));
  strategy.joined(3, Kind::revealing, {}, kStart + 1s);
  EXPECT_EQ(strategy.step(kStart + 1s), (std::vector<Reveal>{{3, std::nullopt}}));
}

RevealingStrategy open_with_peers(RevealingStrategy::Key peers) {
  RevealingStrategy::Options options;
  options.max_served = 2;
  RevealingStrategy strategy(2, options);
  strategy.joined(100, Kind::revealing, Bitmap(2, true), kStart);
  for (RevealingStrategy::Key peer = 1; peer <= peers; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  return strategy;
}

TEST(RevealingStrategy, ServesAFewAtATimeOnceItIsOpen) {
  auto strategy = open_with_peers(3);
  EXPECT_EQ(strategy.step(kStart), (std::vector<Reveal>{{1, std::nullopt}, {2, std::nullopt}}));
  strategy.has(1, 0, kStart + 1s);
  EXPECT_TRUE(strategy.step(kStart + 1s).empty());
  strategy.has(1, 1, kStart + 1s);
  EXPECT_EQ(strategy.step(kStart + 1s), (std::vector<Reveal>{{3, std::nullopt}}));
}

TEST(RevealingStrategy, WaitsForNobodyWhoTakesNothingOnceItIsOpen) {
  auto strategy = open_with_peers(4);
  strategy.step(kStart);
  strategy.has(2, 0, kStart + 3s);  // from somebody else
  strategy.sent(1, kStart + 3s);
  EXPECT_EQ(strategy.step(kStart + 3s), (std::vector<Reveal>{{3, std::nullopt}}));
}

TEST(RevealingStrategy, KeepsSoManyPiecesInFlightAndMoreWhenTheUplinkRunsDry) {
  RevealingStrategy::Options options;
  options.opening = options.flight = 4;
  RevealingStrategy strategy(1000, options);
  for (RevealingStrategy::Key peer = 1; peer <= 10; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  EXPECT_EQ(strategy.step(kStart).size(), 4U);
  strategy.has(1, 0, kStart);
  strategy.has(1, 1, kStart);
  EXPECT_LE(strategy.step(kStart).size(), 2U) << "no more than four still";
  strategy.starved(kStart + 1s);
  EXPECT_EQ(strategy.step(kStart + 1s).size(), 2U) << "a quarter more, and one";
}

TEST(RevealingStrategy, UnconfirmedPiecesOfALostPeerComeBack) {
  RevealingStrategy strategy(4);
  strategy.joined(1, Kind::revealing, {}, kStart);
  strategy.joined(2, Kind::revealing, {}, kStart);
  EXPECT_EQ(pieces_for(strategy.step(kStart), 1), (std::vector<std::uint32_t>{0, 2}));
  strategy.left(1);
  strategy.has(2, 1, kStart);
  strategy.has(2, 3, kStart);
  EXPECT_THAT(pieces_for(strategy.step(kStart), 2), testing::UnorderedElementsAre(0, 2));
}

TEST(RevealingStrategy, GoesOnElsewhereWhereItMeetsAnotherOrigin) {
  RevealingStrategy::Options options;
  options.start = 6;
  RevealingStrategy strategy(100, options);
  Bitmap held(100, false);
  std::fill(held.begin() + 8, held.begin() + 20, true);  // by the other origin's doing
  strategy.joined(1, Kind::plain, held, kStart);
  strategy.joined(2, Kind::revealing, {}, kStart);
  EXPECT_EQ(pieces_for(strategy.step(kStart), 2), (std::vector<std::uint32_t>{6, 7}));
  strategy.has(2, 6, kStart);
  EXPECT_THAT(pieces_for(strategy.step(kStart), 2), testing::ElementsAre(testing::Ge(20)));
}

// Origins of different speeds, whose pieces arrive one a turn and are seen by all.
RC_GTEST_PROP(RevealingStrategy, SeveralOriginsShareTheFirstCopy, ()) {
  const auto pieces = *rc::gen::inRange<std::uint32_t>(200, 1000);
  const auto origins = *rc::gen::inRange<std::size_t>(2, 5);
  constexpr RevealingStrategy::Key kPeers = 4;
  std::vector<RevealingStrategy> strategies;
  std::vector<unsigned> speeds;
  const auto starts = *rc::gen::unique<std::vector<std::uint32_t>>(
      origins, rc::gen::inRange<std::uint32_t>(0, pieces));
  for (std::size_t i = 0; i < origins; ++i) {
    RevealingStrategy::Options options;
    options.start = starts[i];
    strategies.emplace_back(pieces, options);
    speeds.push_back(*rc::gen::inRange(1U, 5U));
    for (RevealingStrategy::Key peer = 1; peer <= kPeers; ++peer) {
      strategies.back().joined(peer, Kind::revealing, {}, kStart);
    }
  }
  std::vector<std::deque<Reveal>> links(origins);
  std::set<std::pair<RevealingStrategy::Key, std::uint32_t>> held;
  std::size_t sent = 0;
  for (Monotonic now = kStart; !strategies[0].open(); now += 1ms) {
    RC_ASSERT(now < kStart + 10s);
    for (std::size_t i = 0; i < origins; ++i) {
      for (const Reveal& r : strategies[i].step(now)) {
        if (r.piece) links[i].push_back(r);
      }
      for (unsigned n = 0; n < speeds[i] && !links[i].empty(); ++n) {
        const Reveal r = links[i].front();
        links[i].pop_front();
        if (!held.insert({r.peer, *r.piece}).second) continue;
        ++sent;
        for (auto& strategy : strategies) strategy.has(r.peer, *r.piece, now);
      }
    }
  }
  RC_ASSERT(static_cast<double>(sent) < 1.25 * pieces);
}

TEST(RevealingStrategy, APieceHeldOnlyByALostPeerComesBack) {
  RevealingStrategy strategy(4);
  strategy.joined(1, Kind::revealing, {}, kStart);
  strategy.joined(2, Kind::revealing, {}, kStart);
  strategy.step(kStart);
  strategy.has(1, 0, kStart);
  strategy.step(kStart);
  strategy.left(1);
  strategy.has(2, 1, kStart);
  const auto again = strategy.step(kStart);
  EXPECT_EQ(pieces_for(again, 2).front(), 0U);
}

TEST(RevealingStrategy, RevealsElsewhereWhenAPeerSitsOnAPiece) {
  RevealingStrategy strategy(4);
  strategy.joined(1, Kind::revealing, {}, kStart);
  EXPECT_EQ(strategy.step(kStart).size(), 2U);
  strategy.joined(2, Kind::revealing, {}, kStart);
  EXPECT_EQ(pieces_for(strategy.step(kStart), 2), (std::vector<std::uint32_t>{2, 3}));
  strategy.has(2, 2, kStart + 50ms);
  strategy.has(2, 3, kStart + 100ms);
  EXPECT_TRUE(strategy.step(kStart + 100ms).empty()) << "each piece is out or on its way";
  const auto later = strategy.step(kStart + 3s);  // peer 1 was silent for longer than 2 s
  std::set<std::uint32_t> offered;
  for (const auto piece : pieces_for(later, 2)) offered.insert(piece);
  for (const auto piece : pieces_for(strategy.step(kStart + 3s), 2)) offered.insert(piece);
  EXPECT_FALSE(offered.empty());
  for (const auto piece : offered) EXPECT_LT(piece, 2U);
}

TEST(RevealingStrategy, PeerThatIsBeingServedDoesNotTimeOut) {
  RevealingStrategy strategy(8);
  strategy.joined(1, Kind::revealing, {}, kStart);
  strategy.step(kStart);
  for (int i = 1; i < 20; ++i) strategy.sent(1, kStart + i * 1s);
  strategy.step(kStart + 20s);
  EXPECT_EQ(strategy.claims(0), 1U);
}

TEST(RevealingStrategy, FeedsAtMostItsShareAndReplacesAPeerThatSits) {
  RevealingStrategy::Options options;
  options.max_fed = 2;
  RevealingStrategy strategy(100, options);
  for (RevealingStrategy::Key peer = 1; peer <= 4; ++peer) {
    strategy.joined(peer, Kind::revealing, {}, kStart);
  }
  const auto first = strategy.step(kStart);
  EXPECT_EQ(pieces_for(first, 1).size(), 2U);
  EXPECT_EQ(pieces_for(first, 2).size(), 2U);
  EXPECT_EQ(first.size(), 4U);
  for (int i = 1; i <= 20; ++i) strategy.sent(1, kStart + i * 100ms);
  const auto second = strategy.step(kStart + 2500ms);  // 2 sits
  EXPECT_EQ(pieces_for(second, 3).size(), 2U);
  EXPECT_TRUE(pieces_for(second, 4).empty());
}

TEST(RevealingStrategy, PlainPeersAreShownNothingButTheirPiecesCount) {
  RevealingStrategy strategy(3);
  strategy.joined(1, Kind::plain, {}, kStart);
  strategy.joined(2, Kind::revealing, {}, kStart);
  strategy.has(1, 0, kStart);
  EXPECT_THAT(pieces_for(strategy.step(kStart), 2), testing::UnorderedElementsAre(1, 2));
  strategy.has(1, 1, kStart);
  strategy.has(1, 2, kStart);
  EXPECT_EQ(strategy.step(kStart), (std::vector<Reveal>{{2, std::nullopt}}));
}

TEST(RevealingStrategy, WindowGrowsWhileTheUplinkIdlesWithinBounds) {
  RevealingStrategy strategy(1000);
  strategy.joined(1, Kind::revealing, {}, kStart);
  EXPECT_EQ(strategy.window(), 2U);
  for (int i = 0; i < 100; ++i) strategy.starved(kStart + i * 100ms);
  EXPECT_EQ(strategy.window(), 16U);
  RevealingStrategy small(16);
  small.joined(1, Kind::revealing, {}, kStart);
  for (int i = 0; i < 100; ++i) small.starved(kStart + i * 100ms);
  EXPECT_EQ(small.window(), 2U) << "an eighth of the release in flight is enough";
}

// A swarm of random size and speed: peers take turns at random to finish what
// they were shown, may pass pieces to each other, leave, sit, and join late.
struct Model {
  explicit Model(std::uint32_t piece_count) : strategy(piece_count), pieces(piece_count) {}

  RevealingStrategy strategy;
  std::uint32_t pieces;
  Monotonic now = kStart;
  std::map<RevealingStrategy::Key, Bitmap> have;
  std::map<RevealingStrategy::Key, std::deque<std::uint32_t>> shown;
  std::set<RevealingStrategy::Key> open;
  std::vector<unsigned> times_shown = std::vector<unsigned>(pieces, 0);

  void step() {
    for (const Reveal& r : strategy.step(now)) {
      if (!r.piece) {
        RC_ASSERT(open.insert(r.peer).second);
        continue;
      }
      RC_ASSERT(*r.piece < pieces);
      RC_ASSERT(!have.at(r.peer)[*r.piece]);
      ++times_shown[*r.piece];
      shown[r.peer].push_back(*r.piece);
    }
  }
  void join(RevealingStrategy::Key key) {
    have[key] = Bitmap(pieces, false);
    strategy.joined(key, Kind::revealing, {}, now);
    step();
  }
  void take(RevealingStrategy::Key key, std::uint32_t piece) {
    if (have[key][piece]) return;
    have[key][piece] = true;
    strategy.has(key, piece, now);
    step();
  }
  bool all_out() const {
    for (std::uint32_t p = 0; p < pieces; ++p) {
      if (std::none_of(have.begin(), have.end(), [p](auto& h) { return h.second[p]; }))
        return false;
    }
    return true;
  }
};

RC_GTEST_PROP(RevealingStrategy, ShowsEveryPieceOnceBeforeAnyTwice, ()) {
  const auto peers = *rc::gen::inRange<std::uint64_t>(1, 20);
  Model model(*rc::gen::inRange<std::uint32_t>(1, 200));
  for (std::uint64_t key = 1; key <= peers; ++key) model.join(key);
  while (!model.all_out()) {
    model.now += 1ms;
    std::vector<std::uint64_t> ready;
    for (auto& [key, queue] : model.shown) {
      if (!queue.empty()) ready.push_back(key);
    }
    RC_ASSERT(!ready.empty());
    const bool any_left = std::any_of(model.times_shown.begin(), model.times_shown.end(),
                                      [](unsigned n) { return n == 0; });
    const bool any_twice = std::any_of(model.times_shown.begin(), model.times_shown.end(),
                                       [](unsigned n) { return n > 1; });
    RC_ASSERT(!(any_left && any_twice));
    const auto key = ready[*rc::gen::inRange<std::size_t>(0, ready.size())];
    const auto piece = model.shown[key].front();
    model.shown[key].pop_front();
    model.take(key, piece);
  }
  RC_ASSERT(model.strategy.open());
  // Whoever lacks something is shown everything in the end, a few at a time.
  for (std::set<std::uint64_t> served; served != model.open;) {
    const auto now_open = model.open;
    RC_ASSERT(now_open.size() - served.size() <= RevealingStrategy::Options().max_served);
    for (const auto key : now_open) {
      if (served.insert(key).second) model.strategy.has_all(key, model.now);
      model.have[key].assign(model.pieces, true);
    }
    model.step();
  }
  for (const auto& [key, have] : model.have) {
    RC_ASSERT(std::find(have.begin(), have.end(), false) == have.end());
  }
}

RC_GTEST_PROP(RevealingStrategy, EveryPieceGetsOutWhateverPeersDo, ()) {
  Model model(*rc::gen::inRange<std::uint32_t>(1, 60));
  std::uint64_t next_key = 1;
  model.join(next_key++);
  const std::set<std::uint64_t> sitters = {2, 5};  // never take anything
  for (int i = 0; i < 60; ++i) {
    model.now += 50ms;
    const auto action = *rc::gen::inRange(0, 10);
    if (action == 0) model.join(next_key++);
    if (action == 1 && model.have.size() > 1) {
      const auto gone = std::next(model.have.begin(),
                                  *rc::gen::inRange<int>(0, static_cast<int>(model.have.size())));
      const auto key = gone->first;
      model.strategy.left(key);
      model.have.erase(key);
      model.shown.erase(key);
      model.open.erase(key);
    }
    model.step();
    for (auto& [key, queue] : model.shown) {
      if (queue.empty() || sitters.contains(key)) continue;
      const auto piece = queue.front();
      queue.pop_front();
      model.take(key, piece);
      break;
    }
  }
  // One willing peer stays; nothing else happens but time.
  const auto last = next_key++;
  model.join(last);
  for (int i = 0; i < 2000 && !model.strategy.open(); ++i) {
    model.now += 100ms;
    model.step();
    auto& queue = model.shown[last];
    while (!queue.empty()) {
      const auto piece = queue.front();
      queue.pop_front();
      model.take(last, piece);
    }
  }
  RC_ASSERT(model.strategy.open());
}

}  // namespace
}  // namespace roost::swarm
