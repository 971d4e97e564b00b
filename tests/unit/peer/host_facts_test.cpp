// What is read of this machine: its interfaces and this process's threads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "peer/host_link.hpp"
#include "peer/own_threads.hpp"
#include "tests/support/wait.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

constexpr const char* kNetDev =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
    "    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0\n"
    "  eth0: 1500 3 0 0 0 0 0 0 700 2 0 0 0 0 0 0\n"
    "wlan0:12 1 0 0 0 0 0 0 34 1 0 0 0 0 0 0\n"
    "broken: 1 2 3\n";

TEST(HostLink, ReadsReceivedAndSentOfEachInterfaceButTheLoopback) {
  const auto interfaces = parse_net_dev(kNetDev);
  ASSERT_EQ(interfaces.size(), 2U);
  EXPECT_EQ(interfaces.at("eth0").in, 1500U);
  EXPECT_EQ(interfaces.at("eth0").out, 700U);
  EXPECT_EQ(interfaces.at("wlan0").in, 12U);
  EXPECT_EQ(interfaces.at("wlan0").out, 34U);
  EXPECT_TRUE(parse_net_dev("").empty());
  EXPECT_TRUE(parse_net_dev(":\n: :\n:::1 2\n").empty());
}

TEST(OwnThreads, TellsWhoSpinsFromWhoSleeps) {
  std::atomic<int> spinner = 0;
  std::jthread spins([&](const std::stop_token& stop) {
    spinner = ::gettid();
    while (!stop.stop_requested()) {
    }
  });
  OwnThreads threads;
  ASSERT_TRUE(test::wait_until(10s, [&] { return spinner != 0; }));
  threads.look(std::chrono::steady_clock::now());
  // Running or runnable all the time, however busy the machine is.
  const bool busy = test::wait_until(20s, [&] {
    const auto uses = threads.look(std::chrono::steady_clock::now());
    const auto found = uses.find(spinner);
    return found != uses.end() && found->second.busy > 0.7 && !threads.blocked(spinner);
  });
  EXPECT_TRUE(busy);
  spins.request_stop();
  spins.join();
  EXPECT_TRUE(test::wait_until(
      10s, [&] { return !threads.look(std::chrono::steady_clock::now()).contains(spinner); }));
}

}  // namespace
}  // namespace roost::peer
