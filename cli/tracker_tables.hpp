// What a tracker tells, as tables for a person and objects for a program. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "cli/output.hpp"
#include "core/proto/report.hpp"
#include "core/proto/summary.hpp"

namespace roost::cli {

Table release_table(const std::vector<proto::ReleaseSummary>& releases);
nlohmann::ordered_json release_json(const proto::ReleaseSummary& release);

// A row for each transfer of each node; one for a node without any.
Table node_table(const std::vector<proto::NodeView>& nodes);
nlohmann::ordered_json node_json(const proto::NodeView& node);

// Seconds since the epoch as "2024-05-01 12:00:00Z".
std::string format_time(std::int64_t seconds);

}  // namespace roost::cli
