#include "core/base/backoff.hpp"

#include <gtest/gtest.h>

namespace roost {
namespace {

TEST(Backoff, DoublesWithJitterUpToItsLimit) {
  using namespace std::chrono_literals;
  std::mt19937_64 rng(1);
  Backoff backoff(100ms, 400ms);
  for (const auto whole : {100ms, 200ms, 400ms, 400ms}) {
    const auto wait = backoff.next(rng);
    EXPECT_GE(wait, whole / 2);
    EXPECT_LE(wait, whole);
  }
  backoff.reset();
  EXPECT_LE(backoff.next(rng), 100ms);
}

}  // namespace
}  // namespace roost
