// What is the same for every subcommand: help, errors, settings, exit statuses.
#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "tests/cli/sandbox.hpp"

namespace roost::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Frame, RoostAlonePrintsHelpAndExitsTwo) {
  const auto ran = run_roost(Args{});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("usage: roost COMMAND"));
  EXPECT_THAT(ran.err, HasSubstr("error: run roost: no command given\nhelp: "));
}

TEST(Frame, KnowsTheWholeContract) {
  std::vector<std::string> names;
  for (const auto& words : all_commands()) names.push_back(joined(words));
  EXPECT_THAT(names, testing::IsSupersetOf(
                         {"demo",    "keygen",       "tracker",     "publish",       "seeder",
                          "peer",    "fetch",        "activate",    "rollback",      "resume",
                          "gc",      "promote",      "unpublish",   "status",        "releases",
                          "nodes",   "inspect",      "verify",      "doctor",        "completion",
                          "version", "bench fanout", "bench clean", "bench simulate"}));
}

TEST(Frame, EveryHelpEndsWithExamples) {
  for (const auto& words : all_commands()) {
    const auto command = joined(words);
    auto args = words;
    args.emplace_back("--help");
    const auto ran = run_roost(args);
    EXPECT_EQ(ran.exit, 0) << command;
    EXPECT_EQ(ran.err, "") << command;
    EXPECT_THAT(ran.out, StartsWith("roost " + command + ": "));
    const auto examples = ran.out.find("\nexamples:\n  roost " + command);
    EXPECT_NE(examples, std::string::npos) << command;
    args = words;
    args.insert(args.begin(), "help");
    EXPECT_EQ(run_roost(args).out, ran.out);
  }
}

TEST(Frame, NamesTheMembersOfAFamily) {
  const auto alone = run_roost({"bench"});
  EXPECT_EQ(alone.exit, 2);
  EXPECT_THAT(alone.err, HasSubstr("\n  bench fanout "));
  const auto help = run_roost({"bench", "--help"});
  EXPECT_EQ(help.exit, 0);
  EXPECT_THAT(help.out, HasSubstr("\n  bench fanout "));
  const auto wrong = run_roost({"bench", "fanuot"});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean roost bench fanout?"));
}

