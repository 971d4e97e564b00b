// Whatever parses as an envelope survives being written and read again.
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roost;
  try {
    const auto envelope = crypto::parse_envelope(as_text({data, size}));
    if (crypto::parse_envelope(crypto::serialise(envelope)) != envelope) std::abort();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) std::abort();
  }
  return 0;
}
