#include "bench/lab/host_cpu.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/base/process.hpp"
#include "tests/support/wait.hpp"

namespace roost::bench {
namespace {

using std::chrono::seconds;

ChildOptions shell(const std::string& script) {
  ChildOptions options;
  options.argv = {"sh", "-c", script};
  return options;
}

TEST(HostCpu, IsAShareOfWhatPassed) {
  const HostCpu before = HostCpu::now();
  EXPECT_EQ(before.busy_since(before), 0);
  Child busy(shell("while :; do :; done"));
  HostCpu after = before;
  ASSERT_TRUE(test::wait_until(seconds(10), [&] {
    after = HostCpu::now();
    return after.busy_since(before) > 0;
  }));
  EXPECT_LE(after.busy_since(before), 1);
}

TEST(ProcessStat, TellsTheCostOfALivingProcessAndOfItsEndedChildren) {
  Child parent(shell("timeout 0.3 sh -c 'while :; do :; done'; exec sleep 60"));
  double cpu = 0;
  ASSERT_TRUE(test::wait_until(seconds(20), [&] {
    const auto now = process_stat(parent.pid());
    if (now) cpu = now->cpu_s;
    return cpu > 0.02;
  }));
  EXPECT_LT(cpu, 5);
}

TEST(ProcessStat, NamesAProcessByItsStart) {
  Child child(shell("exec sleep 60"));
  const auto first = process_stat(child.pid());
  ASSERT_TRUE(first);
  EXPECT_GT(first->start_time, 0U);
  EXPECT_GE(first->start_time, process_stat(::getpid())->start_time);
  EXPECT_EQ(process_stat(child.pid())->start_time, first->start_time);
  const pid_t pid = child.pid();
  child.kill();
  EXPECT_FALSE(process_stat(pid));
}

}  // namespace
}  // namespace roost::bench
