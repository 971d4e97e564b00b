// roost bench report and compare on files as roost bench fanout writes them.
#include <gmock/gmock.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "tests/support/run_roost.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::test {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Args = std::vector<std::string>;

const std::string kResults = ROOST_SOURCE_DIR "/tests/golden/bench/results.json";

// The same results, but for each run of roost that `change` alters.
std::string altered(const TempDir& dir, const std::function<void(json& run)>& change) {
  auto file = json::parse(read_file(kResults));
  for (auto& run : file["runs"]) {
    if (run["setting"]["method"] == "roost") change(run);
  }
  const auto path = dir / "altered.json";
  write_file(path, file.dump());
  return path.string();
}

void make_slower(json& run) {
  for (auto& node : run["nodes"]) node["done_s"] = node["done_s"].get<double>() * 1.3;
}

TEST(BenchReport, ShowsARowForEachMethod) {
  const auto ran = run_roost({"bench", "report", kResults});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, StartsWith("equal, 8 MiB blob, ext4\nNODES  METHOD"));
  EXPECT_THAT(ran.out, HasSubstr("\n    3  roost   "));
  EXPECT_THAT(ran.out, HasSubstr("\n    3  aria2   "));
  EXPECT_THAT(ran.out, HasSubstr("skipped murder: opentracker is not installed"));
}

TEST(BenchReport, HasEachFigureWithItsRangeInJson) {
  const auto ran = run_roost({"bench", "report", kResults, "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto result = json::parse(ran.last_line());
  ASSERT_EQ(result["settings"].size(), 2U);
  const auto& roost = result["settings"][0];
  EXPECT_EQ(roost["setting"]["method"], "roost");
  EXPECT_EQ(roost["runs_quoted"], 4);
  for (const auto* name : {"t_p50_s", "t_p99_s", "t_last_s", "bound_s", "ratio_p50", "ratio_last",
                           "seeder_bytes_ratio", "cpu_s_per_gib"}) {
    const auto& figure = roost["figures"][name];
    EXPECT_LE(figure["min"], figure["median"]) << name;
    EXPECT_LE(figure["median"], figure["max"]) << name;
  }
  EXPECT_NEAR(roost["figures"]["ratio_last"]["median"].get<double>(), 1.08, 0.03);
}

TEST(BenchReport, SaysWhatBoundTheNodes) {
  const auto table = run_roost({"bench", "report", kResults}).out;
  EXPECT_THAT(table, HasSubstr("BOUND BY, NODES"));
  EXPECT_THAT(table, HasSubstr("  own downlink 12  "));
  const auto ran = run_roost({"bench", "report", kResults, "--json"});
  const auto settings = json::parse(ran.last_line())["settings"];
  EXPECT_EQ(settings[0]["bound_by"], json({{"own downlink", 12}}));
}

TEST(BenchReport, WritesAPage) {
  const TempDir dir;
  const auto page = (dir / "report.html").string();
  const auto ran = run_roost({"bench", "report", kResults, "--html", page});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(read_file(page), StartsWith("<!doctype html>"));
  EXPECT_THAT(read_file(page), EndsWith("</html>\n"));
  const auto nowhere = run_roost({"bench", "report", kResults, "--html", "/nowhere/report.html"});
  EXPECT_EQ(nowhere.exit, 3);
  EXPECT_THAT(nowhere.err, HasSubstr("write /nowhere/report.html"));
}

TEST(BenchReport, ExitsWithNineAndNamesWhatMissedAThreshold) {
  const Args good{"bench", "report", kResults, "--threshold", "roost:ratio_last<1.2"};
  EXPECT_EQ(run_roost(good).exit, 0);
  const auto ran = run_roost({"bench", "report", kResults, "--threshold", "ratio_last<1.2",
                              "--threshold", "cpu_s_per_gib<100", "--json"});
  EXPECT_EQ(ran.exit, 9);
  const auto result = json::parse(ran.last_line());
  EXPECT_EQ(result["exit"], 9);
  ASSERT_EQ(result["missed"].size(), 1U);
  EXPECT_EQ(result["missed"][0]["threshold"], "ratio_last<1.2");
  EXPECT_THAT(result["missed"][0]["setting"].get<std::string>(), StartsWith("aria2, equal"));
  EXPECT_THAT(ran.err, HasSubstr("missed ratio_last<1.2: aria2, equal, 8 MiB blob"));
}

TEST(BenchReport, RefusesWhatItCannotRead) {
  const auto bad = run_roost({"bench", "report", kResults, "--threshold", "ratio_lst<1"});
  EXPECT_EQ(bad.exit, 2);
  EXPECT_THAT(bad.err, HasSubstr("no figure 'ratio_lst'"));
  EXPECT_EQ(run_roost({"bench", "report"}).exit, 2);
  EXPECT_EQ(run_roost({"bench", "report", "no-such-file"}).exit, 3);
  const TempDir dir;
  write_file(dir / "bad.json", "{\"format\":1,\"runs\":5}");
  const auto broken = run_roost({"bench", "report", (dir / "bad.json").string()});
  EXPECT_EQ(broken.exit, 6);
  EXPECT_THAT(broken.err, HasSubstr("bad.json: read results: field '"));
}

TEST(BenchCompare, FindsAResultTheSameAsItself) {
  const auto ran = run_roost({"bench", "compare", kResults, kResults, "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto result = json::parse(ran.last_line());
  EXPECT_EQ(result["better"], 0);
  EXPECT_EQ(result["worse"], 0);
  EXPECT_GT(result["same"], 10);
}

TEST(BenchCompare, NamesWhatBecameWorseAndBetter) {
  const TempDir dir;
  const auto slower = altered(dir, make_slower);
  const auto ran = run_roost({"bench", "compare", kResults, slower, "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  auto result = json::parse(ran.last_line());
  const auto& change = result["settings"][0]["figures"]["t_last_s"];
  EXPECT_EQ(change["verdict"], "worse");
  EXPECT_NEAR(change["relative"].get<double>(), 0.3, 0.01);
  EXPECT_LT(change["p"], 0.05);
  EXPECT_EQ(result["settings"][0]["figures"]["seeder_bytes_ratio"]["verdict"], "same");
  EXPECT_EQ(result["settings"][1]["figures"]["t_last_s"]["verdict"], "same");  // aria2
  const auto back = run_roost({"bench", "compare", slower, kResults});
  EXPECT_THAT(back.out, HasSubstr("  better\n"));
  EXPECT_THAT(back.out, Not(HasSubstr("  worse\n")));
  const Args limited{"bench", "compare", kResults, slower, "--threshold", "roost:ratio_last<1.2"};
  EXPECT_EQ(run_roost(limited).exit, 9);
}

TEST(BenchCompare, NeedsASettingThatBothHave) {
  const TempDir dir;
  auto other = json::parse(read_file(kResults));
  for (auto& run : other["runs"]) run["setting"]["nodes"] = 4;
  write_file(dir / "other.json", other.dump());
  const auto ran = run_roost({"bench", "compare", kResults, (dir / "other.json").string()});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.out, HasSubstr("not compared, only in A: roost, equal"));
  EXPECT_THAT(ran.err, HasSubstr("no setting has runs to quote in both files"));
}

}  // namespace
}  // namespace roost::test
