// What runs on a node: fetch, peer, activate, rollback, resume, gc, status, verify, inspect.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>

#include "tests/cli/sandbox.hpp"
#include "tests/support/trees.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

// A sandbox with web@1.0.0 and web@1.1.0 staged on ./node, the second one active.
class Node : public testing::Test {
 protected:
  Node() {
    box_.publish("web@1.0.0");
    fetch("web/prod");
    change_tree(box_ / "build-output", 7);
    box_.publish("web@1.1.0");
    fetch("web/prod");
  }

  void fetch(const std::string& what) {
    auto args = box_.fetch(what);
    args.emplace_back("--activate");
    const auto ran = box_.run(args);
    if (ran.exit != 0) throw std::runtime_error(ran.err);
  }

  Ran on_node(Args args) {
    args.insert(args.end(), {"--root", "node"});
    return box_.run(args);
  }

  std::string current() const {
    return fs::read_symlink(box_ / "node/apps/web/current").filename().string();
  }

  fs::path image_of(const std::string& file) const {
    for (const auto& item : fs::directory_iterator(box_ / "node/images")) {
      if (fs::exists(item.path() / file)) return item.path() / file;
    }
    return {};
  }

  Sandbox box_;
};

TEST_F(Node, OneDamagedNameLeavesTheOthersReadable) {
  fs::copy(box_ / "node/apps/web", box_ / "node/apps/broken",
           fs::copy_options::recursive | fs::copy_options::copy_symlinks);
  fs::remove(box_ / "node/apps/broken/current");
  fs::create_symlink("/etc", box_ / "node/apps/broken/current");
  const auto all = on_node({"status", "--json"});
  EXPECT_EQ(all.exit, 0);
  EXPECT_EQ(json_field(all.last_line(), "/apps/0/name"), "web");
  EXPECT_EQ(json_field(all.last_line(), "/damaged/0/name"), "broken");
  EXPECT_THAT(on_node({"status"}).err, HasSubstr("damaged: broken"));
  EXPECT_EQ(on_node({"status", "broken"}).exit, 6);
  EXPECT_EQ(on_node({"rollback", "web"}).exit, 0);
}

TEST_F(Node, FetchedTreeEqualsItsSource) {
  EXPECT_THAT(differences(box_ / "build-output", box_ / "node/apps/web/current", true), IsEmpty());
  const auto again = box_.run(box_.fetch("web/prod"));
  EXPECT_EQ(again.exit, 0);
  EXPECT_THAT(again.out, HasSubstr("already"));
}

TEST_F(Node, ActivateRollbackResume) {
  EXPECT_EQ(on_node({"rollback", "web"}).exit, 0);
  EXPECT_THAT(current(), HasSubstr("1.0.0"));
  EXPECT_THAT(on_node({"status", "web"}).out, HasSubstr("held"));
  EXPECT_EQ(on_node({"resume", "web"}).exit, 0);
  EXPECT_EQ(on_node({"activate", "web", "1.1.0"}).exit, 0);
  EXPECT_THAT(current(), HasSubstr("1.1.0"));
  EXPECT_EQ(on_node({"activate", "web", "9.9.9"}).exit, 3);
  EXPECT_EQ(on_node({"activate", "nothing", "1.1.0"}).exit, 3);
  EXPECT_EQ(on_node({"rollback", "nothing"}).exit, 3);
  EXPECT_EQ(on_node({"resume", "nothing"}).exit, 3);
  EXPECT_EQ(on_node({"activate", "web"}).exit, 2);
  EXPECT_EQ(on_node({"activate", "../web", "1.0.0"}).exit, 2);
}

TEST_F(Node, StatusShowsWhatIsThere) {
  const auto text = on_node({"status"});
  EXPECT_THAT(text.out, HasSubstr("web@1.1.0"));
  EXPECT_THAT(text.out, HasSubstr("active"));
  const auto json = on_node({"status", "--json"});
  EXPECT_EQ(json_field(json.last_line(), "/apps/0/name"), "web");
  EXPECT_EQ(on_node({"status", "nothing"}).exit, 3);
  EXPECT_EQ(box_.run({"status"}).exit, 2);
  EXPECT_EQ(on_node({"status", "--tracker", box_.tracker()}).exit, 2);
}

TEST_F(Node, StatusTellsHowTheLastSwitchEndedAndWhatLedThere) {
  EXPECT_EQ(on_node({"rollback", "web"}).exit, 0);
  const auto text = on_node({"status"});
  EXPECT_THAT(text.out, HasSubstr("web: rolled_back (requested) at "));
  EXPECT_THAT(text.out, HasSubstr("web@1.1.0 -> web@1.0.0: rolled_back (requested)\n"));
  const auto json = on_node({"status", "--json"}).last_line();
  EXPECT_EQ(json_field(json, "/apps/0/transaction/phase"), "rolled_back");
  EXPECT_EQ(json_field(json, "/apps/0/transaction/reason"), "requested");
  EXPECT_EQ(json_field(json, "/apps/0/history/0/phase"), "prepared");
}

