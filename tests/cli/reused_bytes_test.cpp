// What a release did not cost: status, nodes, fetch and the peer's own lines say how many bytes
// came from images that were here, and of which release.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/sandbox.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/trees.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr std::size_t kLarge = 2U << 20;
// Changed in the middle, and more than what comes with the offer.
constexpr std::size_t kChanged = 200'000;
constexpr std::uint64_t kFew = 400'000;  // these bytes, in patches

// A sandbox with web@1.0.0 published, and then web@1.1.0, which differs little.
class ReusedBytes : public testing::Test {
 protected:
  ReusedBytes() {
    write_file(large_, random_bytes(kLarge, 3));
    box_.publish("web@1.0.0");
  }

  void publish_next() {
    auto bytes = random_bytes(kLarge, 3);
    bytes.replace(kLarge / 2, kChanged, random_bytes(kChanged, 4));
    write_file(large_, bytes);
    box_.publish("web@1.1.0");
  }

  json transfer(const std::string& release) const {
    const auto ran = box_.run({"status", "--root", "node", "--json"});
    if (ran.exit != 0) throw std::runtime_error("status: " + ran.err);
    const auto answer = json::parse(ran.last_line());
    for (const auto& transfer : answer.at("daemon").at("transfers")) {
      if (transfer.at("release") == release) return transfer;
    }
    return json::object();
  }

  void await_active(const std::string& release) const {
    json last;
    const auto active = [&] {
      last = transfer(release);
      return last.value("state", "") == "active";
    };
    ASSERT_TRUE(wait_until(30s, active)) << last;
  }

  // `costs`: what a program is told of web@1.1.0, anywhere.
  static void expect_little(const json& costs) {
    const auto received = costs.at("bytes_seeder").get<std::uint64_t>() +
                          costs.at("bytes_peers").get<std::uint64_t>();
    EXPECT_GT(received, 0U);
    EXPECT_LT(received, kFew);
    ASSERT_EQ(costs.at("reused").size(), 1U) << costs;
    EXPECT_GT(costs.at("reused").at("web@1.0.0").get<std::uint64_t>(), kLarge - kFew);
  }

  Sandbox box_;
  std::filesystem::path large_ = box_ / "build-output/large";
};

json staged_line(const std::string& out, const std::string& release) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const auto object = json::parse(line, nullptr, false);
    if (object.is_object() && object.value("type", "") == "staged" &&
        object.at("release") == release) {
      return object;
    }
  }
  return json::object();
}

TEST_F(ReusedBytes, AreNamedByStatusNodesAndThePeerItself) {
  auto peer = box_.start({"peer", "--root", "node", "--tracker", box_.tracker(), "--trust",
                          "key.pem.pub", "--follow", "web/prod"});
  await_active("web@1.0.0");
  publish_next();
  await_active("web@1.1.0");

  expect_little(transfer("web@1.1.0"));
  EXPECT_EQ(transfer("web@1.0.0").at("reused"), json::object());
  EXPECT_EQ(transfer("web@1.0.0").at("state"), "staged") << "another one runs now";
  const auto text = box_.run({"status", "--root", "node"}).out;
  EXPECT_THAT(text, HasSubstr("web@1.1.0: active, received "));
  EXPECT_THAT(
      text.substr(text.find("web@1.1.0: active")),
      MatchesRegex("web@1.1.0: active, received [0-9.]+ KiB \\([0-9.]+ KiB from seeders\\), "
                   "reused [0-9.]+ MiB of web@1.0.0[,\n](.|\n)*"));

  expect_little(staged_line(peer.child().out(), "web@1.1.0"));
  EXPECT_EQ(staged_line(peer.child().out(), "web@1.0.0").at("reused"), json::object());

  for (const char* command : {"nodes", "status"}) {
    std::string table;
    const auto told = [&] {
      table = box_.run({command, "--tracker", box_.tracker()}).out;
      return table.find(" MiB of web@1.0.0") != std::string::npos;
    };
    EXPECT_TRUE(wait_until(30s, told)) << table;
    EXPECT_THAT(table, HasSubstr("REUSED"));
  }
  const auto nodes = box_.run({"nodes", "--tracker", box_.tracker(), "--json"}).out;
  const auto node = json::parse(nodes.substr(0, nodes.find('\n')));
  for (const auto& reported : node.at("transfers")) {
    if (reported.at("release") == "web@1.1.0") expect_little(reported);
  }
}

TEST_F(ReusedBytes, AreWhatFetchDidNotFetch) {
  const auto first = box_.run(box_.fetch("web@1.0.0"));
  EXPECT_THAT(first.out, HasSubstr("received 2."));
  EXPECT_THAT(first.out, Not(HasSubstr("reused")));
  publish_next();

  const auto text = box_.run(box_.fetch("web@1.1.0")).out;
  EXPECT_THAT(text, HasSubstr(" MiB of web@1.0.0, in "));

  auto again = box_.fetch("web@1.1.0", "other");
  box_.run(box_.fetch("web@1.0.0", "other"));
  again.emplace_back("--json");
  expect_little(json::parse(box_.run(again).last_line()));

  // The tree did not wait for the image, but the command did.
  box_.run(box_.fetch("web@1.1.0", "fresh"));
  const auto images = std::filesystem::directory_iterator(box_ / "fresh/images");
  const auto id = std::filesystem::begin(images)->path().filename();
  EXPECT_TRUE(read_file(box_ / "other/images" / id / "image") ==
              read_file(box_ / "fresh/images" / id / "image"));
}

}  // namespace
}  // namespace roost::test
