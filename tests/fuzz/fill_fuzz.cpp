// Bytes choose images, what is wrong with them and how reads fail (tests/unit/release/
// fill_scenario.hpp): nothing makes fill_image claim a byte that is wrong.
#include <cstdio>
#include <cstdlib>

#include "tests/unit/release/fill_scenario.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto broken = roost::release::test::FillScenario({data, size}).broken();
  if (!broken.empty()) {
    std::fprintf(stderr, "%s\n", broken.c_str());
    std::abort();
  }
  return 0;
}
