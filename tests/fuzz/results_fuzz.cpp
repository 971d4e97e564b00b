// A result file that parses is written, parsed and written again: both texts are equal. A page can
// be made of it, and compared with itself it is neither better nor worse.
#include <array>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "bench/report/compare.hpp"
#include "bench/report/page.hpp"
#include "core/base/bytes.hpp"
#include "core/base/error.hpp"

namespace {

using namespace roost;
using namespace roost::bench;

void report(ResultFile file) {
  const Dataset data({{.file = "fuzz.json",
                       .machine = std::move(file.machine),
                       .command = std::move(file.command),
                       .started = std::move(file.started),
                       .skipped = std::move(file.skipped)}},
                     std::move(file.runs));
  const auto misses = missed(std::array{Threshold::parse("ratio_last<1.15")}, data.summaries());
  if (!html_page(data, misses).ends_with("</html>\n")) std::abort();
  const auto changes = compare(data.summaries(), data.summaries());
  if (changes.count(Verdict::better) + changes.count(Verdict::worse) > 0) std::abort();
}

template <auto Parse>
void check(std::string_view text) {
  try {
    auto parsed = Parse(text);
    const std::string once = to_json(parsed);
    if (to_json(Parse(once)) != once) std::abort();
    if constexpr (std::is_same_v<decltype(parsed), ResultFile>) report(std::move(parsed));
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  check<parse_results>(text);
  check<parse_run>(text);
  return 0;
}