TEST(Frame, SuggestsTheNearestCommand) {
  const auto ran = run_roost({"pubish"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err,
            "error: run roost: unknown command 'pubish'\nhelp: did you mean roost publish?\n");
}

TEST(Frame, SuggestsTheNearestOption) {
  const auto ran = run_roost({"keygen", "--uot", "x"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("unknown option '--uot'\nhelp: did you mean --out?"));
}

TEST(Frame, RefusesAnUnknownOptionOfEveryCommand) {
  for (auto args : all_commands()) {
    args.emplace_back("--no-such-option");
    const auto ran = run_roost(args);
    EXPECT_EQ(ran.exit, 2) << joined(args);
    EXPECT_THAT(ran.err, HasSubstr("error: read the command line: unknown option"));
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Frame, ErrorsAreTheLastLineOfJson) {
  for (const Args& args : {Args{"--json"}, Args{"--json", "nothing"}, Args{"keygen", "--json"},
                           Args{"version", "--json", "--progress", "loud"},
                           Args{"keygen", "--out", "/nonexistent/key", "--json"}}) {
    const auto ran = run_roost(args);
    const auto line = ran.last_line();
    EXPECT_EQ(json_field(line, "/type"), "result");
    EXPECT_EQ(json_field(line, "/status"), "error");
    EXPECT_EQ(json_field(line, "/exit"), std::to_string(ran.exit));
    EXPECT_NE(json_field(line, "/error/message"), "");
    EXPECT_NE(json_field(line, "/error/help"), "");
    EXPECT_THAT(ran.err, HasSubstr("error: " + json_field(line, "/error/message")));
  }
}

TEST(Frame, NamesTheMissingOptionAndItsVariable) {
  const auto ran = run_roost({"releases"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err,
              HasSubstr("--tracker is missing\nhelp: give --tracker URL or set ROOST_TRACKER"));
}

TEST(Frame, GlobalOptionsMayStandBeforeTheCommand) {
  const auto ran = run_roost({"--progress", "quiet", "--json", "version"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(json_field(ran.last_line(), "/status"), "ok");
}

TEST(Frame, EnvironmentGivesWayToAFlag) {
  const Sandbox box;
  auto options = box.options({"keygen"});
  options.env.emplace_back("ROOST_OUT", "by-env.pem");
  EXPECT_EQ(run_roost(options).exit, 0);
  EXPECT_TRUE(std::filesystem::exists(box / "by-env.pem"));
  options.argv.insert(options.argv.end(), {"--out", "by-flag.pem"});
  EXPECT_EQ(run_roost(options).exit, 0);
  EXPECT_TRUE(std::filesystem::exists(box / "by-flag.pem"));
}

TEST(Frame, ABadVariableIsNamed) {
  auto options = roost_options({"version"});
  options.env.emplace_back("ROOST_JSON", "perhaps");
  const auto ran = run_roost(options);
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("read ROOST_JSON: parse switch 'perhaps'"));
}

TEST(Frame, SettingsFileGivesWayToEnvironmentAndFlag) {
  const Sandbox box;
  write_file(box / "t.toml", "data = \"from-file\"\nlisten = \"127.0.0.1:1\"\ninsecure = true\n");
  auto options = box.options({"tracker", "--config", "t.toml", "--print-config"});
  options.env.emplace_back("ROOST_LISTEN", "127.0.0.1:2");
  auto ran = run_roost(options);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("data = \"from-file\"  # settings file\n"));
  EXPECT_THAT(ran.out, HasSubstr("listen = \"127.0.0.1:2\"  # environment\n"));
  EXPECT_THAT(ran.out, HasSubstr("insecure = true  # settings file\n"));
  EXPECT_THAT(ran.out, HasSubstr("log-level = \"info\"  # built in\n"));
  options.argv.insert(options.argv.end(), {"--listen", "127.0.0.1:3"});
  EXPECT_THAT(run_roost(options).out, HasSubstr("listen = \"127.0.0.1:3\"  # command line\n"));
}

TEST(Frame, PrintedSettingsAreASettingsFile) {
  const Sandbox box;
  const auto first = box.run({"tracker", "--data", "a \"b\"\\c", "--print-config"});
  ASSERT_EQ(first.exit, 0) << first.err;
  write_file(box / "t.toml", first.out);
  const auto second = box.run({"tracker", "--config", "t.toml", "--print-config"});
  EXPECT_EQ(second.exit, 0) << second.err;
  EXPECT_THAT(second.out, HasSubstr("data = \"a \\\"b\\\"\\\\c\"  # settings file\n"));
}

TEST(Frame, SettingsFileErrorsNameThePlace) {
  const Sandbox box;
  const std::map<std::string, std::string> cases{
      {"data = \"d\"\nlisen = \"x\"\n",
       "read settings t.toml:2:1: unknown key 'lisen'\n"
       "help: did you mean 'listen'?"},
      {"data = \"d\"\nlisten = \"x\"\n", "read settings t.toml:2:10: read --listen: "},
      {"data = \"d\"\nlisten = [\"127.0.0.1:0\"]\n", "t.toml:2:10: 'listen' takes one value"},
      {"data = \"d\"\nlisten = 1.5\n", "t.toml:2:10: neither a string"},
      {"data = \n", "read settings t.toml:1:"}};
  for (const auto& [text, error] : cases) {
    write_file(box / "t.toml", text);
    const auto ran = box.run({"tracker", "--config", "t.toml"});
    EXPECT_EQ(ran.exit, 2) << text;
    EXPECT_THAT(ran.err, HasSubstr(error));
  }
  EXPECT_EQ(box.run({"tracker", "--config", "none.toml"}).exit, 3);
}

TEST(Frame, NeverColoursWhatIsNoTerminal) {
  auto options = roost_options({"nothing"});
  options.unset_env.emplace_back("NO_COLOR");
  EXPECT_THAT(run_roost(options).err, Not(HasSubstr("\x1b")));
}

TEST(Frame, ReportsAFullStdout) {
  auto options = roost_options({"version"});
  options.stdout_file = "/dev/full";
  const auto ran = run_roost(options);
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, StartsWith("error: write to stdout: No space left on device"));
}

TEST(Frame, PlainLinksOutsideThisMachineNeedInsecure) {
  const Args args{"releases", "--tracker", "http://192.0.2.1:7070"};
  const auto ran = run_roost(args);
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("--insecure"));
}

}  // namespace
}  // namespace roost::test
