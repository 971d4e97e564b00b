// The first byte chooses a message of the tracker's API, the rest is its text.
// What parses is written, parsed and written again: both texts are equal.
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/proto/api.hpp"

namespace {

using namespace roost;

template <auto Parse>
void check(std::string_view text) {
  try {
    const std::string once = to_json(Parse(text));
    if (to_json(Parse(once)) != once) std::abort();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity && error.code() != Errc::usage) std::abort();
  }
}

void check_events(std::string_view text) {
  try {
    proto::parse_event_batch(text);
  } catch (const Error&) {
  }
  proto::parse_api_error(404, text);
}

constexpr void (*kChecks[])(std::string_view) = {check<proto::parse_registration>,
                                                 check<proto::parse_registration_result>,
                                                 check<proto::parse_name_state>,
                                                 check<proto::parse_channel_info>,
                                                 check<proto::parse_release_offer>,
                                                 check<proto::parse_release_summary>,
                                                 check<proto::parse_release_list>,
                                                 check<proto::parse_node_report>,
                                                 check<proto::parse_node_list>,
                                                 check<proto::parse_unpublish_notice>,
                                                 check_events};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kChecks[data[0] % std::size(kChecks)](as_text({data + 1, size - 1}));
  return 0;
}
