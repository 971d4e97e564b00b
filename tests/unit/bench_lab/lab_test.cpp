#include "bench/lab/lab.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace roost::bench {
namespace {

using std::chrono::seconds;

class LabNetwork : public testing::Test {
 protected:
  void SetUp() override {
    const std::string problem = lab_problem();
    if (!problem.empty()) GTEST_SKIP() << "no lab here: " << problem;
  }
};

LabSpec equal(std::size_t hosts, std::uint64_t rate) {
  LabSpec spec;
  spec.hosts.assign(hosts, LabHost{rate, rate, 0});
  return spec;
}

ChildOptions program(std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = std::move(argv);
  return options;
}

std::vector<std::string> traces() {
  std::vector<std::string> found;
  for (const char* directory : {"/run/netns", "/run/roost-lab"}) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
      const std::string name = entry.path().filename();
      if (name.find("roostlab-" + std::to_string(::getpid()) + "-") == 0 ||
          name.find(std::to_string(::getpid()) + "-") == 0) {
        found.push_back(name);
      }
    }
  }
  return found;
}

TEST_F(LabNetwork, LeavesNothingBehind) {
  {
    Lab lab(equal(3, 50'000'000));
    EXPECT_EQ(traces().size(), 5U);  // three hosts, the switch, the record
  }
  EXPECT_THAT(traces(), testing::IsEmpty());
}

TEST_F(LabNetwork, RunsAProgramOnAHost) {
  Lab lab(equal(2, 0));
  const auto done = run_child(lab.on(1, program({"ip", "-o", "addr", "show", "eth0"})),
                              Deadline::in(seconds(10)));
  EXPECT_THAT(done.out, testing::HasSubstr(lab.address(1) + "/16 brd " + lab.broadcast()));
  Child child(lab.on(1, program({"sleep", "60"})));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(Deadline::in(seconds(10))), (ChildExit{128 + SIGTERM, SIGTERM}));
}

TEST_F(LabNetwork, HoldsItsRates) {
  Lab lab(equal(3, 50'000'000));
  const double share = 1448.0 / 1514.0;  // payload of a full frame
  for (const double goodput : lab.calibrate({0, 1, 2}, {})) {
    EXPECT_NEAR(goodput * 8, 50e6 * share, 5e6);
  }
  lab.set_rate(0, 12'000'000, 12'000'000);
  EXPECT_NEAR(lab.calibrate_pair(0, 1, {}) * 8, 12e6 * share, 1.2e6);
  EXPECT_NEAR(lab.calibrate_pair(1, 0, {}) * 8, 12e6 * share, 1.2e6);
}

}  // namespace
}  // namespace roost::bench
