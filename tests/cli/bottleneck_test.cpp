// Why slow: each cause is made for real, and the node that suffers from it names it. The
// causes are so strong that a busy machine changes no verdict; nobody's speed is judged.
#include <gmock/gmock.h>
#include <sched.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/cli/fleet.hpp"
#include "tests/support/wait.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Of the staged line: the verdict and the shares, which have to agree.
std::string verdict(FleetNode& node) {
  const auto staged = node.line("staged");
  const auto& shares = staged.at("shares");
  double sum = 0;
  double most = 0;
  for (const auto& [cause, share] : shares.items()) {
    sum += share.get<double>();
    most = std::max(most, share.get<double>());
  }
  EXPECT_NEAR(sum, 1, 1e-6) << staged;
  const auto bound_by = staged.at("bound_by").get<std::string>();
  EXPECT_EQ(shares.at(bound_by).get<double>(), most) << staged;
  EXPECT_EQ(node.status().at("bound_by"), bound_by);
  EXPECT_THAT(node.status_text(), HasSubstr("bound by " + bound_by));
  std::printf("%s: %s\n", node.root().c_str(), shares.dump().c_str());
  return bound_by;
}

// Keeps up a cause for longer than all the rest can take; the running daemon has to name it.
void hold_up(FleetNode& node, const std::string& cause) {
  const auto long_enough = Deadline::in(8s);
  nlohmann::json last;
  const bool came = wait_until(1min, [&] {
    last = node.status();
    return long_enough.expired() && last.is_object() && last.at("bound_by") == cause;
  });
  ASSERT_TRUE(came) << last;
}

void await_first_piece(const FleetNode& node) {
  ASSERT_TRUE(wait_until(1min, [&] {
    const auto now = node.status();
    return now.is_object() && now.at("pieces") > 0;
  })) << node.status_text();
}

TEST(BoundBy, NamesOwnDownlink) {
  Fleet fleet(3);
  auto node = fleet.start_node({"--download-limit", "8Mbit"});
  auto other = fleet.start_node();
  const auto publisher = fleet.publish();
  EXPECT_EQ(verdict(node), "own downlink");
}

TEST(BoundBy, NamesOwnUplink) {
  Fleet fleet(3);
  std::vector<FleetNode> nodes;
  for (int i = 0; i < 4; ++i) nodes.push_back(fleet.start_node({"--upload-limit", "2Mbit"}));
  const auto publisher = fleet.publish({"--upload-limit", "12Mbit"});
  for (auto& node : nodes) EXPECT_EQ(verdict(node), "own uplink");
}

TEST(BoundBy, NamesTheSeeder) {
  Fleet fleet(3);
  std::vector<FleetNode> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back(fleet.start_node());
  const auto publisher = fleet.publish({"--upload-limit", "8Mbit"});
  for (auto& node : nodes) EXPECT_EQ(verdict(node), "seeder");
  const auto all_tell = [&] {
    const auto table = fleet.box().run({"nodes", "--tracker", fleet.tracker()}).out;
    std::size_t told = 0;
    for (auto at = table.find("  seeder "); at != std::string::npos;
         at = table.find("  seeder ", at + 1)) {
      ++told;
    }
    return told == nodes.size();
  };
  EXPECT_TRUE(wait_until(30s, all_tell));
}

TEST(BoundBy, NamesPeers) {
  Fleet fleet(3);
  auto first = fleet.start_node({"--upload-limit", "8Mbit"});
  auto publisher = fleet.publish();
  first.line("activated");
  publisher.reset();
  auto second = fleet.start_node();
  EXPECT_EQ(verdict(second), "peers");
}

TEST(BoundBy, NamesALackOfPieces) {
  Fleet fleet(3);
  auto node = fleet.start_node();
  auto publisher = fleet.publish({"--upload-limit", "8Mbit"});
  await_first_piece(node);
  publisher.reset();
  hold_up(node, "starved of pieces");
  publisher = fleet.publish();
  EXPECT_EQ(verdict(node), "starved of pieces");
}

// One that we may use.
std::string some_cpu() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  int cpu = 0;
  while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &allowed)) ++cpu;
  return std::to_string(cpu);
}

TEST(BoundBy, NamesTheCpu) {
  Fleet fleet(12);
  const auto cpu = some_cpu();
  std::vector<Child> spinners;
  ChildOptions spin;
  spin.argv = {"taskset", "-c", cpu, "sh", "-c", "while :; do :; done"};
  for (int i = 0; i < 4; ++i) spinners.emplace_back(spin);
  auto node = fleet.start_node({}, under({"nice", "-n", "10", "taskset", "-c", cpu}));
  const auto publisher = fleet.publish();
  EXPECT_EQ(verdict(node), "CPU");
}

