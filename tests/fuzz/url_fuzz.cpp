// A URL that parses is read back from its own text; a query survives rebuilding.
#include <cstdlib>
#include <string_view>

#include "core/base/error.hpp"
#include "core/net/url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace roost::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto url = Url::parse(text);
    if (Url::parse(url.str()) != url) std::abort();
  } catch (const roost::Error&) {
  }
  try {
    const auto query = parse_query(text);
    auto again = parse_query(build_query(query));
    if (again != query) std::abort();
  } catch (const roost::Error&) {
  }
  if (percent_decode(percent_encode(text)) != text) std::abort();
  return 0;
}
