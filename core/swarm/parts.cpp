#include "core/swarm/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.hpp"

namespace roost::swarm {

const std::vector<std::string_view>& part_names() {
  static const std::vector<std::string_view> names{
      "revealing",        "slow-start",      "flight-limit",   "window-growth",     "reveal-again",
      "served-limit",     "fed-limit",       "request-depth",  "request-deadlines", "idle-offers",
      "asked-once",       "immediate-dials", "no-delay",       "disk-back-end",     "zone-sharing",
      "fast-connect",     "kept-links",      "short-timeouts", "unchoke-all",       "short-queues",
      "have-suppression", "strict-end-game", "send-buffer",    "short-ticks",       "rarest-first",
      "tracker-timing",   "inline-index",    "degree-limit"};
  return names;
}

Part parse_part(std::string_view name) {
  const auto& names = part_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw Error(Errc::usage, fmt::format("find part '{}': unknown", name),
                fmt::format("one of {}", fmt::join(names, ", ")));
  }
  return static_cast<Part>(found - names.begin());
}

}  // namespace roost::swarm
