#include "bench/lab/lab.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include <filesystem>

#include "bench/lab/namespaces.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "tests/support/wait.hpp"

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

// What is there of labs that this process, or another, made.
std::vector<std::string> traces(pid_t maker) {
  std::vector<std::string> found;
  const std::string id = std::to_string(maker) + "-";
  for (const char* directory : {"/run/netns", "/run/roost-lab"}) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("roostlab-" + id) || name.starts_with(id)) found.push_back(name);
    }
  }
  return found;
}

std::string place(const Lab& lab, std::size_t host) {
  return std::filesystem::path(lab.on(host, program({})).argv.at(1)).filename();
}

sockaddr_in endpoint(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  return result;
}

const sockaddr* raw(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

constexpr std::uint16_t kPort = 7000;

// A UDP socket of a host's that waits for ten seconds at most.
UniqueFd datagrams(const Lab& lab, std::size_t host, const std::string& bound) {
  UniqueFd fd;
  in_namespace(place(lab, host), [&] {
    fd.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const timeval limit{10, 0};
    const int yes = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
    const auto here = endpoint(bound, kPort);
    if (::bind(fd.get(), raw(here), sizeof here) != 0) throw_errno("bind");
  });
  return fd;
}

void send_to(const UniqueFd& fd, const std::string& address, char text) {
  const auto there = endpoint(address, kPort);
  EXPECT_EQ(::sendto(fd.get(), &text, 1, 0, raw(there), sizeof there), 1);
}

char receive(const UniqueFd& fd) {
  char text = 0;
  return ::recv(fd.get(), &text, 1, 0) == 1 ? text : '-';
}

TEST_F(LabNetwork, LeavesNothingBehind) {
  {
    Lab lab(equal(3, 50'000'000));
    EXPECT_EQ(traces(::getpid()).size(), 5U);  // three hosts, the switch, the record
  }
  EXPECT_THAT(traces(::getpid()), testing::IsEmpty());
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

TEST_F(LabNetwork, LeavesNothingBehindWhenItCanNotBeMade) {
  LabSpec spec = equal(2, 50'000'000);
  spec.hosts[1].up = 1;  // so slow that tc refuses it
  EXPECT_THROW(Lab{spec}, Error);
  spec.hosts[1] = {0, 0, 1};
  EXPECT_THROW(Lab{spec}, Error);  // a zone without a trunk
  EXPECT_THAT(traces(::getpid()), testing::IsEmpty());
}

TEST_F(LabNetwork, EndsProgramsThatOutliveIt) {
  std::optional<Lab> lab(std::in_place, equal(1, 0));
  Child child(lab->on(0, program({"sleep", "60"})));
  ASSERT_TRUE(test::wait_until(seconds(10), [&] {
    return std::filesystem::read_symlink(fmt::format("/proc/{}/ns/net", child.pid())) !=
           std::filesystem::read_symlink("/proc/self/ns/net");
  }));
  lab.reset();
  EXPECT_EQ(child.wait(Deadline::in(seconds(10))), (ChildExit{128 + SIGKILL, SIGKILL}));
}

TEST_F(LabNetwork, OfAKilledMakerIsCleanedAndOfALivingOneIsNot) {
  const Lab living(equal(1, 0));
  const auto before = traces(::getpid());
  const pid_t maker = ::fork();
  if (maker == 0) {
    const Lab lab(equal(2, 0));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(maker, &status, 0), maker);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(traces(maker).size(), 4U);
  const std::string id = "roostlab-" + std::to_string(maker) + "-";
  EXPECT_THAT(clean_labs(), testing::Contains(testing::StartsWith(id)));
  EXPECT_THAT(traces(maker), testing::IsEmpty());
  EXPECT_EQ(traces(::getpid()), before);
}

TEST_F(LabNetwork, DoesNotSeeAnotherLab) {
  const Lab first(equal(2, 0));
  const Lab second(equal(3, 0));
  EXPECT_EQ(first.address(1), second.address(1));
  const auto sender = datagrams(first, 0, "0.0.0.0");
  const auto near = datagrams(first, 1, "0.0.0.0");
  const auto far = datagrams(second, 1, "0.0.0.0");
  send_to(sender, first.address(1), 'a');
  EXPECT_EQ(receive(near), 'a');
  char text = 0;
  EXPECT_EQ(::recv(far.get(), &text, 1, MSG_DONTWAIT), -1);
}

TEST_F(LabNetwork, CarriesBroadcastAndMulticastToEveryHostOfBothZones) {
  LabSpec spec = equal(4, 50'000'000);
  spec.trunk = Trunk{100'000'000, 0.002};
  spec.hosts[3].zone = 1;
  const Lab lab(spec);
  const std::string group = "232.10.11.12";
  std::vector<UniqueFd> sockets;
  for (std::size_t i = 0; i < lab.hosts(); ++i) {
    sockets.push_back(datagrams(lab, i, "0.0.0.0"));
    ip_mreqn join{};
    join.imr_multiaddr = endpoint(group, 0).sin_addr;
    join.imr_address = endpoint(lab.address(i), 0).sin_addr;
    ASSERT_EQ(::setsockopt(sockets[i].get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join), 0);
  }
  send_to(sockets[0], group, 'm');
  for (std::size_t i = 0; i < lab.hosts(); ++i) EXPECT_EQ(receive(sockets[i]), 'm') << i;
  send_to(sockets[0], lab.broadcast(), 'b');
  for (std::size_t i = 0; i < lab.hosts(); ++i) EXPECT_EQ(receive(sockets[i]), 'b') << i;
}

TEST_F(LabNetwork, CountsWhatALinkCarried) {
  Lab lab(equal(3, 50'000'000));
  const auto pause = lab.bytes(2);
  const double goodput = lab.calibrate_pair(0, 1, {});
  EXPECT_GT(static_cast<double>(lab.bytes(0).sent), goodput);
  EXPECT_GT(static_cast<double>(lab.bytes(1).received), goodput);
  EXPECT_LT(static_cast<double>(lab.bytes(1).sent), goodput / 10);
  EXPECT_LT(lab.bytes(2).received - pause.received, 10'000U);
  EXPECT_EQ(lab.trunk_bytes(), 0U);
}

class Zones : public LabNetwork {};

TEST_F(Zones, AreOneRoundTripApart) {
  LabSpec spec = equal(3, 50'000'000);
  spec.trunk = Trunk{100'000'000, 0.04};
  spec.hosts[2].zone = 1;
  const Lab lab(spec);
  const auto here = datagrams(lab, 0, "0.0.0.0");
  const auto there = datagrams(lab, 2, "0.0.0.0");
  auto best = std::chrono::duration<double>::max();
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    send_to(here, lab.address(2), 'q');
    ASSERT_EQ(receive(there), 'q');
    send_to(there, lab.address(0), 'a');
    ASSERT_EQ(receive(here), 'a');
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    EXPECT_GE(took.count(), 0.04);
    best = std::min(best, took);
  }
  EXPECT_LT(best.count(), 0.045);
}

TEST_F(Zones, ShareTheTrunksRate) {
  LabSpec spec = equal(4, 50'000'000);
  spec.trunk = Trunk{30'000'000, 0.04};
  spec.hosts[2].zone = spec.hosts[3].zone = 1;
  Lab lab(spec);
  // 0 to 2 and 1 to 3 cross one way, 2 to 1 and 3 to 0 the other.
  const auto goodput = lab.calibrate({0, 2, 1, 3}, {});
  for (const double sum : {goodput[0] + goodput[2], goodput[1] + goodput[3]}) {
    EXPECT_LT(sum * 8, 30e6 * 1.05);
    EXPECT_GT(sum * 8, 30e6 * 0.5);  // two flows over a long link lose at times
  }
  EXPECT_GT(static_cast<double>(lab.trunk_bytes()), 2 * 30e6 / 8);
  const auto before = lab.trunk_bytes();
  lab.calibrate_pair(0, 1, {});  // in one zone
  EXPECT_LT(lab.trunk_bytes() - before, 300'000U);
}

}  // namespace
}  // namespace roost::bench
