// Whatever sources hold and however they fail, fill_image claims nothing that is not so.
#include "tests/unit/release/fill_scenario.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace roost::release {
namespace {

TEST(FillScenario, NoSourceMakesAWrongByteCount) {
  EXPECT_TRUE(rc::check([] {
    const auto choices =
        *rc::gen::resize(400, rc::gen::container<Bytes>(rc::gen::arbitrary<std::uint8_t>()));
    RC_ASSERT(test::FillScenario(choices).broken() == "");
  }));
}

}  // namespace
}  // namespace roost::release
