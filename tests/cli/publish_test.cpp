// roost publish and roost seeder.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "core/net/http_client.hpp"
#include "tests/cli/sandbox.hpp"
#include "tests/support/trees.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Args publish(Sandbox& box, const std::string& release = "web@1.0.0",
             const std::string& tree = "build-output") {
  return {"publish", tree,      "--release", release,      "--tracker", box.tracker(),
          "--key",   "key.pem", "--seeder",  box.seeder(), "--json"};
}

// No file of a publish is left in the sandbox, which is its TMPDIR.
std::size_t leftovers(const Sandbox& box) {
  std::size_t count = 0;
  for (const auto& item : std::filesystem::directory_iterator(box.path())) {
    count += item.path().filename().string().starts_with("roost-") ? 1 : 0;
  }
  return count;
}

TEST(Publish, ReportsWhatItPublished) {
  Sandbox box;
  const auto ran = box.run(publish(box));
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto line = ran.last_line();
  for (const char* field : {"/release", "/release_id", "/info_hash", "/tree_bytes", "/files",
                            "/image_bytes", "/chunks", "/pack_s"}) {
    EXPECT_NE(json_field(line, field), "") << field;
  }
  EXPECT_EQ(json_field(line, "/files"), "12");
  EXPECT_EQ(leftovers(box), 0U);
}

TEST(Publish, ProgressGoesToStderrInTheFormThatWasAskedFor) {
  Sandbox box;
  const auto with = [&](const std::string& mode) {
    auto args = publish(box, "web@" + mode);
    args.insert(args.end(), {"--progress", mode});
    return box.run(args);
  };
  EXPECT_EQ(with("quiet").err, "");
  EXPECT_THAT(with("rawjson").err, HasSubstr("{\"type\":\"progress\",\"label\":\"web@rawjson\""));
  EXPECT_THAT(with("plain").err, testing::Not(HasSubstr("\x1b")));
  const auto tty = with("tty");
  EXPECT_THAT(tty.err, HasSubstr("\x1b[K"));
  EXPECT_THAT(tty.out, testing::Not(HasSubstr("\x1b")));
}

TEST(Publish, SameTreeAgainIsASuccessAndAnotherAConflict) {
  Sandbox box;
  const auto first = box.run(publish(box));
  const auto again = box.run(publish(box));
  EXPECT_EQ(again.exit, 0) << again.err;
  EXPECT_EQ(json_field(again.last_line(), "/release_id"),
            json_field(first.last_line(), "/release_id"));
  change_tree(box / "build-output", 1);
  const auto other = box.run(publish(box));
  EXPECT_EQ(other.exit, 5);
  EXPECT_THAT(other.err, HasSubstr("web@1.0.0"));
}

TEST(Publish, RefusesBadArguments) {
  Sandbox box;
  const auto with = [&](std::string release, std::string tree) {
    return box.run(publish(box, release, tree)).exit;
  };
  for (const char* release : {"web", "web@", "@1", "Web@1", "web@1..2", "web@current", "a b@1"}) {
    EXPECT_EQ(with(release, "build-output"), 2) << release;
  }
  EXPECT_EQ(with("web@1.0.0", "missing"), 3);
  EXPECT_EQ(box.run({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                     box.tracker(), "--key", "key.pem", "--copies", "2", "--seed-for", "1s"})
                .exit,
            2);
}

TEST(Publish, RefusesByNameWhatItCanNotCarry) {
  Sandbox box;
  const auto refuse = [&](const std::string& entry, auto make) {
    const auto tree = box / "odd";
    remove_tree(tree);
    write_file(tree / "plain", "x");
    make(tree / entry);
    const auto ran = box.run(publish(box, "odd@1", "odd"));
    EXPECT_EQ(ran.exit, 2) << entry;
    EXPECT_THAT(ran.err, HasSubstr(entry));
  };
  refuse("a-fifo", [](const auto& path) { ::mkfifo(path.c_str(), 0600); });
  refuse("a-setuid", [](const auto& path) {
    write_file(path, "x");
    ::chmod(path.c_str(), 04755);
  });
  refuse(".roost", [](const auto& path) { std::filesystem::create_directory(path); });
  refuse("outside", [](const auto& path) { std::filesystem::create_symlink("/etc", path); });
  EXPECT_EQ(box.run({"releases", "--tracker", box.tracker(), "--json"}).out.find("odd@1"),
            std::string::npos);
}

TEST(Publish, NamesAFileThatItMayNotRead) {
  Sandbox box;
  write_file(box / "build-output" / "secret", "x");
  std::filesystem::permissions(box / "build-output" / "secret", std::filesystem::perms(0));
  auto options = box.options({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                              box.tracker(), "--dry-run"});
  options.env.back().second = "/tmp";  // TMPDIR: nobody may write there
  const auto ran = run_roost(unprivileged(options));
  EXPECT_NE(ran.exit, 0);
  EXPECT_THAT(ran.err, HasSubstr("secret"));
}

