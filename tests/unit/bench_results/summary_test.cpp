#include "bench/results/summary.hpp"

#include <gmock/gmock.h>

#include "bench/results/machine.hpp"

namespace roost::bench {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Result = bench::Run;  // a Test has a Run of its own

Result run(const std::vector<double>& done, unsigned repetition = 0) {
  Result result;
  result.repetition = repetition;
  result.setting.method = "roost";
  result.bound_s = 2;
  result.wire_bytes = 1UL << 30;
  result.seeder_bytes = 3UL << 29;
  result.cpu_s = 6;
  for (const double time : done) {
    auto& node = result.nodes.emplace_back();
    node.name = "node" + std::to_string(result.nodes.size());
    node.rate = 1000;
    node.done_s = time;
    node.bytes_in = 100;
    node.content_ok = true;
  }
  return result;
}

TEST(Summary, HasEachFigureOfARun) {
  auto one = run({2, 3, 4});
  one.nodes[1].bytes_redundant = 30;
  const auto summaries = summarise({one});
  ASSERT_EQ(summaries.size(), 1U);
  const auto& summary = summaries[0];
  EXPECT_EQ(summary.median("t_p50_s"), 3);
  EXPECT_EQ(summary.median("t_last_s"), 4);
  EXPECT_EQ(summary.median("bound_s"), 2);
  EXPECT_EQ(summary.median("ratio_p50"), 1.5);
  EXPECT_EQ(summary.median("ratio_last"), 2);
  EXPECT_EQ(summary.median("seeder_bytes_ratio"), 1.5);
  EXPECT_EQ(summary.median("cpu_s_per_gib"), 2);
  EXPECT_EQ(summary.median("redundant_share"), 0.1);
  EXPECT_EQ(summary.median("t_staged_last_s"), std::nullopt);
  EXPECT_EQ(summary.median("trunk_bytes_ratio"), std::nullopt);
  EXPECT_THAT(summary.class_p50_s, IsEmpty());
}

Result update_run() {
  auto result = run({2, 3});
  result.update = {.old_size = 1UL << 30,
                   .index_bytes = 1UL << 20,
                   .stored_bytes = 4UL << 20,
                   .changed_bytes = 5UL << 20,
                   .changed_packed = 2UL << 20};
  result.nodes[0].bytes_in = 5UL << 20;
  result.nodes[1].bytes_in = 7UL << 20;
  result.nodes[0].bytes_payload = result.nodes[1].bytes_payload = 5UL << 20;
  result.nodes[0].bytes_reused = 100UL << 20;
  result.nodes[1].bytes_reused = 300UL << 20;
  return result;
}

TEST(Summary, ComparesTheBytesOfANodeWithWhatChanged) {
  const auto summary = summarise({update_run()})[0];
  EXPECT_EQ(summary.median("link_mib"), 6);
  EXPECT_EQ(summary.median("link_over_stored"), 1.5);
  EXPECT_EQ(summary.median("link_over_packed"), 3);
  EXPECT_EQ(summary.median("payload_mib"), 5);
  EXPECT_EQ(summary.median("payload_over_stored"), 1.25);
  EXPECT_EQ(summary.median("payload_over_packed"), 2.5);
  EXPECT_EQ(summary.median("reused_mib"), 200);
}

TEST(Summary, HasNoFigureOfWhatIsNotKnown) {
  EXPECT_EQ(summarise({run({2})})[0].median("link_mib"), std::nullopt);
  auto one = update_run();
  one.update->changed_packed.reset();
  one.update->stored_bytes = 0;
  one.nodes[1].bytes_payload.reset();
  for (auto& node : one.nodes) node.bytes_in = 0;
  const auto summary = summarise({one})[0];
  for (const auto* name : {"link_mib", "link_over_stored", "link_over_packed", "payload_mib",
                           "payload_over_stored", "payload_over_packed"}) {
    EXPECT_EQ(summary.median(name), std::nullopt) << name;
  }
}

TEST(Summary, TakesMedianAndRangeOfRepetitions) {
  const auto runs = std::vector{run({4}, 0), run({2}, 1), run({3}, 2)};
  const auto summaries = summarise(runs);
  ASSERT_EQ(summaries.size(), 1U);
  const auto* last = summaries[0].find("t_last_s");
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->median, 3);
  EXPECT_EQ(last->min, 2);
  EXPECT_EQ(last->max, 4);
  EXPECT_EQ(summaries[0].middle_run(), &runs[2]);
}

