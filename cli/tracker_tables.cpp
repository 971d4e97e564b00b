#include "cli/tracker_tables.hpp"

#include <fmt/format.h>

#include <ctime>
#include <nlohmann/json.hpp>

#include "cli/byte_sources.hpp"
#include "core/base/units.hpp"

namespace roost::cli {
namespace {

using nlohmann::ordered_json;

std::string channels_of(const proto::ReleaseSummary& release) {
  std::string result;
  for (const auto& channel : release.channels) {
    result += (result.empty() ? "" : ", ") + channel.str();
  }
  return result.empty() ? "-" : result;
}

std::string nodes_of(const proto::NodeCounts& counts) {
  std::string result;
  const auto add = [&](std::uint32_t count, std::string_view word) {
    if (count > 0) result += fmt::format("{}{} {}", result.empty() ? "" : ", ", count, word);
  };
  add(counts.active, "active");
  add(counts.staged, "staged");
  add(counts.fetching, "fetching");
  add(counts.failed, "failed");
  return result.empty() ? "-" : result;
}

std::string follows_of(const proto::NodeReport& report) {
  std::string result;
  for (const auto& channel : report.follows) {
    result += (result.empty() ? "" : ", ") + channel.str();
  }
  return result.empty() ? "-" : result;
}

std::string state_of(const proto::TransferReport& transfer) {
  std::string result(proto::to_text(transfer.state));
  if (transfer.state == proto::TransferState::fetching && transfer.pieces_total > 0) {
    result += fmt::format(" {}%", transfer.pieces * 100 / transfer.pieces_total);
    if (transfer.rate > 0) result += ", " + format_size(transfer.rate) + "/s";
  }
  return transfer.reason.empty() ? result : result + ": " + transfer.reason;
}

std::string bound_by(const proto::TransferReport& transfer) {
  const auto share = transfer.shares.find(transfer.bound_by);
  if (share == transfer.shares.end()) return "-";
  return fmt::format("{} {:.0f}%", transfer.bound_by, share->second * 100);
}

}  // namespace

std::string format_time(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[32];  // NOLINT: strftime fills it
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts);
  return {text, length};
}

Table release_table(const std::vector<proto::ReleaseSummary>& releases) {
  Table table({{"RELEASE"},
               {"ID"},
               {"CREATED"},
               {"FILES", true},
               {"TREE", true},
               {"IMAGE", true},
               {"CHANNELS"},
               {"NODES"}});
  for (const auto& release : releases) {
    table.row({release.release.str(), release.release_id.short_hex(), format_time(release.created),
               std::to_string(release.files), format_size(release.tree_bytes),
               format_size(release.image ? release.image->size : 0), channels_of(release),
               nodes_of(release.nodes)});
  }
  return table;
}

ordered_json release_json(const proto::ReleaseSummary& release) {
  return ordered_json::parse(proto::to_json(release));
}

Table node_table(const std::vector<proto::NodeView>& nodes) {
  Table table({{"NODE"},
               {"ADDRESS"},
               {"ZONE"},
               {"HEARD", true},
               {"FOLLOWS"},
               {"RELEASE"},
               {"SEEDER", true},
               {"PEERS", true},
               {"REUSED"},
               {"BOUND BY"},
               {"STATE"}});
  for (const auto& node : nodes) {
    const auto heard =
        node.live ? std::string("live")
                  : format_duration(std::chrono::duration<double>(node.heard_seconds_ago)) + " ago";
    const auto& report = node.report;
    const std::vector<std::string> left{report.node, report.addr.str(),
                                        report.zone.empty() ? "-" : report.zone, heard,
                                        follows_of(report)};
    if (report.transfers.empty()) table.row(left);
    for (const auto& transfer : report.transfers) {
      auto cells = left;
      cells.push_back(transfer.release.str());
      cells.push_back(format_size(transfer.bytes_seeder));
      cells.push_back(format_size(transfer.bytes_peers));
      cells.push_back(transfer.reused.empty() ? "-" : reused_text(transfer.reused, 1));
      cells.push_back(bound_by(transfer));
      cells.push_back(state_of(transfer));
      table.row(std::move(cells));
    }
  }
  return table;
}

ordered_json node_json(const proto::NodeView& node) {
  auto object = ordered_json::parse(proto::to_json(node.report));
  object["live"] = node.live;
  object["heard_seconds_ago"] = node.heard_seconds_ago;
  return object;
}

}  // namespace roost::cli
