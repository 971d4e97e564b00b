// A stream cut anywhere gives the same events as the whole, and what is read
// can be written and read again.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/net/sse_parser.hpp"

namespace {

using roost::net::SseEvent;

std::vector<SseEvent> parse(std::string_view text, std::size_t step) {
  roost::net::SseParser parser(1U << 16);
  std::vector<SseEvent> events;
  try {
    for (std::size_t at = 0; at < text.size(); at += step) {
      parser.feed(text.substr(at, step));
      while (auto event = parser.next()) events.push_back(std::move(*event));
    }
  } catch (const roost::Error&) {
    return {};  // over the bound, wherever it was cut
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = parse(text, text.size() + 1);
  if (parse(text, data[0] % 16U + 1) != whole) std::abort();
  for (const auto& event : whole) {
    if (parse(roost::net::format_sse(event), 7) != std::vector<SseEvent>{event}) std::abort();
  }
  return 0;
}
