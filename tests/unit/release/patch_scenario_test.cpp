// Whatever two releases hold, and whatever becomes of patches and base, no wrong byte counts.
#include "tests/unit/release/patch_scenario.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace roost::release {
namespace {

TEST(PatchScenario, NothingMakesAWrongByteCount) {
  EXPECT_TRUE(rc::check([] {
    const auto choices =
        *rc::gen::resize(400, rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()));
    RC_ASSERT(test::PatchScenario(choices).broken() == "");
  }));
}

}  // namespace
}  // namespace roost::release
