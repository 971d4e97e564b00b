// What passes between a daemon and a hook's supervisor, and how output is kept.
#include "peer/hook_job.hpp"

#include <gmock/gmock.h>

#include "peer/hook_output.hpp"
#include "tests/support/errors.hpp"

namespace roost::peer {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(HookJob, IsTheSameAfterItsJson) {
  HookJob job;
  job.argv = {"/bin/a", "", "b c\n"};
  job.cwd = "/x";
  job.env = {{"PATH", "/bin"}, {"EMPTY", ""}};
  job.deadline = std::chrono::milliseconds(1);
  job.term_grace = std::chrono::milliseconds(2);
  job.changes = "M\ta\n";
  EXPECT_EQ(parse_hook_job(to_json(job)), job);
  job.user = "web";
  EXPECT_EQ(parse_hook_job(to_json(job)), job);
}

TEST(HookOutcome, IsTheSameAfterItsJson) {
  const HookOutcome outcome{kHookTimedOut, true, true, 2, 1, "said\n", 7, 0.5, "why"};
  EXPECT_EQ(parse_hook_outcome(to_json(outcome)), outcome);
}

TEST(HookOutcome, IsFailedWhateverItsStatusIfItDidNotEndInOrder) {
  HookOutcome outcome;
  EXPECT_EQ(outcome.verdict(), HookVerdict::failed);
  outcome.status = 0;
  EXPECT_EQ(outcome.verdict(), HookVerdict::ok);
  outcome.survived = 1;
  EXPECT_EQ(outcome.verdict(), HookVerdict::failed);
}

TEST(HookJob, RefusesWhatIsNone) {
  EXPECT_EQ(test::code_of([] { parse_hook_job(""); }), Errc::integrity);
  EXPECT_EQ(test::code_of([] { parse_hook_job("{}"); }), Errc::integrity);
  EXPECT_EQ(test::code_of([] { parse_hook_outcome("[1]"); }), Errc::integrity);
  HookJob job;
  EXPECT_EQ(test::code_of([&] { parse_hook_job(to_json(job)); }), Errc::integrity);
  job.argv = {"\xFF"};
  EXPECT_EQ(test::code_of([&] { to_json(job); }), Errc::integrity);
}

TEST(HookOutput, IsWholeWhileItIsShort) {
  HookOutput output;
  output.add(std::string(HookOutput::kFirst, 'a'));
  output.add(std::string(HookOutput::kLast, 'b'));
  EXPECT_EQ(output.omitted(), 0U);
  EXPECT_EQ(output.text(),
            std::string(HookOutput::kFirst, 'a') + std::string(HookOutput::kLast, 'b'));
}

TEST(HookOutput, LosesItsMiddleHoweverItIsCut) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{1000}, std::size_t{200'000}}) {
    std::string all;
    for (int i = 0; i < 30'000; ++i) all += std::to_string(i) + "\n";
    HookOutput output;
    for (std::size_t at = 0; at < all.size(); at += cut) {
      output.add(std::string_view(all).substr(at, cut));
    }
    const auto kept = HookOutput::kFirst + HookOutput::kLast;
    EXPECT_EQ(output.omitted(), all.size() - kept) << cut;
    EXPECT_THAT(output.text(), StartsWith(all.substr(0, HookOutput::kFirst)));
    EXPECT_THAT(output.text(),
                EndsWith("left out]\n" + all.substr(all.size() - HookOutput::kLast)));
  }
}

TEST(HookOutput, EscapesWhatATerminalWouldObey) {
  HookOutput output;
  output.add("tab\t\x1B[2J\x7F \xC2\x9B \xC3\xA4 \xED\xA0\x80 \xF0\x9F\x90\x93 \xE2\x82");
  EXPECT_EQ(output.text(),
            "tab\t\\x1B[2J\\x7F \\xC2\\x9B \xC3\xA4 \\xED\\xA0\\x80 \xF0\x9F\x90\x93 \\xE2\\x82");
}

}  // namespace
}  // namespace roost::peer
