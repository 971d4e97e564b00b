// --zone: the rack, datacentre or region that this machine is in.
//
// An immutable value made by the option parser; throws Error{usage}.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/proto/report.hpp"

namespace roost::cli {

struct Zone {
  std::string name;  // empty: not told

  static Zone parse(std::string_view text) {
    if (proto::is_zone(text)) return {std::string(text)};
    throw Error(Errc::usage, "parse zone '" + std::string(text) + "': not a zone's name",
                "use at most 64 of A-Z a-z 0-9 . _ -");
  }
};

}  // namespace roost::cli
