// Bytes choose two releases, an edit and what is wrong with the patches between them
// (tests/unit/release/patch_scenario.hpp); or, behind a 'P', they are the file of patches
// itself. Nothing makes a wrong byte count as a chunk, or anything but Error{integrity} come out.
#include <cstdio>
#include <cstdlib>

#include "tests/unit/release/patch_scenario.hpp"

namespace {

// What file inputs are read against: two files of several chunks, each altered.
constexpr std::uint8_t kTame[] = {1,  3, 90, 1,  0, 120, 2, 0, 60, 3, 0, 200, 4,
                                  0,  2, 80, 5,  0, 255, 6, 1, 70, 0, 0, 0,   1,
                                  99, 2, 50, 20, 0, 3,   9, 9, 0,  1, 7};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using roost::release::test::PatchScenario;
  std::string broken;
  if (size > 0 && data[0] == 'P') {
    PatchScenario scenario(kTame);
    broken = scenario.broken_by({reinterpret_cast<const char*>(data + 1), size - 1});
  } else {
    broken = PatchScenario({data, size}).broken();
  }
  if (!broken.empty()) {
    std::fprintf(stderr, "%s\n", broken.c_str());
    std::abort();
  }
  return 0;
}
