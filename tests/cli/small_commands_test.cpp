// version, keygen, completion, doctor, the man page: what needs no tracker.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <sstream>

#include "tests/cli/sandbox.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

Finished shell(const std::string& script, std::optional<std::string> input = {}) {
  ChildOptions options;
  options.argv = {"bash", "-c", script};
  options.input = std::move(input);
  return run_child(options, Deadline::in(30s));
}

TEST(Version, NamesRoostAndItsLibraries) {
  EXPECT_THAT(
      run_roost({"version"}).out,
      MatchesRegex("roost [0-9.]+ \\(libtorrent [0-9.]+, OpenSSL [^ ]+, zstd [0-9.]+, .*\n"));
  const auto json = run_roost({"version", "--json"});
  EXPECT_EQ("roost " + json_field(json.last_line(), "/version") + "\n",
            run_roost({"--version"}).out);
}

TEST(Keygen, WritesAKeyThatOnlyItsOwnerReads) {
  const Sandbox box;
  const auto ran = box.run({"keygen", "--out", "new.pem", "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  struct stat info {};
  ASSERT_EQ(::stat((box / "new.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(json_field(ran.last_line(), "/key_id").size(), 64U);
  const auto openssl = shell("openssl pkey -in '" + (box / "new.pem").string() + "' -pubout");
  EXPECT_EQ(openssl.out, read_file(box / "new.pem.pub"));
}

TEST(Keygen, NeverOverwrites) {
  const Sandbox box;
  const auto before = read_file(box / "key.pem");
  const auto ran = box.run({"keygen", "--out", "key.pem"});
  EXPECT_EQ(ran.exit, 5);
  EXPECT_THAT(ran.err, HasSubstr("key.pem"));
  EXPECT_EQ(read_file(box / "key.pem"), before);
}

TEST(Keygen, NamesADirectoryThatIsNotThereOrNotWritable) {
  const Sandbox box;
  EXPECT_EQ(box.run({"keygen", "--out", "none/key.pem"}).exit, 3);
  const auto ran = run_roost(unprivileged(box.options({"keygen", "--out", "mine.pem"})));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("mine.pem"));
}

TEST(Completion, BashScriptCompletesCommandsOptionsAndValues) {
  const auto script = run_roost({"completion", "bash"}).out;
  const auto complete = [&](const std::string& words, const std::string& last) {
    return shell("source /dev/stdin; COMP_WORDS=(" + words + " '" + last +
                     "'); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _roost; echo \"${COMPREPLY[*]}\"",
                 script)
        .out;
  };
  EXPECT_EQ(complete("roost", "unp"), "unpublish\n");
  EXPECT_EQ(complete("roost publish", "--external"), "--external-links\n");
  EXPECT_EQ(complete("roost publish --external-links", "k"), "keep\n");
  EXPECT_EQ(complete("roost --json completion", "z"), "zsh\n");
  EXPECT_EQ(complete("roost gc", "--progr"), "--progress\n");
  EXPECT_EQ(complete("roost", "ben"), "bench\n");
  EXPECT_EQ(complete("roost bench", "fan"), "fanout\n");
  EXPECT_EQ(complete("roost bench fanout", "--scen"), "--scenario\n");
  EXPECT_EQ(complete("roost bench fanout --scenario", "slow-p"), "slow-peer\n");
}

TEST(Completion, ScriptsOfAllShellsNameEveryCommand) {
  std::istringstream overview(run_roost({"--help"}).out);
  for (const char* name : {"bash", "zsh", "fish"}) {
    const auto ran = run_roost({"completion", name});
    EXPECT_EQ(ran.exit, 0);
    for (const char* command : {"publish", "completion", "version", "external-links"}) {
      EXPECT_THAT(ran.out, HasSubstr(command));
    }
    // bash reads enough of zsh's syntax to find unbalanced quotes.
    if (std::string(name) != "fish") {
      EXPECT_EQ(shell("bash -n", ran.out).err, "");
    }
  }
}

TEST(Completion, RefusesAnotherShell) {
  const auto ran = run_roost({"completion", "tcsh"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("help: use one of: bash, zsh, fish"));
  EXPECT_EQ(run_roost({"completion"}).exit, 2);
}

TEST(Doctor, LooksAtThisMachine) {
  const Sandbox box;
  const auto ran = box.run({"doctor", "--root", ".", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(ran.exit, 0) << ran.err << ran.out;
  for (const char* check : {"kernel", "file system", "free space", "open files", "port", "clock",
                            "user", "libraries"}) {
    EXPECT_THAT(ran.out, HasSubstr(check));
  }
  const auto json = box.run({"doctor", "--json"});
  EXPECT_EQ(json_field(json.last_line(), "/bad"), "0");
  EXPECT_THAT(json.out, HasSubstr("\"type\":\"check\""));
}

TEST(Doctor, FailsWhereTheRootCanNotBeWritten) {
  const Sandbox box;
  const auto ran = run_roost(unprivileged(box.options({"doctor", "--root", "node"})));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("writable"));
  EXPECT_THAT(ran.out, HasSubstr("bad"));
}

TEST(Doctor, SaysWhenAPortIsTaken) {
  Sandbox box;
  const auto address = box.tracker().substr(7);
  const auto ran = box.run({"doctor", "--listen", address});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr(address + ": Address already in use"));
}

TEST(ManPage, RendersAndNamesEveryCommandAndOption) {
  const auto page = shell("scdoc < '" ROOST_SOURCE_DIR "/packaging/man/roost.1.scd'");
  ASSERT_EQ(page.exit.status, 0) << page.err;
  EXPECT_THAT(page.out, HasSubstr(".TH \"roost\" \"1\""));
  const auto source = read_file(ROOST_SOURCE_DIR "/packaging/man/roost.1.scd");
  for (auto words : all_commands()) {
    const auto command = joined(words);
    EXPECT_THAT(source, HasSubstr("*roost " + command + "*"));
    words.emplace_back("--help");
    std::istringstream help(run_roost(words).out);
    for (std::string row; std::getline(help, row) && row != "examples:";) {
      if (!row.starts_with("  --")) continue;
      const auto option = row.substr(2, row.find(' ', 2) - 2);
      EXPECT_THAT(source, HasSubstr("*" + option + "*")) << command;
    }
  }
}

TEST(Without, APartThatIsNoneIsRefusedWithAListThatTheManPageExplains) {
  const Sandbox box;
  const auto ran = box.run({"tracker", "--data", "data", "--without", "luck"});
  EXPECT_EQ(ran.exit, 2);
  const std::string before = "one of ";
  const auto begin = ran.err.find(before);
  ASSERT_NE(begin, std::string::npos) << ran.err;
  std::istringstream line(ran.err.substr(begin + before.size()));
  const auto source = read_file(ROOST_SOURCE_DIR "/packaging/man/roost.1.scd");
  unsigned count = 0;
  for (std::string name; line >> name; ++count) {
    const bool last = name.back() != ',';
    EXPECT_THAT(source, HasSubstr("*" + name.substr(0, name.find(',')) + "*\n\t"));
    if (last) break;
  }
  EXPECT_GT(count, 10U);
}

TEST(Without, StandsApartInTheHelp) {
  const auto help = run_roost({"peer", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("\nmeasuring:\n  --without PART..."));
}

}  // namespace
}  // namespace roost::test
