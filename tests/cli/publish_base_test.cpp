// roost publish against the release that nodes have: --base, and what it says of it.
#include <gmock/gmock.h>
#include <signal.h>

#include "core/base/bytes.hpp"
#include "tests/cli/sandbox.hpp"
#include "tests/support/trees.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kNews = "new against web@1.0.0: ";

// ./build-output is published as web@1.0.0, ./next is what the next build would make of it.
class PublishBase : public testing::Test {
 protected:
  PublishBase() {
    write_file(box / "build-output" / "large", random_bytes(400'000, 5));
    fs::copy(box / "build-output", box / "next", fs::copy_options::recursive);
    change_tree(box / "next", 1);
  }

  Ran publish(const std::string& tree, const std::string& release, const Args& more) {
    Args args{"publish",     tree,    "--release", release,      "--tracker",
              box.tracker(), "--key", "key.pem",   "--seed-for", "0s"};
    args.insert(args.end(), more.begin(), more.end());
    return box.run(args);
  }
  Ran first(const Args& more = {"--channel", "prod", "--json"}) {
    return publish("build-output", "web@1.0.0", more);
  }
  Ran next(const Args& more = {"--channel", "prod", "--json"}) {
    return publish("next", "web@1.1.0", more);
  }

  // What publishes web@1.0.0 and seeds it.
  ChildOptions first_forever() {
    return box.options({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                        box.tracker(), "--key", "key.pem", "--channel", "prod", "--seed-for",
                        "forever", "--json"});
  }
  static bool registered(Child& publisher) {
    return publisher.wait_output(Deadline::in(20s), [](const auto& out, const auto&) {
      return out.find("\"registered\"") != std::string::npos;
    });
  }

  std::string releases() { return box.run({"releases", "--tracker", box.tracker()}).out; }

  Sandbox box;
};

bool has_base(const Ran& ran) {
  return ran.last_line().find("\"base\":") != std::string::npos;
}

TEST_F(PublishBase, SaysWhatIsNewBeforeItRegisters) {
  ASSERT_EQ(first().exit, 0);
  const auto ran = next({"--channel", "prod", "--progress", "plain"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto news = ran.err.find(kNews);
  const auto registered = ran.err.find("web@1.1.0 is registered as");
  ASSERT_NE(news, std::string::npos) << ran.err;
  ASSERT_NE(registered, std::string::npos) << ran.err;
  EXPECT_LT(news, registered);
  const auto line = ran.err.substr(news, ran.err.find('\n', news) - news);
  EXPECT_THAT(line, testing::MatchesRegex("new against web@1\\.0\\.0: [0-9.]+ KiB of [0-9.]+ KiB "
                                          "\\([0-9.]+ %\\), [0-9]+ of [0-9]+ chunks"));
  EXPECT_THAT(ran.out, HasSubstr("\nbase        web@1.0.0\nnew         "));
}

TEST_F(PublishBase, SaysItInTheFormThatWasAskedFor) {
  ASSERT_EQ(first().exit, 0);
  const auto with = [&](const std::string& mode) {
    const auto ran = next({"--base", "web@1.0.0", "--progress", mode});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return ran.err;
  };
  EXPECT_EQ(with("quiet"), "");
  EXPECT_THAT(with("rawjson"), HasSubstr(std::string("{\"type\":\"note\",\"text\":\"") + kNews));
  EXPECT_THAT(with("tty"), HasSubstr(kNews));
}

TEST_F(PublishBase, IsInTheResultAndInALineBeforeTheRegistration) {
  ASSERT_FALSE(has_base(first()));
  const auto ran = next();
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(json_field(ran.last_line(), "/base"), "web@1.0.0");
  const auto number = [&](const std::string& field) {
    return std::stoull(json_field(ran.last_line(), field));
  };
  EXPECT_GT(number("/new_bytes"), 0U);
  EXPECT_LT(number("/new_bytes"), number("/image_bytes"));
  EXPECT_LT(number("/new_chunks"), number("/chunks"));
  const auto packed = ran.out.find("{\"type\":\"packed\",");
  ASSERT_NE(packed, std::string::npos) << ran.out;
  EXPECT_LT(packed, ran.out.find("{\"type\":\"registered\","));
  EXPECT_EQ(json_field(ran.out.substr(packed, ran.out.find('\n', packed) - packed), "/base"),
            "web@1.0.0");
}

TEST_F(PublishBase, StaysAsRegisteredWhenTheChannelHasMoved) {
  const auto one = first();
  const auto two = next();
  ASSERT_EQ(two.exit, 0) << two.err;
  const auto expect_kept = [](const Ran& again, const Ran& before) {
    ASSERT_EQ(again.exit, 0) << again.err;
    for (const char* same : {"/release_id", "/info_hash", "/image_bytes", "/new_bytes"}) {
      EXPECT_EQ(json_field(again.last_line(), same), json_field(before.last_line(), same));
    }
    EXPECT_EQ(json_field(again.last_line(), "/created"), "false");
    EXPECT_EQ(json_field(again.last_line(), "/same_bytes"), "true");
    EXPECT_EQ(has_base(again), has_base(before));
  };
  expect_kept(next(), two);
  expect_kept(first(), one);
  EXPECT_THAT(releases(), testing::ContainsRegex("web@1\\.0\\.0 .*prod"));
  expect_kept(next(), two);
}

TEST_F(PublishBase, NoneSwitchesItOff) {
  ASSERT_EQ(first().exit, 0);
  const auto ran = next({"--channel", "prod", "--base", "none", "--json"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_FALSE(has_base(ran));
  EXPECT_EQ(json_field(ran.last_line(), "/new_bytes"), json_field(ran.last_line(), "/image_bytes"));
  EXPECT_THAT(ran.err, Not(HasSubstr("new against")));
}

TEST_F(PublishBase, ThatIsWrongIsNamedAndNothingIsRegistered) {
  ASSERT_EQ(first().exit, 0);
  const auto expect_refused = [&](const std::string& base, int exit, const std::string& error) {
    const auto ran = next({"--channel", "prod", "--base", base});
    EXPECT_EQ(ran.exit, exit) << base;
    EXPECT_THAT(ran.err, HasSubstr("error: " + error));
    EXPECT_THAT(ran.err, HasSubstr("\nhelp: "));
  };
  for (const char* malformed : {"web", "None", "web@", "../web@1.0.0", "web/prod", "@1.0.0"}) {
    expect_refused(malformed, 2, "read --base: ");
  }
  expect_refused("web@1.1.0", 2, "use base web@1.1.0: it is the release itself");
  expect_refused("web@9", 3, "use base web@9: ");
  expect_refused("other@1.0.0", 3, "use base other@1.0.0: ");
  EXPECT_THAT(releases(), Not(HasSubstr("web@1.1.0")));
}

TEST_F(PublishBase, IsInADryRunToo) {
  ASSERT_EQ(first().exit, 0);
  for (const Args& asks : {Args{"--channel", "prod"}, Args{"--base", "web@1.0.0"}}) {
    auto args = asks;
    args.insert(args.end(), {"--dry-run", "--json"});
    const auto ran = next(args);
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(kNews));
    EXPECT_EQ(json_field(ran.last_line(), "/base"), "web@1.0.0");
    EXPECT_LT(std::stoull(json_field(ran.last_line(), "/new_bytes")),
              std::stoull(json_field(ran.last_line(), "/image_bytes")));
  }
  EXPECT_THAT(releases(), Not(HasSubstr("web@1.1.0")));
}

TEST_F(PublishBase, ThatSomebodyGivesMakesPatches) {
  Child seeding(first_forever());
  ASSERT_TRUE(registered(seeding));
  const auto ran = next({"--channel", "prod", "--progress", "plain"});
  ASSERT_EQ(ran.exit, 0) << ran.err;
  const auto line = "[0-9.]+ KiB for nodes with web@1\\.0\\.0\n";
  EXPECT_THAT(ran.err, testing::ContainsRegex(std::string("\npatches: ") + line));
  EXPECT_THAT(ran.err, Not(HasSubstr("note: ")));
  EXPECT_THAT(ran.out, testing::ContainsRegex(std::string("\npatches     ") + line));

  const auto again = next();
  EXPECT_GT(std::stoull(json_field(again.last_line(), "/patches_bytes")), 0U);
  EXPECT_GT(std::stod(json_field(again.last_line(), "/patch_s")), 0);
}

TEST_F(PublishBase, MakesNoPatchesWhenToldSoOrWhereNobodyGivesIt) {
  Child seeding(first_forever());
  ASSERT_TRUE(registered(seeding));
  const auto told = next({"--channel", "prod", "--no-patches", "--json"});
  ASSERT_EQ(told.exit, 0) << told.err;
  EXPECT_EQ(json_field(told.last_line(), "/patches_bytes"), "0");
  EXPECT_THAT(told.err, Not(HasSubstr("patches")));
  seeding.signal(SIGTERM);
  ASSERT_TRUE(seeding.wait(Deadline::in(10s)));
  const auto alone = publish("next", "web@1.2.0", {"--base", "web@1.0.0"});
  ASSERT_EQ(alone.exit, 0) << alone.err;
  EXPECT_THAT(alone.err, HasSubstr("note: no patches for nodes with web@1.0.0: fetch chunks of "));
  EXPECT_THAT(alone.out, Not(HasSubstr("\npatches")));
}

// Its publisher was killed, so the tracker still hands its address out.
TEST_F(PublishBase, OfTheChannelThatNobodyGivesIsNotedAndDoneWithout) {
  for (std::uint64_t i = 0; i < 900; ++i) {  // so that the index is too large for an offer
    write_file(box / "build-output" / to_hex(as_bytes(random_bytes(20, i))), "x");
  }
  Child seeding(first_forever());
  ASSERT_TRUE(registered(seeding));
  seeding.signal(SIGKILL);
  ASSERT_TRUE(seeding.wait(Deadline::in(10s)));
  const auto ran = next();
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("note: all of web@1.1.0 counts as new: use base web@1.0.0: fetch "
                                 "index: "));
  EXPECT_FALSE(has_base(ran));
  EXPECT_EQ(json_field(ran.last_line(), "/created"), "true");
}

}  // namespace
}  // namespace roost::test
