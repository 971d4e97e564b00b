// A process that registers releases is killed at random moments, again and
// again; whatever it had acknowledged must be there afterwards, and nothing half.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>
#include <thread>

#include "tests/unit/tracker/sample.hpp"
#include "tracker/registry.hpp"

namespace roost::tracker {
namespace {

sample::Wish wish_number(std::uint64_t number) {
  const auto text = std::to_string(number);
  return {.release = "web@" + text,
          .sequence = number,
          .tree = text,
          .image_size = 20'000,
          .channels = {{"web/prod", number}}};
}

// Registers from `first` on and writes each number to the pipe once its record() has returned.
[[noreturn]] void register_until_killed(const std::filesystem::path& file,
                                        const crypto::SecretKey& key, std::uint64_t first,
                                        int pipe) {
  try {
    Registry registry(file);
    for (auto number = first;; ++number) {
      const auto given = sample::make(key, wish_number(number));
      registry.record(admit(given.registration, {}), 1);
      if (::write(pipe, &number, sizeof number) != sizeof number) ::_exit(3);
    }
  } catch (...) {
    ::_exit(4);
  }
}

// The number that was acknowledged last before the child died, or before.
std::uint64_t last_acknowledged(int pipe, std::uint64_t before) {
  std::uint64_t number = before;
  std::uint64_t read = 0;
  while (::read(pipe, &read, sizeof read) == sizeof read) number = read;
  return number;
}

TEST(RegistryKill, LosesNothingAcknowledged) {
  const sample::TempDir directory;
  const auto file = directory.path() / "registry.db";
  const auto key = crypto::SecretKey::generate();
  std::mt19937 rng{1};
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 25; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::close(ends[0]);
      register_until_killed(file, key, acknowledged + 1, ends[1]);
    }
    ::close(ends[1]);
    // The moment of death is the test's input, not a wait for something.
    std::this_thread::sleep_for(std::chrono::microseconds(500 + rng() % 60'000));
    ::kill(pid, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
    const auto told = last_acknowledged(ends[0], acknowledged);
    ::close(ends[0]);

    Registry registry(file);
    const auto name = registry.name(release::Name::parse("web"));
    const std::uint64_t sequence = name ? name->sequence : 0;
    ASSERT_GE(sequence, told) << "lost what was acknowledged";
    ASSERT_LE(sequence, told + 1) << "one may have been committed and not told";
    for (std::uint64_t number = 1; number <= sequence; ++number) {
      ASSERT_TRUE(registry.release(sample::named("web@" + std::to_string(number)))) << number;
    }
    if (sequence > 0) {
      ASSERT_EQ(registry.channel(sample::channel("web/prod"))->state.version, sequence);
    }
    acknowledged = sequence;
  }
  EXPECT_GT(acknowledged, 5U) << "nothing was registered, so nothing was tested";
}

}  // namespace
}  // namespace roost::tracker
