// --peer-ca, --peer-cert, --peer-key: TLS between peers, as docs/protocol.md sets it up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/sandbox.hpp"

namespace roost::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

// The commands of docs/protocol.md, as they stand there.
std::string documented_commands() {
  const auto text = read_file(ROOST_SOURCE_DIR "/docs/protocol.md");
  const std::string start = "```sh peer_certificates\n";
  const auto begin = text.find(start);
  if (begin == std::string::npos) throw std::runtime_error("docs/protocol.md has no such block");
  return text.substr(begin + start.size(), text.find("```", begin + 3) - begin - start.size());
}

class PeerTls : public testing::Test {
 protected:
  PeerTls() {
    ChildOptions options;
    options.argv = {"sh", "-e", "-c", documented_commands()};
    options.directory = box_.path();
    const auto made = run_child(options, Deadline::in(30s));
    if (made.exit.status != 0) throw std::runtime_error(made.err);
  }

  static Args with(Args args, const Args& more) {
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  Sandbox box_;
  const Args tls_{"--peer-ca",   "peers-ca.pem", "--peer-cert",
                  "node-17.pem", "--peer-key",   "node-17.key"};
};

TEST_F(PeerTls, CarriesAReleaseFromPublisherToSeederToNode) {
  const auto seeder = box_.start(
      with({"seeder", "--data", "tls-seeder", "--tracker", box_.tracker(), "--api", "127.0.0.1:0"},
           tls_));
  const auto published = box_.run(
      with({"publish", "build-output", "--release", "web@1.0.0", "--channel", "prod", "--tracker",
            box_.tracker(), "--key", "key.pem", "--seeder", seeder.field("api")},
           tls_));
  ASSERT_EQ(published.exit, 0) << published.err;
  const auto fetched = box_.run(with(box_.fetch("web/prod"), tls_));
  EXPECT_EQ(fetched.exit, 0) << fetched.err;

  const auto bare = box_.run(box_.fetch("web/prod", "bare"));
  EXPECT_EQ(bare.exit, 2);
  EXPECT_THAT(bare.err, HasSubstr("this node has no certificate"));
  EXPECT_THAT(bare.err, HasSubstr("--peer-ca, --peer-cert and --peer-key"));
}

TEST_F(PeerTls, TakesNoReleaseWithoutTls) {
  box_.publish("web@1.0.0");
  const auto ran = box_.run(with(box_.fetch("web/prod"), tls_));
  EXPECT_EQ(ran.exit, 6);
  EXPECT_THAT(ran.err, HasSubstr("it has no TLS, and this node takes no other"));
}

TEST_F(PeerTls, NeedsAllThreeFiles) {
  const auto args = box_.fetch("web/prod");
  const auto one = box_.run(with(args, {"--peer-ca", "peers-ca.pem"}));
  EXPECT_EQ(one.exit, 2);
  EXPECT_THAT(one.err, HasSubstr("are given together"));
  auto missing = with(args, tls_);
  missing.back() = "none.key";
  const auto none = box_.run(missing);
  EXPECT_EQ(none.exit, 3);
  EXPECT_THAT(none.err, HasSubstr("none.key"));
}

TEST_F(PeerTls, NeedsAPrivateKey) {
  fs::permissions(box_ / "node-17.key", fs::perms::others_read, fs::perm_options::add);
  for (const Args& args :
       {box_.fetch("web/prod"), Args{"seeder", "--data", "s", "--tracker", box_.tracker()}}) {
    const auto ran = box_.run(with(args, tls_));
    EXPECT_EQ(ran.exit, 2);
    EXPECT_THAT(ran.err, HasSubstr("group or others may read it"));
    EXPECT_THAT(ran.err, HasSubstr("chmod 600 node-17.key"));
  }
}

TEST_F(PeerTls, IsReadFromEnvironmentAndSettings) {
  write_file(box_ / "node.toml", "peer-ca = \"peers-ca.pem\"\npeer-cert = \"node-17.pem\"\n");
  auto options =
      box_.options({"peer", "--config", "node.toml", "--print-config", "--root", "node",
                    "--tracker", box_.tracker(), "--trust", "key.pem.pub", "--follow", "web/prod"});
  options.env.emplace_back("ROOST_PEER_KEY", "node-17.key");
  const auto ran = run_roost(options);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("peers-ca.pem"));
  EXPECT_THAT(ran.out, HasSubstr("peer-key = \"node-17.key\"  # environment"));
}

}  // namespace
}  // namespace roost::test
