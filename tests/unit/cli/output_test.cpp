#include "cli/output.hpp"

#include <gmock/gmock.h>

#include "cli/nearest.hpp"
#include "cli/progress_view.hpp"
#include "core/base/error.hpp"

namespace roost::cli {
namespace {

using namespace std::chrono_literals;
using testing::internal::CaptureStderr;
using testing::internal::GetCapturedStderr;

TEST(Table, AlignsByCharactersAndLeavesNoSpaceAtTheEnd) {
  Table table({{"NAME"}, {"SIZE", true}, {"NOTE"}});
  table.row({"z\xC3\xBCrich", "5", "x"});
  table.row({"a", "12345"});
  EXPECT_EQ(table.str(),
            "NAME     SIZE  NOTE\n"
            "z\xC3\xBCrich      5  x\n"
            "a       12345\n");
}

TEST(Output, LetsNoForeignTextSteerTheTerminal) {
  const std::string evil = "node\x1b]0;owned\x07 \x1b[2J\r\x7f";
  Output output(false, ProgressMode::plain);
  testing::internal::CaptureStdout();
  Table table({{"NAME"}});
  table.row({evil});
  output.table(table);
  output.line("a\tb\n" + evil);
  const std::string shown = testing::internal::GetCapturedStdout();
  EXPECT_EQ(shown, "NAME\nnode?]0;owned? ?[2J??\na\tb\nnode?]0;owned? ?[2J??\n");
  CaptureStderr();
  output.note(evil);
  const Error error(Errc::failed, evil, evil);
  output.finish(1, &error);
  EXPECT_EQ(GetCapturedStderr().find_first_of("\x1b\x07\x7f\r"), std::string::npos);
}

TEST(ProgressLine, ShowsBarAmountsAndPhase) {
  const ProgressRow row{"n1", "fetching", 512, 1024, 0, "2 peers"};
  EXPECT_EQ(progress_line(row, 4, 200),
            "n1    [############            ]  50%  512 B of 1.0 KiB  fetching  2 peers");
  EXPECT_EQ(progress_line({"n1", "waiting", 0, 0, 0, ""}, 0, 200), "n1  waiting");
}

TEST(ProgressLine, NeverShowsMoreThanAllAndFitsTheWidth) {
  const ProgressRow row{"\xC3\xA4\xC3\xB6\xC3\xBC", "", 20, 10, 0, ""};
  EXPECT_NE(progress_line(row, 0, 200).find("100%  10 B of 10 B"), std::string::npos);
  EXPECT_EQ(progress_line(row, 0, 2), "\xC3\xA4\xC3\xB6");
}

TEST(ProgressView, PlainWritesALineASecondAndAtEachTurn) {
  const ProgressView::Clock::time_point start{};
  CaptureStderr();
  {
    ProgressView view(ProgressMode::plain);
    view.update(0, {"n", "a", 1, 0, 0, ""}, start + 10s);
    view.update(0, {"n", "a", 2, 0, 0, ""}, start + 10s + 500ms);  // too soon
    view.update(0, {"n", "a", 3, 0, 0, ""}, start + 11s);
    view.update(0, {"n", "b", 4, 0, 0, ""}, start + 11s + 1ms);
    view.update(0, {"n", "b", 5, 0, 0, ""}, start + 11s + 2ms);  // shown at the end
  }
  EXPECT_EQ(GetCapturedStderr(), "n  1 B  a\nn  3 B  a\nn  4 B  b\nn  5 B  b\n");
}

TEST(ProgressView, TerminalBlockIsRepaintedInPlace) {
  const ProgressView::Clock::time_point start{};
  CaptureStderr();
  {
    ProgressView view(ProgressMode::tty, 2);
    view.update(0, {"one", "a", 0, 0, 0, ""}, start + 1s);
    view.update(1, {"two", "a", 0, 0, 0, ""}, start + 1s + 1ms);  // too soon
    view.message("hello");
  }
  EXPECT_EQ(GetCapturedStderr(),
            "one  a\x1b[K\n\x1b[J"
            "\x1b[1A\x1b[Jhello\n"
            "one  a\x1b[K\ntwo  a\x1b[K\n\x1b[J"
            "\x1b[2Aone  a\x1b[K\ntwo  a\x1b[K\n\x1b[J");
}

TEST(ProgressView, RawJsonIsOneObjectALineAndQuietIsSilent) {
  CaptureStderr();
  {
    ProgressView view(ProgressMode::rawjson);
    view.update(0, {"a\"b\xFF", "p", 1, 2, 3, "n"});
    ProgressView silent(ProgressMode::quiet);
    silent.update(0, {"n", "a", 1, 2, 3, ""});
    silent.message("nothing");
  }
  EXPECT_EQ(GetCapturedStderr(),
            "{\"type\":\"progress\",\"label\":\"a\\\"b\xEF\xBF\xBD\",\"phase\":\"p\",\"done\":1,"
            "\"total\":2,\"rate\":3,\"note\":\"n\"}\n");
}

TEST(Nearest, FindsTyposAndAbbreviationsButNothingFar) {
  const std::vector<std::string> words{"publish", "unpublish", "status"};
  EXPECT_EQ(nearest("pubish", words), "publish");
  EXPECT_EQ(nearest("stat", words), "status");
  EXPECT_EQ(nearest("keygen", words), std::nullopt);
}

}  // namespace
}  // namespace roost::cli
