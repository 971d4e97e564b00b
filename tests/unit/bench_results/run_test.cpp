// Results to JSON and back, and what is refused on the way.
#include "bench/results/run.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::bench {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// Every field differs from its default, so that one that is lost is seen.
Run full_run() {
  Run run;
  run.setting = {.method = "roost",
                 .scenario = "zones",
                 .variant = "no-tls",
                 .shape = Shape::tree,
                 .size = 1UL << 40,
                 .nodes = 16,
                 .rate = 25'000'000,
                 .seed_rate = 50'000'000,
                 .rtt_s = 0.04,
                 .tls = false,
                 .disk = "ext4",
                 .seed = UINT64_MAX};
  run.repetition = 3;
  run.started = "2026-01-02T03:04:05Z";
  run.goodput = {.before = 3e6, .after = 2.9e6, .seeder = 5.5e6, .trunk = 6e6};
  run.wire_bytes = 67'108'864;
  run.bound_s = 22.1;
  run.seeder_bytes = 70'000'000;
  run.cpu_s = 12.5;
  run.host_busy = 0.61;
  run.short_of_cpu = true;
  run.computed = true;
  run.note = "a note";
  run.failed = "node 3: content differs";
  run.update = {.old_size = 1UL << 39,
                .index_bytes = 300'000,
                .stored_bytes = 4'000'000,
                .changed_bytes = 3'500'000,
                .changed_packed = 2'500'000};
  run.nodes.push_back({.name = "node0",
                       .rate = 25'000'000,
                       .joined_s = 1.5,
                       .first_s = 1.75,
                       .done_s = 23.1,
                       .staged_s = 0.1 + 0.2,
                       .sync_s = 0.05,
                       .bytes_in = 70'000'000,
                       .bytes_out = 66'000'000,
                       .bytes_redundant = 16'384,
                       .bytes_payload = UINT64_MAX,
                       .bytes_reused = 2'000'000,
                       .cpu_s = 0.7,
                       .must_finish = false,
                       .content_ok = true,
                       .bound_by = "own downlink",
                       .shares = {{"own downlink", 0.9}, {"seeder", 0.1}}});
  run.nodes.emplace_back().name = "node1";
  run.samples = {{.t = 0.1, .seeder_out = 1000, .nodes_in = 900, .trunk = 400}};
  return run;
}

ResultFile full_file() {
  ResultFile file;
  file.machine = {.cpu = "cpu", .cores = 2, .kernel = "6.1", .versions = {{"aria2", "1.36.0"}}};
  file.command = "roost bench fanout --nodes 16";
  file.started = "2026-01-02T03:04:00Z";
  file.runs = {full_run()};
  file.skipped = {"udpcast: udp-sender is not installed"};
  return file;
}

std::string refusal(const std::string& text) {
  try {
    parse_results(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::integrity);
    return error.what();
  }
  return "accepted";
}

std::string refusal_with(const char* pointer, const json& value) {
  auto file = json::parse(to_json(full_file()));
  file[json::json_pointer(pointer)] = value;
  return refusal(file.dump());
}

TEST(Results, ComeBackFromJsonAsTheyWere) {
  const auto file = full_file();
  const auto back = parse_results(to_json(file));
  EXPECT_EQ(to_json(back), to_json(file));
  EXPECT_EQ(back.machine.versions, file.machine.versions);
  EXPECT_EQ(back.skipped, file.skipped);
  ASSERT_EQ(back.runs.size(), 1U);
  EXPECT_EQ(back.runs[0].setting, file.runs[0].setting);
  EXPECT_EQ(back.runs[0].nodes[0].staged_s, 0.1 + 0.2);  // to the last bit
  EXPECT_EQ(back.runs[0].nodes[1].done_s, std::nullopt);
  EXPECT_EQ(back.runs[0].nodes[1].bytes_payload, std::nullopt);
  EXPECT_EQ(back.runs[0].nodes[0].bytes_payload, UINT64_MAX);
  EXPECT_EQ(back.runs[0].update, file.runs[0].update);
  EXPECT_EQ(back.runs[0].nodes[0].shares, file.runs[0].nodes[0].shares);
  EXPECT_FALSE(back.runs[0].nodes[0].must_finish);
}

TEST(Results, LoseNoFieldOfARun) {
  const auto run = full_run();
  const auto fields = json::parse(to_json(run));
  const auto defaults = json::parse(to_json(bench::Run{}));
  for (const auto& [name, value] : fields.items()) {
    if (name == "format") continue;
    EXPECT_NE(value, defaults.value(name, json())) << name << " is at its default in this test";
  }
  EXPECT_EQ(to_json(parse_run(to_json(run))), to_json(run));
}

// Written by the first version of the format: files of users, which stay readable.
TEST(Results, OfTheFirstFormatStayReadable) {
  const auto text = test::read_file(ROOST_SOURCE_DIR "/tests/golden/bench/results.json");
  const auto file = parse_results(text);
  EXPECT_EQ(to_json(file) + "\n", text);
  ASSERT_EQ(file.runs.size(), 8U);
  EXPECT_EQ(file.runs[7].setting.method, "aria2");
  EXPECT_EQ(file.runs[0].nodes.size(), 3U);
}