TEST(Publish, SaysWhenTheTrackerIsDownAndLeavesNothing) {
  const Sandbox box;
  const auto ran = box.run({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                            "http://127.0.0.1:9", "--key", "key.pem"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("127.0.0.1:9"));
  EXPECT_EQ(leftovers(box), 0U);
}

TEST(Publish, NeedsTheKeyThatOwnsTheName) {
  Sandbox box;
  box.publish("web@1.0.0");
  box.run({"keygen", "--out", "other.pem"});
  auto args = publish(box, "web@1.1.0");
  *std::ranges::find(args, "key.pem") = "other.pem";
  EXPECT_EQ(box.run(args).exit, 4);
}

TEST(Publish, TimeoutWithoutEnoughCopiesIsPartial) {
  Sandbox box;
  const auto ran =
      box.run({"publish", "build-output", "--release", "web@1.0.0", "--tracker", box.tracker(),
               "--key", "key.pem", "--copies", "1", "--timeout", "2s", "--json"});
  EXPECT_EQ(ran.exit, 8) << ran.err;
  EXPECT_EQ(json_field(ran.last_line(), "/error/code"), "partial");
  EXPECT_THAT(box.run({"releases", "--tracker", box.tracker()}).out, HasSubstr("web@1.0.0"));
  EXPECT_EQ(leftovers(box), 0U);
}

TEST(Publish, CtrlCWhileSeedingEndsWithinTwoSeconds) {
  Sandbox box;
  Child child(box.options({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                           box.tracker(), "--key", "key.pem", "--seed-for", "forever"}));
  ASSERT_TRUE(wait_until(20s, [&] {
    return box.run({"releases", "--tracker", box.tracker()}).out.find("web@1.0.0") !=
           std::string::npos;
  }));
  child.signal(SIGINT);
  const auto exit = child.wait(Deadline::in(2s));
  ASSERT_TRUE(exit.has_value());
  EXPECT_EQ(exit->status, 130) << child.err();
  EXPECT_EQ(leftovers(box), 0U);
}

TEST(Publish, DryRunRegistersNothing) {
  Sandbox box;
  const auto ran = box.run({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                            box.tracker(), "--dry-run", "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(json_field(box.run({"releases", "--tracker", box.tracker(), "--json"}).last_line(),
                       "/releases"),
            "0");
}

TEST(Seeder, RefusesBadArgumentsAndASecondOnOneDirectory) {
  Sandbox box;
  box.seeder();
  EXPECT_EQ(box.run({"seeder", "--data", "seeder-data"}).exit, 2);
  const auto second = box.run(
      {"seeder", "--data", "seeder-data", "--tracker", box.tracker(), "--api", "127.0.0.1:0"});
  EXPECT_EQ(second.exit, 5);
  EXPECT_THAT(second.err, HasSubstr("seeder-data"));
  const auto taken = box.run(
      {"seeder", "--data", "other", "--tracker", box.tracker(), "--api", box.tracker().substr(7)});
  EXPECT_EQ(taken.exit, 5);
}

// The tracker tells of a seeder in a zone whoever is there, and one node of each other zone.
TEST(Seeder, InAZoneIsNamedToItsZoneAndToFewOfOthers) {
  Sandbox box;
  auto seeder = box.start({"seeder", "--data", "s", "--tracker", box.tracker(), "--api",
                           "127.0.0.1:0", "--zone", "rack-7"});
  const auto ran =
      box.run({"publish", "build-output", "--release", "web@1.0.0", "--tracker", box.tracker(),
               "--key", "key.pem", "--seeder", seeder.field("api"), "--zone", "office"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  net::HttpClient tracker(net::Url::parse(box.tracker()));
  const auto told = [&](const std::string& node, int port, const std::string& zone) {
    const auto offer = tracker.get("/v1/offers/web@1.0.0?node=" + node +
                                       "&addr=127.0.0.1:" + std::to_string(port) + "&zone=" + zone,
                                   Deadline::in(20s));
    EXPECT_EQ(offer.status, 200) << offer.body;
    return offer.body.find("\"" + seeder.field("listen") + "\"") != std::string::npos ? 1 : 0;
  };
  const auto round = [&] {
    return std::array{told("a", 9, "rack-7"), told("b", 10, "rack-8") + told("c", 11, "rack-8"),
                      told("d", 12, "office") + told("e", 13, "office")};
  };
  round();  // a zone has no say before its nodes are known
  EXPECT_EQ(round(), (std::array{1, 1, 1}));
  EXPECT_EQ(seeder.stop(SIGTERM), 0) << seeder.log();
}

TEST(Seeder, RefusesAZoneThatIsNone) {
  const Sandbox box;
  const auto ran =
      box.run({"seeder", "--data", "s", "--tracker", "http://127.0.0.1:9", "--zone", "rack 7"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_THAT(ran.err, HasSubstr("rack 7"));
  EXPECT_FALSE(std::filesystem::exists(box / "s"));
}

TEST(Seeder, StopsInOrder) {
  Sandbox box;
  const Args args{"seeder", "--data", "s", "--tracker", box.tracker(), "--api", "127.0.0.1:0"};
  EXPECT_EQ(box.start(args).stop(SIGTERM), 0);
  EXPECT_EQ(box.start(args).stop(SIGINT, 2s), 130);
}

}  // namespace
}  // namespace roost::test
