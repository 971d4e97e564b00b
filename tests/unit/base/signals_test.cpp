#include "core/base/signals.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <semaphore>

namespace roost {
namespace {

using namespace std::chrono_literals;

bool wait_stopped(const std::stop_token& token) {
  std::binary_semaphore stopped{0};
  const std::stop_callback notify(token, [&] { stopped.release(); });
  return stopped.try_acquire_for(10s);
}

// Runs body in a process of its own and gives its exit status.
template <class Body>
int status_of(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    body();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SignalStop, FirstSignalRequestsAStopAndSaysWhich) {
  const SignalStop stop;
  EXPECT_EQ(stop.signal(), 0);
  EXPECT_FALSE(stop.token().stop_requested());
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(wait_stopped(stop.token()));
  EXPECT_EQ(stop.signal(), SIGTERM);
}

TEST(SignalStop, BlocksTheSignalsOnlyWhileItLives) {
  const auto blocked = [] {
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
  };
  {
    const SignalStop stop;
    EXPECT_TRUE(blocked());
  }
  EXPECT_FALSE(blocked());
}

TEST(SignalStop, SecondSignalEndsTheProcessWith130AfterItsLastWords) {
  EXPECT_EQ(status_of([] {
              const SignalStop stop({60s, 60s}, [] { ::_exit(33); });
              ::kill(::getpid(), SIGINT);
              if (!wait_stopped(stop.token())) ::_exit(1);
              ::kill(::getpid(), SIGINT);
              ::pause();
            }),
            33);
  EXPECT_EQ(status_of([] {
              const SignalStop stop({60s, 60s});
              ::kill(::getpid(), SIGINT);
              if (!wait_stopped(stop.token())) ::_exit(1);
              ::kill(::getpid(), SIGTERM);
              ::pause();
            }),
            130);
}

TEST(SignalStop, EndOfTheGraceEndsTheProcessWith130) {
  EXPECT_EQ(status_of([] {
              const SignalStop stop({10ms, 60s});
              ::kill(::getpid(), SIGINT);
              ::pause();
            }),
            130);
}

}  // namespace
}  // namespace roost