TEST(Summary, CountsButDoesNotQuoteRunsShortOfCpu) {
  std::vector runs{run({2}), run({50}), run({4})};
  runs[1].short_of_cpu = true;
  auto summary = summarise(runs)[0];
  EXPECT_EQ(summary.short_of_cpu, 1U);
  EXPECT_EQ(summary.median("t_last_s"), 3);
  for (auto& each : runs) each.short_of_cpu = true;
  summary = summarise(runs)[0];
  EXPECT_EQ(summary.short_of_cpu, 3U);
  EXPECT_THAT(summary.figures, IsEmpty());
  EXPECT_EQ(summary.middle_run(), nullptr);
}

TEST(Summary, LeavesOutRunsThatAreVoidAndSaysWhy) {
  std::vector runs{run({2}, 0), run({3}, 1), run({4}, 2), run({5, 6}, 3)};
  runs[1].failed = "the tracker ended";
  runs[2].nodes[0].content_ok = false;
  runs[3].nodes[1].done_s.reset();
  const auto summary = summarise(runs)[0];
  EXPECT_EQ(summary.median("t_last_s"), 2);
  EXPECT_THAT(summary.failed,
              ElementsAre("run 2: the tracker ended", "run 3: wrong content on node1",
                          "run 4: not every node finished"));
}

TEST(Summary, QuotesNoFigureThatOnlySomeRunsHave) {
  std::vector runs{run({2}), run({3})};
  runs[0].nodes[0].staged_s = 2.5;
  EXPECT_EQ(summarise(runs)[0].median("t_staged_last_s"), std::nullopt);
  runs[1].nodes[0].staged_s = 3.5;
  EXPECT_EQ(summarise(runs)[0].median("t_staged_last_s"), 3);
}

TEST(Summary, TellsMixedRatesApart) {
  auto mixed = run({2, 4, 20, 40});
  mixed.nodes[2].rate = mixed.nodes[3].rate = 100;
  const auto classes = summarise({mixed})[0].class_p50_s;
  ASSERT_EQ(classes.size(), 2U);
  EXPECT_EQ(classes.at(100).median, 20);
  EXPECT_EQ(classes.at(1000).median, 2);
}

TEST(Summary, CountsCausesOverTheNodesOfWhatIsQuoted) {
  std::vector runs{run({2, 3, 4}, 0), run({2, 3, 4}, 1), run({2, 3, 4}, 2)};
  for (auto& each : runs) {
    each.nodes[0].bound_by = "CPU";
    each.nodes[1].bound_by = "own downlink";  // of the third it isn't known
  }
  runs[1].nodes[0].bound_by = "own downlink";
  runs[2].short_of_cpu = true;
  EXPECT_EQ(to_text(causes_of(runs[2])), "CPU 1, own downlink 1");
  const auto summary = summarise(runs)[0];
  EXPECT_EQ(to_text(summary.bound_by), "own downlink 3, CPU 1");
  EXPECT_EQ(to_text(Causes{}), "");
}

TEST(Summary, KeepsSettingsApart) {
  std::vector runs{run({2}), run({3}), run({4})};
  runs[1].setting.variant = "no-tls";
  const auto summaries = summarise(runs);
  ASSERT_EQ(summaries.size(), 2U);
  EXPECT_EQ(summaries[0].quoted.size(), 2U);
  EXPECT_EQ(summaries[1].setting.variant, "no-tls");
}

TEST(Summary, HasNoProcessorTimeOfAComputedLine) {
  auto line = run({8});
  line.computed = true;
  line.nodes[0].content_ok = false;
  const auto summary = summarise({line})[0];
  EXPECT_TRUE(summary.computed);
  EXPECT_EQ(summary.median("t_last_s"), 8);
  EXPECT_EQ(summary.median("cpu_s_per_gib"), std::nullopt);
}

TEST(Machine, SaysWhatItIs) {
  const auto machine = this_machine();
  EXPECT_GT(machine.cores, 0U);
  EXPECT_THAT(machine.kernel, testing::StartsWith("Linux "));
  EXPECT_NE(machine.cpu, "");
  EXPECT_EQ(machine.versions.at("roost"), ROOST_VERSION);
  EXPECT_THAT(machine.versions.at("libtorrent"), testing::StartsWith("2."));
}

}  // namespace
}  // namespace roost::bench