TEST_F(Node, ClearFaultSaysWhenThereIsNone) {
  const auto ran = on_node({"clear-fault", "web"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("web: had no fault"));
  EXPECT_EQ(on_node({"clear-fault", "nothing"}).exit, 3);
}

TEST_F(Node, GcKeepsWhatRunsAndWhereRollbackGoes) {
  const auto ran = on_node({"gc", "--json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(on_node({"rollback", "web"}).exit, 0);
  EXPECT_EQ(box_.run({"gc", "--root", "elsewhere"}).exit, 3);
}

TEST_F(Node, VerifyFindsAnAlteredTree) {
  const Args args{"verify", "node/apps/web/current", "--trust", "key.pem.pub"};
  EXPECT_EQ(box_.run(args).exit, 0);
  fs::path victim;
  for (const auto& item : fs::recursive_directory_iterator(box_ / "node/apps/web/current/")) {
    if (item.is_regular_file() && item.path().string().find(".roost") == std::string::npos) {
      victim = item.path();
    }
  }
  fs::permissions(victim, fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(victim, std::ios::app) << "x";
  const auto ran = box_.run(args);
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.out, HasSubstr(victim.filename().string()));
  box_.run({"keygen", "--out", "other.pem"});
  EXPECT_EQ(box_.run({"verify", "node/apps/web/current", "--trust", "other.pem.pub"}).exit, 6);
  EXPECT_EQ(box_.run({"verify", "build-output", "--trust", "key.pem.pub"}).exit, 3);
}

TEST_F(Node, InspectReadsDescriptorIndexAndImage) {
  const auto descriptor = fs::canonical(box_ / "node/apps/web/current") / ".roost/descriptor.json";
  const auto good = box_.run({"inspect", descriptor.string(), "--trust", "key.pem.pub", "--json"});
  ASSERT_EQ(good.exit, 0) << good.err;
  EXPECT_EQ(json_field(good.last_line(), "/kind"), "descriptor");
  EXPECT_EQ(json_field(good.last_line(), "/payload/release"), "web@1.1.0");
  const auto index = image_of("index");
  const auto entries = box_.run({"inspect", index.string(), "--entries"});
  EXPECT_EQ(entries.exit, 0) << entries.err;
  EXPECT_THAT(entries.out, HasSubstr("dir-1/file-1"));
  const auto image = index.parent_path() / "image";
  const auto whole = box_.run({"inspect", image.string(), "--index", index.string()});
  EXPECT_EQ(whole.exit, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("all good"));
}

TEST_F(Node, InspectRefusesWhatWasAltered) {
  const auto descriptor = fs::canonical(box_ / "node/apps/web/current") / ".roost/descriptor.json";
  auto text = read_file(descriptor);
  text[text.find("\"sig\"") + 10] ^= 1;
  write_file(box_ / "descriptor.json", text);
  EXPECT_EQ(box_.run({"inspect", "descriptor.json", "--trust", "key.pem.pub"}).exit, 6);
  const auto index = image_of("index");
  auto bytes = read_file(index);
  bytes[bytes.size() / 2] ^= 1;
  write_file(box_ / "index", bytes);
  EXPECT_EQ(box_.run({"inspect", "index"}).exit, 6);
  auto image = read_file(index.parent_path() / "image");
  image[image.size() / 2] ^= 1;
  write_file(box_ / "image", image);
  EXPECT_EQ(box_.run({"inspect", "image", "--index", index.string()}).exit, 6);
  write_file(box_ / "other", "hello");
  EXPECT_EQ(box_.run({"inspect", "other"}).exit, 6);
  EXPECT_EQ(box_.run({"inspect", "missing"}).exit, 3);
  EXPECT_EQ(box_.run({"inspect", "."}).exit, 2);
}

TEST(Fetch, RefusesBadArgumentsAndUnknownReleases) {
  Sandbox box;
  box.publish("web@1.0.0");
  for (const char* what : {"web", "web@", "web/..", "a@b@c"}) {
    EXPECT_EQ(box.run(box.fetch(what)).exit, 2) << what;
  }
  EXPECT_EQ(box.run(box.fetch("web@9.0.0")).exit, 3);
  EXPECT_EQ(box.run(box.fetch("web/nothing")).exit, 3);
  EXPECT_EQ(box.run(box.fetch("other@1.0.0")).exit, 3);
}

TEST(Fetch, RefusesAReleaseThatNoTrustedKeySigned) {
  Sandbox box;
  box.publish("web@1.0.0");
  box.run({"keygen", "--out", "other.pem"});
  auto args = box.fetch("web@1.0.0");
  args.back() = "other.pem.pub";
  const auto ran = box.run(args);
  EXPECT_EQ(ran.exit, 6);
  EXPECT_FALSE(fs::exists(box / "node/apps/web/current"));
}

TEST(Fetch, TimeoutExitsSeven) {
  Sandbox box;
  // Registered, but its publisher is gone, so nobody has it.
  ASSERT_EQ(box.run({"publish", "build-output", "--release", "web@1.0.0", "--tracker",
                     box.tracker(), "--key", "key.pem", "--seed-for", "0s"})
                .exit,
            0);
  auto args = box.fetch("web@1.0.0");
  args.insert(args.end(), {"--timeout", "1s"});
  const auto ran = box.run(args);
  EXPECT_EQ(ran.exit, 7) << ran.err;
}

TEST(Fetch, FullDiskIsNamedAndLeavesNoHalfRelease) {
  Sandbox box;
  write_file(box / "build-output/large", random_bytes(6U << 20, 5));
  box.publish("web@1.0.0");
  fs::create_directory(box / "small");
  const auto options =
      with_small_disk(box.options(box.fetch("web@1.0.0", "small/node")), box / "small", "4m");
  if (!options) GTEST_SKIP() << "this machine forbids mounts";
  const auto ran = run_roost(*options);
  EXPECT_EQ(ran.exit, 1) << ran.err;
  EXPECT_THAT(ran.err, testing::AnyOf(HasSubstr("space"), HasSubstr("bytes")));
}

TEST(Fetch, ReadOnlyRootIsNamed) {
  Sandbox box;
  box.publish("web@1.0.0");
  const auto ran = run_roost(unprivileged(box.options(box.fetch("web@1.0.0"))));
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("node"));
}

TEST(Peer, FollowsAChannelUntilItIsStopped) {
  Sandbox box;
  box.publish("web@1.0.0");
  const Args args{"peer",    "--root",      "node",     "--tracker", box.tracker(),
                  "--trust", "key.pem.pub", "--follow", "web/prod"};
  auto peer = box.start(args);
  const auto current = box / "node/apps/web/current";
  ASSERT_TRUE(wait_until(30s, [&] { return fs::exists(current); })) << peer.log();
  EXPECT_THAT(differences(box / "build-output", current), IsEmpty());

  const auto second = box.run(args);
  EXPECT_EQ(second.exit, 5);
  EXPECT_THAT(second.err, HasSubstr(std::to_string(peer.child().pid())));

  const auto asked = box.run({"status", "--root", "node", "--json"});
  EXPECT_EQ(asked.exit, 0) << asked.err;
  EXPECT_EQ(json_field(asked.last_line(), "/apps/0/name"), "web");
  EXPECT_EQ(peer.stop(SIGINT, 2s), 130);
}

TEST(Peer, StagesOnlyWhenAskedTo) {
  Sandbox box;
  box.publish("web@1.0.0");
  auto peer = box.start({"peer", "--root", "node", "--tracker", box.tracker(), "--trust",
                         "key.pem.pub", "--follow", "web/prod", "--stage-only"});
  const auto staged = [&] {
    const auto ran = box.run({"status", "--root", "node", "--json"});
    return ran.exit == 0 && ran.last_line().find("\"staged_at\"") != std::string::npos;
  };
  ASSERT_TRUE(wait_until(30s, staged)) << peer.log();
  EXPECT_FALSE(fs::exists(box / "node/apps/web/current"));
  EXPECT_EQ(box.run({"activate", "web", "1.0.0", "--root", "node"}).exit, 0);
  EXPECT_TRUE(fs::exists(box / "node/apps/web/current"));
  EXPECT_EQ(peer.stop(SIGTERM), 0);
}

TEST(Peer, RefusesBadArguments) {
  Sandbox box;
  const Args start{"peer", "--root", "node", "--tracker", box.tracker(), "--trust", "key.pem.pub"};
  const auto with = [&](const Args& more) {
    auto args = start;
    args.insert(args.end(), more.begin(), more.end());
    return box.run(args).exit;
  };
  EXPECT_EQ(with({}), 2);
  EXPECT_EQ(with({"--follow", "web"}), 2);
  EXPECT_EQ(with({"--follow", "web/prod", "--follow", "web/canary"}), 2);
  EXPECT_EQ(with({"--follow", "web/prod", "--listen", "nowhere"}), 2);
  EXPECT_EQ(with({"--follow", "web/prod", "--upload-limit", "fast"}), 2);
}

}  // namespace
}  // namespace roost::test
