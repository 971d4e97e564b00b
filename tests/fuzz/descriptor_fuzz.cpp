// Whatever parses as a descriptor serialises to one that parses as the same.
#include "core/release/descriptor.hpp"

#include <cstdlib>

#include "core/base/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roost;
  try {
    const auto descriptor = release::parse_descriptor(BytesView(data, size));
    const std::string text = release::serialise(descriptor);
    if (!(release::parse_descriptor(as_bytes(text)) == descriptor)) std::abort();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) std::abort();
  }
  return 0;
}
