#include "bench/report/page.hpp"

#include <gmock/gmock.h>

#include <regex>

#include "bench/report/svg.hpp"
#include "tests/unit/bench_report/sample.hpp"

namespace roost::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string page_of(ResultFile file) {
  Source source{.file = "result.json",
                .machine = std::move(file.machine),
                .command = std::move(file.command),
                .started = std::move(file.started),
                .skipped = std::move(file.skipped)};
  return html_page(Dataset({std::move(source)}, std::move(file.runs)), {});
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Every element that is opened is closed in its turn.
std::string first_fault(const std::string& html) {
  static const std::regex kTag("<(/?)([a-zA-Z0-9]+)([^<>]*?)(/?)>");
  std::vector<std::string> open;
  for (std::sregex_iterator at(html.begin(), html.end(), kTag), end; at != end; ++at) {
    const std::string name = (*at)[2];
    if ((*at)[4].length() > 0 || name == "meta") continue;
    if ((*at)[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> where " + (open.empty() ? "nothing" : open.back()) + " is open";
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : open.back() + " is never closed";
}

TEST(Page, HasATableAndEveryPlot) {
  const auto page = page_of(test::made_results());
  EXPECT_EQ(first_fault(page), "");
  EXPECT_EQ(count(page, "<table>"), 1U);
  for (const auto* title :
       {"Time to coverage, 8 nodes", "Time to coverage, 32 nodes", "Last node against the bound",
        "Half of the nodes against the bound", "What the seeder sent", "Throughput, 16 nodes",
        "Processor time per GiB delivered", "What bound each node"}) {
    EXPECT_EQ(count(page, "<h3>" + std::string(title) + "</h3>"), 1U) << title;
  }
  EXPECT_EQ(count(page, "<svg viewBox"), count(page, "</svg>"));
  EXPECT_EQ(count(page, "role=\"img\""), count(page, "<desc id="));
}

TEST(Page, SaysWhatItTakesToRepeatTheRuns) {
  const auto page = page_of(test::made_results());
  for (const auto* text : {"Example CPU @ 2.80GHz, 2 cores", "Linux 6.1.0-18-amd64", "aria2 1.36.0",
                           "roost bench fanout --nodes 8", "2026-01-02T03:04:05Z",
                           "murder: opentracker is not installed"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
}

TEST(Page, NeedsNothingFromElsewhere) {
  const auto page = page_of(test::made_results());
  for (const auto* text : {"http://", "https://", "src=", "href=", "@import", "<script", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(text)));
  }
  EXPECT_EQ(count(page, "url("), count(page, "url(#c"));  // clip paths of its own
}

TEST(Page, EscapesEveryTextOfAResultFile) {
  const std::string evil = "<img src=x onerror=alert(1)>\"'&\x01\xff";
  auto file = test::made_results();
  file.machine.cpu = file.machine.kernel = file.command = file.started = evil;
  file.machine.versions = {{evil, evil}};
  file.skipped = {evil};
  for (auto& run : file.runs) {
    run.setting.method += evil;
    run.setting.scenario = run.setting.variant = run.setting.disk = evil;
    run.note = evil;
    for (auto& node : run.nodes) node.bound_by = node.name = evil;
  }
  file.runs[0].failed = evil;
  const auto page = page_of(file);
  EXPECT_EQ(first_fault(page), "");
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("\x01")));
  EXPECT_THAT(page, Not(HasSubstr("\xff")));
  EXPECT_GT(count(page, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"), 30U);
}

TEST(Page, MarksWhatIsNotMeasuredOrNotQuoted) {
  auto file = test::made_results();
  for (auto& run : file.runs) run.short_of_cpu = run.setting.method == "aria2";
  file.runs[0].failed = "the tracker ended";
  const auto page = page_of(file);
  EXPECT_EQ(count(page, ">computed</span>"), 1U);
  EXPECT_EQ(count(page, ">5 short of CPU</span>"), 3U);
  EXPECT_THAT(page, HasSubstr("<td>0 of 5</td>"));
  EXPECT_THAT(page, HasSubstr("5 runs were short of CPU and in no figure; no other run is left"));
  EXPECT_THAT(page, HasSubstr(">1 failed</span>"));
  EXPECT_THAT(page, HasSubstr("run 1: the tracker ended"));
}

TEST(Page, ShowsMissedThresholds) {
  auto file = test::made_results();
  const Dataset data({}, file.runs);
  const std::vector<Miss> misses{
      {.threshold = "ratio_last<1", .setting = "roost", .why = "is 1.07"}};
  EXPECT_THAT(html_page(data, misses), HasSubstr("<li>ratio_last&lt;1: roost is 1.07</li>"));
}

TEST(Page, StandsWithoutRunsAndWithOnesThatSayLittle) {
  EXPECT_THAT(page_of(ResultFile{}), HasSubstr("hold no runs"));
  ResultFile bare;
  bare.runs.emplace_back().setting.method = "roost";  // no nodes at all
  EXPECT_EQ(first_fault(page_of(bare)), "");
  bare.runs[0].nodes.emplace_back().done_s = 0;
  bare.runs[0].nodes[0].content_ok = true;
  const auto page = page_of(bare);
  EXPECT_EQ(first_fault(page), "");
  EXPECT_THAT(page, Not(HasSubstr("nan")));
  EXPECT_THAT(page, Not(HasSubstr("inf ")));
}

TEST(Escape, ReplacesWhatIsNoText) {
  EXPECT_EQ(escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escape("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xA6"),
            "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\xA6");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(escape("\xC3"), bad);
  EXPECT_EQ(escape("\xC0\xAF"), bad + bad);            // overlong
  EXPECT_EQ(escape("\xED\xA0\x80"), bad + bad + bad);  // a surrogate
  EXPECT_EQ(escape(std::string_view("\0\x1b", 2)), bad + bad);
}

}  // namespace
}  // namespace roost::bench
