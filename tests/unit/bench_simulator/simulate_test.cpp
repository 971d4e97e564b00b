#include "bench/simulator/simulate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "bench/simulator/message.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

SimulateOptions small(unsigned nodes) {
  SimulateOptions options;
  options.nodes = nodes;
  options.size = 8U << 20;
  return options;
}

Run run(const SimulateOptions& options) {
  SimulateWatcher nobody;
  return simulate(options, nobody, {}).run;
}

double last(const Run& run) {
  return time_to_share(run, 1, Milestone::done).value() / run.bound_s;
}

double crossed(const Run& run) {
  EXPECT_TRUE(run.failed.empty()) << run.failed;
  return static_cast<double>(run.samples.back().trunk) / static_cast<double>(run.wire_bytes);
}

// Fails the test when a host serves what it has not verified.
class Causality : public SimulateWatcher {
 public:
  void serves(std::uint32_t from, std::uint32_t to, std::uint32_t piece,
              std::uint32_t block) override {
    EXPECT_TRUE(from == 0 || has_.contains({from, piece})) << from << " has not " << piece;
    asked_.insert({to, piece, block});
    ++blocks_;
  }
  void has(std::uint32_t host, std::uint32_t piece) override {
    EXPECT_TRUE(has_.insert({host, piece}).second) << host << " has " << piece << " twice";
  }

  std::set<std::pair<std::uint32_t, std::uint32_t>> has_;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> asked_;
  std::uint64_t blocks_ = 0;
};

TEST(Simulate, TakesForOneBlockWhatArithmeticSays) {
  SimulateOptions options;
  options.nodes = 1;
  options.size = 16U << 10;
  options.rate = 80'000'000;
  options.rtt_s = 0;
  const auto result = run(options);
  // Hand-shakes of 2.5 round trips of 0.2 ms; HAVE, INTERESTED, UNCHOKE, REQUEST and the block
  // half of one each; the block's bytes; 1 ms until it is verified.
  const double expected = 2.5 * 0.0002 + 5 * 0.0001 + simulator::kBlockBytes / 10e6 + 0.001;
  EXPECT_NEAR(result.nodes.front().done_s.value(), expected, 1e-6);
  EXPECT_EQ(result.seeder_bytes, simulator::kBlockBytes + 2 * simulator::kLoose);
}

TEST(Simulate, FillsTheLinkOfOneNode) {
  auto options = small(1);
  options.revealing = false;
  options.size = 64U << 20;
  const auto result = run(options);
  EXPECT_GT(last(result), 1);
  EXPECT_LT(last(result), 1.003);
}

TEST(Simulate, BringsEveryBlockToEveryNodeFromOneWhoHadIt) {
  auto options = small(20);
  options.size = 33U << 20;  // pieces of two blocks
  Causality watcher;
  const auto result = simulate(options, watcher, {}).run;
  const std::uint64_t blocks = options.size / simulator::kBlock;
  EXPECT_TRUE(result.failed.empty()) << result.failed;
  EXPECT_EQ(watcher.has_.size(), 20 * blocks / 2);
  EXPECT_EQ(watcher.asked_.size(), 20 * blocks);
  std::uint64_t redundant = 0;
  for (const auto& node : result.nodes) {
    EXPECT_TRUE(node.content_ok);
    EXPECT_GE(node.bytes_in, options.size + node.bytes_redundant);
    redundant += node.bytes_redundant / simulator::kBlock;
  }
  // What was asked for twice is redundant, or still on its way at the end.
  EXPECT_LE(redundant, watcher.blocks_ - watcher.asked_.size());
}

TEST(Simulate, NeverBeatsTheBound) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    for (const unsigned nodes : {1U, 2U, 5U, 16U, 40U}) {
      for (const std::uint64_t seed_rate : {10'000'000U, 50'000'000U, 1'000'000'000U}) {
        auto options = small(nodes);
        options.seed = seed;
        options.seed_rate = seed_rate;
        const auto result = run(options);
        ASSERT_TRUE(result.failed.empty()) << result.failed;
        EXPECT_GT(last(result), 1) << nodes << " nodes, seeder at " << seed_rate;
      }
    }
  }
}

TEST(Simulate, GivesTheSameForTheSameSeedAndAnotherForAnother) {
  const auto options = small(24);
  const auto once = run(options);
  EXPECT_EQ(to_json(once), to_json(run(options)));
  auto other = options;
  other.seed = 2;
  EXPECT_NE(last(once), last(run(other)));
}

TEST(Simulate, IsDrivenByTheSeedingStrategy) {
  auto options = small(16);
  const auto revealing = run(options);
  options.revealing = false;
  const auto plain = run(options);
  EXPECT_GT(last(plain), 1.3 * last(revealing));
  EXPECT_GT(plain.seeder_bytes, revealing.seeder_bytes * 13 / 10);
}

TEST(Simulate, CrossesBetweenZonesSeldomWhereTheTrackerKnowsThem) {
  auto options = small(40);
  options.rtt_s = 0.02;
  const double unnamed = crossed(run(options));
  options.zones = 2;
  options.trunk = 100'000'000;
  const double named = crossed(run(options));
  EXPECT_GT(named, 1);  // each zone must get one copy
  EXPECT_LT(named, 3);
  EXPECT_GT(unnamed, 5 * named);
}

TEST(Simulate, RefusesWhatCantBe) {
  const auto refused = [](auto change) {
    auto options = small(8);
    change(options);
    try {
      run(options);
    } catch (const Error& error) {
      return error.code() == Errc::usage;
    }
    return false;
  };
  EXPECT_TRUE(refused([](auto& o) { o.nodes = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.size = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.rate = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.zones = 9; }));
  EXPECT_TRUE(refused([](auto& o) { o.trunk = 1'000'000; }));
}

TEST(Simulate, EndsWhenAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  SimulateWatcher nobody;
  EXPECT_THROW(simulate(small(64), nobody, stop.get_token()), Error);
}

}  // namespace
}  // namespace roost::bench