TEST(Results, CutWhatWouldBeTooLongToRead) {
  auto run = full_run();
  run.failed = std::string(1'000'000, '\xff');
  EXPECT_EQ(parse_run(to_json(run)).failed.size(), 3 * 4096U);
}

TEST(Results, PassOverFieldsOfLaterVersions) {
  auto file = json::parse(to_json(full_file()));
  file["later"] = {{"deep", {1, 2, 3}}};
  file["runs"][0]["nodes"][0]["later"] = true;
  EXPECT_EQ(to_json(parse_results(file.dump())), to_json(full_file()));
}

TEST(Results, AreRefusedWithTheNameOfTheField) {
  EXPECT_THAT(refusal_with("/runs/0/nodes/1/rate", -1),
              HasSubstr("field 'runs[0].nodes[1].rate': not a whole number"));
  EXPECT_THAT(refusal_with("/runs/0/nodes/0/done_s", "soon"),
              HasSubstr("field 'runs[0].nodes[0].done_s': not a number"));
  EXPECT_THAT(refusal_with("/runs/0/nodes/0/done_s", -0.5), HasSubstr("not a number from 0"));
  EXPECT_THAT(refusal_with("/runs/0/setting/shape", "disk"),
              HasSubstr("field 'runs[0].setting.shape': unknown value"));
  EXPECT_THAT(refusal_with("/runs/0/setting/nodes", 1UL << 40), HasSubstr("too large"));
  EXPECT_THAT(refusal_with("/runs/0/setting", 5), HasSubstr("'runs[0].setting': not an object"));
  EXPECT_THAT(refusal_with("/runs/0/bound_s", nullptr), HasSubstr("'runs[0].bound_s': missing"));
  EXPECT_THAT(refusal_with("/runs/0/note", std::string(20'000, 'x')), HasSubstr("longer than"));
  EXPECT_THAT(refusal_with("/runs", "many"), HasSubstr("field 'runs': not a list"));
  EXPECT_THAT(refusal_with("/skipped", std::vector<int>(65)), HasSubstr("more than 64 entries"));
  EXPECT_THAT(refusal_with("/runs/0/failed", 1), HasSubstr("'runs[0].failed': not text"));
  EXPECT_THAT(refusal_with("/runs/0/update/stored_bytes", -1),
              HasSubstr("field 'runs[0].update.stored_bytes': not a whole number"));
  EXPECT_THAT(refusal_with("/runs/0/update", 1), HasSubstr("'runs[0].update': not an object"));
  EXPECT_THAT(refusal_with("/runs/0/nodes/0/bytes_payload", 0.5),
              HasSubstr("'runs[0].nodes[0].bytes_payload': not a whole number"));
  EXPECT_THAT(refusal_with("/runs/0/computed", 1), HasSubstr("neither true nor false"));
}

TEST(Results, AreRefusedWhenTheyAreNoneOfOurs) {
  EXPECT_THAT(refusal(""), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("{\"format\":1"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("not an object"));
  EXPECT_THAT(refusal("{}"), HasSubstr("field 'format': missing"));
  EXPECT_THAT(refusal_with("/format", 2), HasSubstr("format 2, this Roost reads 1"));
  EXPECT_THAT(refusal(std::string(100'000, '[')), HasSubstr("nested too deep"));
}

Run run_with(std::vector<std::optional<double>> done) {
  Run run;
  for (const auto& time : done) run.nodes.emplace_back().done_s = time;
  return run;
}

TEST(TimeToShare, IsTheTimeOfTheNodeThatCompletesTheShare) {
  const auto run = run_with({4.0, 1.0, 3.0, 2.0});
  EXPECT_EQ(time_to_share(run, 0.5, Milestone::done), 2.0);
  EXPECT_EQ(time_to_share(run, 0.51, Milestone::done), 3.0);
  EXPECT_EQ(time_to_share(run, 0.99, Milestone::done), 4.0);
  EXPECT_EQ(time_to_share(run, 1, Milestone::done), 4.0);
  EXPECT_EQ(time_to_share(run, 0.001, Milestone::done), 1.0);
}

TEST(TimeToShare, IsNothingWhenTooFewGotThere) {
  const auto run = run_with({4.0, std::nullopt, 3.0, 2.0});
  EXPECT_EQ(time_to_share(run, 0.75, Milestone::done), 4.0);
  EXPECT_EQ(time_to_share(run, 1, Milestone::done), std::nullopt);
  EXPECT_EQ(time_to_share(run, 0.1, Milestone::staged), std::nullopt);
  EXPECT_EQ(time_to_share(bench::Run{}, 1, Milestone::done), std::nullopt);
  EXPECT_THROW(time_to_share(run, 0, Milestone::done), Error);
}

TEST(TimeToShare, CountsLateNodesFromTheirArrival) {
  auto run = run_with({4.0, 10.0});
  run.nodes[1].joined_s = 7;
  EXPECT_EQ(time_to_share(run, 1, Milestone::done), 4.0);
}

TEST(TimeToShare, AsksOnlyNodesThatHadToFinish) {
  auto run = run_with({4.0, 100.0, std::nullopt});
  run.nodes[1].must_finish = run.nodes[2].must_finish = false;
  EXPECT_EQ(time_to_share(run, 1, Milestone::done), 4.0);
}

}  // namespace
}  // namespace roost::bench
