// The page at /: what this tracker has, for a person with a browser. Plain
// HTML, no scripts, nothing loaded from anywhere; every value is escaped. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/proto/report.hpp"
#include "core/proto/summary.hpp"

namespace roost::tracker {

std::string escape_html(std::string_view text);
std::string status_page(const std::vector<proto::ReleaseSummary>& releases,
                        const std::vector<proto::NodeView>& nodes);

}  // namespace roost::tracker
