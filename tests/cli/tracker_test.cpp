// roost tracker, and the commands that ask one: releases, nodes, status, promote, unpublish.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/cli/sandbox.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string kNobody = "http://127.0.0.1:9";  // discard: nothing of ours listens there

TEST(TrackerCommand, ServesUntilSigtermAndExitsZero) {
  const Sandbox box;
  auto tracker = box.start({"tracker", "--data", "data", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(box.run({"releases", "--tracker", tracker.field("url")}).exit, 0);
  EXPECT_EQ(tracker.stop(SIGTERM), 0);
  EXPECT_THAT(tracker.child().out(), HasSubstr("\"type\":\"result\",\"status\":\"ok\""));
}

TEST(TrackerCommand, CtrlCEndsItWithinTwoSeconds) {
  const Sandbox box;
  auto tracker = box.start({"tracker", "--data", "data", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(tracker.stop(SIGINT, 2s), 130);
}

TEST(TrackerCommand, RefusesAPortInUse) {
  Sandbox box;
  const auto address = box.tracker().substr(7);
  const auto ran = box.run({"tracker", "--data", "other", "--listen", address});
  EXPECT_EQ(ran.exit, 5);
  EXPECT_THAT(ran.err, HasSubstr(address));
}

TEST(TrackerCommand, RefusesADirectoryInUse) {
  Sandbox box;
  box.tracker();
  const auto ran = box.run({"tracker", "--data", "tracker-data", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(ran.exit, 5);
  EXPECT_THAT(ran.err, HasSubstr("tracker-data"));
}

TEST(TrackerCommand, RefusesToListenInPublicWithoutInsecure) {
  const Sandbox box;
  const auto ran = box.run({"tracker", "--data", "data", "--listen", "0.0.0.0:0"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("--insecure"));
  EXPECT_EQ(
      box.start({"tracker", "--data", "data", "--listen", "0.0.0.0:0", "--insecure"}).stop(SIGTERM),
      0);
}

TEST(TrackerCommand, RefusesBadArguments) {
  const Sandbox box;
  for (const Args& args :
       {Args{"tracker"}, Args{"tracker", "--data", "d", "--listen", "localhost:1"},
        Args{"tracker", "--data", "d", "--listen", "127.0.0.1:99999"},
        Args{"tracker", "--data", "d", "extra"}}) {
    EXPECT_EQ(box.run(args).exit, 2);
  }
  EXPECT_EQ(box.run({"tracker", "--data", "d", "--trust", "none.pub"}).exit, 3);
  EXPECT_EQ(run_roost(unprivileged(box.options({"tracker", "--data", "d"}))).exit, 1);
}

TEST(TrackerCommand, KeepsWhatWasRegisteredWhenItIsKilled) {
  Sandbox box;
  box.publish("web@1.0.0");
  const auto listen = box.tracker().substr(7);
  box.tracker_daemon().child().kill();
  auto again = box.start({"tracker", "--data", "tracker-data", "--listen", listen});
  const auto ran = box.run({"releases", "--tracker", again.field("url")});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("web@1.0.0"));
  EXPECT_THAT(ran.out, HasSubstr("prod"));
}

TEST(AskingCommands, SayWhenNobodyAnswers) {
  const Sandbox box;
  for (const Args& args :
       {Args{"releases", "--tracker", kNobody}, Args{"nodes", "--tracker", kNobody},
        Args{"status", "--tracker", kNobody},
        Args{"promote", "web@1.0.0", "prod", "--tracker", kNobody, "--key", "key.pem"},
        Args{"unpublish", "web@1.0.0", "--tracker", kNobody, "--key", "key.pem"}}) {
    const auto ran = box.run(args);
    EXPECT_EQ(ran.exit, 1) << args.front();
    EXPECT_THAT(ran.err, HasSubstr("127.0.0.1:9"));
    EXPECT_THAT(ran.err, HasSubstr("\nhelp: "));
  }
}

TEST(AskingCommands, RefuseAWrongUrl) {
  const Sandbox box;
  for (const char* url : {"127.0.0.1:7070", "ftp://127.0.0.1", "http://", "http://127.0.0.1:0"}) {
    const auto ran = box.run({"releases", "--tracker", url});
    EXPECT_EQ(ran.exit, 2) << url;
    EXPECT_THAT(ran.err, HasSubstr("--tracker"));
  }
}

TEST(AskingCommands, ShowNothingBeforeThereIsAnything) {
  Sandbox box;
  for (const char* command : {"releases", "nodes", "status"}) {
    const auto ran = box.run({command, "--tracker", box.tracker(), "--json"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(json_field(ran.last_line(), "/status"), "ok");
  }
}

TEST(AskingCommands, ListReleasesAndNodes) {
  Sandbox box;
  box.publish("web@1.0.0");
  box.publish("db@2.0.0", {"--channel", "canary"});
  const auto all = box.run({"releases", "--tracker", box.tracker()});
  EXPECT_THAT(all.out, HasSubstr("web@1.0.0"));
  EXPECT_THAT(all.out, HasSubstr("db@2.0.0"));
  const auto web = box.run({"releases", "web", "--tracker", box.tracker(), "--json"});
  EXPECT_EQ(json_field(web.last_line(), "/releases"), "1");
  EXPECT_THAT(web.out, HasSubstr("\"release\":\"web@1.0.0\""));
  auto peer = box.start({"peer", "--root", "node", "--tracker", box.tracker(), "--trust",
                         "key.pem.pub", "--follow", "web/prod", "--zone", "rack-7"});
  std::string nodes;
  EXPECT_TRUE(wait_until(20s, [&] {
    nodes = box.run({"nodes", "--tracker", box.tracker()}).out;
    return nodes.find("active") != std::string::npos;
  })) << nodes;
  EXPECT_THAT(nodes, HasSubstr(peer.field("node")));
  EXPECT_THAT(nodes, HasSubstr("rack-7"));
  EXPECT_THAT(nodes, HasSubstr("web@1.0.0"));
  const auto status = box.run({"status", "db", "--tracker", box.tracker()});
  EXPECT_THAT(status.out, HasSubstr("db@2.0.0"));
  EXPECT_THAT(status.out, testing::Not(HasSubstr("rack-7")));
  EXPECT_EQ(peer.stop(SIGTERM), 0) << peer.log();
}

TEST(Promote, MovesAChannelForwardAndBack) {
  Sandbox box;
  box.publish("web@1.0.0");
  box.publish("web@1.1.0", {}, "tracker-data");
  const auto move = [&](const std::string& release) {
    return box.run(
        {"promote", release, "prod", "--tracker", box.tracker(), "--key", "key.pem", "--json"});
  };
  EXPECT_EQ(json_field(move("web@1.1.0").last_line(), "/moved"), "true");
  EXPECT_EQ(json_field(move("web@1.1.0").last_line(), "/moved"), "false");
  const auto back = move("web@1.0.0");
  EXPECT_EQ(json_field(back.last_line(), "/version"), "3");
  EXPECT_EQ(move("web@9.9.9").exit, 3);
  EXPECT_EQ(move("web@..").exit, 2);
}

TEST(Promote, NeedsTheKeyThatOwnsTheName) {
  Sandbox box;
  box.publish("web@1.0.0");
  box.run({"keygen", "--out", "other.pem"});
  const auto with = [&](const std::string& key, const std::string& channel = "canary") {
    return box.run({"promote", "web@1.0.0", channel, "--tracker", box.tracker(), "--key", key});
  };
  EXPECT_EQ(with("other.pem").exit, 4);
  EXPECT_EQ(with("other.pem", "prod").exit, 4);  // where the channel is already
  EXPECT_EQ(with("none.pem").exit, 3);
  EXPECT_EQ(with("key.pem.pub").exit, 2);
  std::filesystem::permissions(box / "key.pem", std::filesystem::perms(0644));
  const auto loose = with("key.pem");
  EXPECT_EQ(loose.exit, 2);
  EXPECT_THAT(loose.err, HasSubstr("chmod"));
}

TEST(Promote, ReadsTheKeyFromStdinAndEnvironment) {
  Sandbox box;
  box.publish("web@1.0.0");
  auto options =
      box.options({"promote", "web@1.0.0", "one", "--tracker", box.tracker(), "--key", "-"});
  options.input = read_file(box / "key.pem");
  EXPECT_EQ(run_roost(options).exit, 0);
  auto variable = box.options({"promote", "web@1.0.0", "two", "--tracker", box.tracker()});
  variable.env.emplace_back("ROOST_KEY", read_file(box / "key.pem"));
  EXPECT_EQ(run_roost(variable).exit, 0);
}

TEST(Unpublish, WithdrawsWhatNoChannelNames) {
  Sandbox box;
  box.publish("web@1.0.0");
  box.publish("web@1.1.0", {}, "tracker-data");
  const auto drop = [&](const std::string& release) {
    return box.run({"unpublish", release, "--tracker", box.tracker(), "--key", "key.pem"}).exit;
  };
  EXPECT_EQ(drop("web@1.0.0"), 5);
  EXPECT_EQ(drop("web@1.1.0"), 0);
  EXPECT_EQ(drop("web@7.0.0"), 3);
  EXPECT_EQ(box.run(box.fetch("web@1.1.0")).exit, 3);
}

}  // namespace
}  // namespace roost::test