// A file system of its own, in a file, that can be held up.
class FrozenDisk {
 public:
  explicit FrozenDisk(const std::filesystem::path& where) : directory_(where / "disk") {
    std::filesystem::create_directory(directory_);
    const auto image = (where / "disk.img").string();
    const auto ran = shell("truncate -s 8G " + image + " && mkfs.ext4 -q " + image +
                           " && mount -o loop " + image + " " + directory_.string());
    mounted_ = ran.exit.status == 0;
    if (!mounted_) problem_ = ran.err;
  }
  ~FrozenDisk() {
    thaw();
    if (mounted_) shell("umount -l " + directory_.string());
  }
  FrozenDisk(const FrozenDisk&) = delete;
  FrozenDisk& operator=(const FrozenDisk&) = delete;

  const std::string& problem() const { return problem_; }  // empty: it is there
  void freeze() { frozen_ = shell("fsfreeze -f " + directory_.string()).exit.status == 0; }
  void thaw() {
    if (std::exchange(frozen_, false)) shell("fsfreeze -u " + directory_.string());
  }
  bool frozen() const { return frozen_; }

 private:
  static Finished shell(const std::string& command) {
    ChildOptions options;
    options.argv = {"sh", "-c", command};
    return run_child(options, Deadline::in(30s));
  }

  std::filesystem::path directory_;
  std::string problem_;
  bool mounted_ = false;
  bool frozen_ = false;
};

TEST(BoundBy, NamesTheDisk) {
  Fleet fleet(3);
  FrozenDisk disk(fleet.box().path());
  if (!disk.problem().empty()) GTEST_SKIP() << "no disk of its own here: " << disk.problem();
  auto node = fleet.start_node({}, {}, "disk/node");
  const auto publisher = fleet.publish({"--upload-limit", "8Mbit"});
  await_first_piece(node);
  disk.freeze();
  ASSERT_TRUE(disk.frozen());
  hold_up(node, "disk");
  disk.thaw();
  EXPECT_EQ(verdict(node), "disk");
}

// The same without a word of limits: links of hosts in a lab.
class BoundByLink : public testing::Test {
 protected:
  void SetUp() override {
    const auto problem = bench::lab_problem();
    if (!problem.empty()) GTEST_SKIP() << "no lab here: " << problem;
  }

  static bench::LabHost link(unsigned up_mbit, unsigned down_mbit) {
    return {up_mbit * 1'000'000ULL, down_mbit * 1'000'000ULL, 0};
  }
  // With a tracker on a link of its own.
  static bench::LabSpec lab(std::vector<bench::LabHost> publisher_and_nodes) {
    bench::LabSpec spec{{bench::LabHost{}}, std::nullopt};
    spec.hosts.insert(spec.hosts.end(), publisher_and_nodes.begin(), publisher_and_nodes.end());
    return spec;
  }
};

TEST_F(BoundByLink, NamesOwnDownlink) {
  const bench::Lab lab(BoundByLink::lab({link(32, 32), link(32, 8), link(32, 32), link(32, 32)}));
  Fleet fleet(4, &lab);
  auto slow = fleet.start_node();
  auto second = fleet.start_node();
  auto third = fleet.start_node();
  const auto publisher = fleet.publish();
  EXPECT_EQ(verdict(slow), "own downlink");
}

TEST_F(BoundByLink, NamesOwnUplink) {
  std::vector<bench::LabHost> hosts(5, link(2, 32));
  hosts[0] = link(12, 32);
  const bench::Lab lab(BoundByLink::lab(hosts));
  Fleet fleet(4, &lab);
  std::vector<FleetNode> nodes;
  for (int i = 0; i < 4; ++i) nodes.push_back(fleet.start_node());
  const auto publisher = fleet.publish();
  for (auto& node : nodes) EXPECT_EQ(verdict(node), "own uplink");
}

TEST_F(BoundByLink, NamesTheSeeder) {
  std::vector<bench::LabHost> hosts(4, link(32, 32));
  hosts[0] = link(8, 32);
  const bench::Lab lab(BoundByLink::lab(hosts));
  Fleet fleet(4, &lab);
  std::vector<FleetNode> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back(fleet.start_node());
  const auto publisher = fleet.publish();
  for (auto& node : nodes) EXPECT_EQ(verdict(node), "seeder");
}

}  // namespace
}  // namespace roost::test
