// Whatever parses as a statement serialises to one that parses as the same.
#include "core/release/statement.hpp"

#include <cstdlib>

#include "core/base/error.hpp"

namespace {

using namespace roost;

template <class Parse>
void round_trip(Parse parse, BytesView input) {
  try {
    const auto statement = parse(input);
    const std::string text = release::serialise(statement);
    if (!(parse(as_bytes(text)) == statement)) std::abort();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  round_trip(release::parse_channel_statement, {data, size});
  round_trip(release::parse_unpublish_statement, {data, size});
  return 0;
}
