// Whatever decodes has one encoding: the bytes it was decoded from.
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/proto/bencode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roost;
  const BytesView input(data, size);
  try {
    if (proto::bencode(proto::bdecode(input)) != as_text(input)) std::abort();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) std::abort();
  }
  return 0;
}
