#include "core/proto/report.hpp"

#include <algorithm>

#include "core/proto/json_fields.hpp"

namespace roost::proto {
namespace {

constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxNodeName = 64;

constexpr std::pair<TransferState, std::string_view> kStates[] = {
    {TransferState::fetching, "fetching"},
    {TransferState::staged, "staged"},
    {TransferState::active, "active"},
    {TransferState::failed, "failed"},
};

bool is_label(std::string_view text) noexcept {
  return text.size() <= kMaxNodeName && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

Json to_value(const std::map<std::string, std::uint64_t>& reused) {
  std::vector<std::pair<std::string, std::uint64_t>> most(reused.begin(), reused.end());
  std::stable_sort(most.begin(), most.end(), [](auto& a, auto& b) { return a.second > b.second; });
  if (most.size() > kMaxReused) most.resize(kMaxReused);
  Json object = Json::object();
  for (const auto& [release, bytes] : most) object[release] = bytes;
  return object;
}

Json to_value(const TransferReport& transfer) {
  Json json{{"release", transfer.release.str()},     {"release_id", transfer.release_id.hex()},
            {"state", to_text(transfer.state)},      {"pieces", transfer.pieces},
            {"pieces_total", transfer.pieces_total}, {"bytes_seeder", transfer.bytes_seeder},
            {"bytes_peers", transfer.bytes_peers}};
  if (transfer.seconds_to_staged) json["seconds_to_staged"] = *transfer.seconds_to_staged;
  if (!transfer.reason.empty()) json["reason"] = transfer.reason;
  if (transfer.rate > 0) json["rate"] = transfer.rate;
  if (!transfer.bound_by.empty()) json["bound_by"] = transfer.bound_by;
  if (!transfer.shares.empty()) json["shares"] = transfer.shares;
  if (!transfer.reused.empty()) json["reused"] = to_value(transfer.reused);
  return json;
}

TransferState state_of(const Fields& fields) {
  const auto name = fields.text("state");
  for (const auto& [state, text] : kStates) {
    if (text == name) return state;
  }
  fields.refuse("state", "neither fetching, staged, active nor failed");
}

std::map<std::string, double> shares_of(const Fields& fields) {
  const Json& object = fields.at("shares");
  if (!object.is_object() || object.size() > kMaxShares)
    fields.refuse("shares", "not a few causes");
  const Fields causes(object, fields.context());
  std::map<std::string, double> shares;
  for (const auto& [cause, share] : object.items()) {
    if (cause.size() > kMaxCause) fields.refuse("shares", "a cause's name is too long");
    const double part = causes.real(cause.c_str());
    if (part > 1) fields.refuse("shares", "a share is above 1");
    shares.emplace(cause, part);
  }
  return shares;
}

std::map<std::string, std::uint64_t> reused_of(const Fields& fields) {
  const Json& object = fields.at("reused");
  if (!object.is_object() || object.size() > kMaxReused) {
    fields.refuse("reused", "not a few releases");
  }
  const Fields releases(object, fields.context());
  std::map<std::string, std::uint64_t> reused;
  for (const auto& [text, bytes] : object.items()) {
    const auto release = fields.guarded(
        "reused", [&, &name = text] { return release::ReleaseRef::parse(name).str(); });
    reused.emplace(release, releases.number(text.c_str()));
  }
  return reused;
}

TransferReport transfer_report(const Fields& fields) {
  TransferReport transfer{fields.parsed("release", &release::ReleaseRef::parse),
                          fields.parsed("release_id", &release::ReleaseId::parse),
                          state_of(fields),
                          fields.number("pieces"),
                          fields.number("pieces_total"),
                          fields.number("bytes_seeder"),
                          fields.number("bytes_peers"),
                          std::nullopt,
                          {}};
  if (fields.has("seconds_to_staged")) {
    transfer.seconds_to_staged = fields.real("seconds_to_staged");
  }
  if (fields.has("reason")) transfer.reason = fields.text("reason", kMaxReason);
  if (fields.has("rate")) transfer.rate = fields.number("rate");
  if (fields.has("bound_by")) transfer.bound_by = fields.text("bound_by", kMaxCause);
  if (fields.has("shares")) transfer.shares = shares_of(fields);
  if (fields.has("reused")) transfer.reused = reused_of(fields);
  return transfer;
}

Json to_value(const NodeReport& report) {
  Json follows = Json::array();
  for (const auto& channel : report.follows) follows.push_back(channel.str());
  Json transfers = Json::array();
  for (const auto& transfer : report.transfers) transfers.push_back(to_value(transfer));
  Json json{{"node", report.node},
            {"addr", report.addr.str()},
            {"follows", std::move(follows)},
            {"transfers", std::move(transfers)}};
  if (!report.zone.empty()) json["zone"] = report.zone;
  return json;
}

NodeReport node_report(const Fields& fields) {
  NodeReport report{fields.text("node"), fields.endpoint("addr"), {}, {}, {}};
  if (!is_node_id(report.node)) fields.refuse("node", "not [A-Za-z0-9._-]{1,64}");
  if (fields.has("zone")) report.zone = fields.text("zone");
  if (!is_zone(report.zone)) fields.refuse("zone", "not [A-Za-z0-9._-]{0,64}");
  for (const auto& item : fields.list("follows", kMaxFollows)) {
    if (!item.is_string()) fields.refuse("follows", "not a list of texts");
    report.follows.push_back(fields.guarded(
        "follows", [&] { return release::ChannelRef::parse(item.get_ref<const std::string&>()); }));
  }
  for (const auto& item : fields.list("transfers", kMaxTransfers)) {
    report.transfers.push_back(transfer_report(Fields(item, fields.context())));
  }
  return report;
}

}  // namespace

bool is_node_id(std::string_view text) noexcept {
  return !text.empty() && is_label(text);
}

bool is_zone(std::string_view text) noexcept {
  return is_label(text);
}

std::string_view to_text(TransferState state) noexcept {
  for (const auto& [value, text] : kStates) {
    if (value == state) return text;
  }
  return "failed";
}

std::string to_json(const NodeReport& report) {
  return dump(to_value(report));
}

NodeReport parse_node_report(std::string_view text) {
  const Context context{"node report", Errc::usage};
  const Json json = parse_json(text, context);
  return node_report(Fields(json, context));
}

std::string to_json(const std::vector<NodeView>& nodes) {
  Json list = Json::array();
  for (const auto& node : nodes) {
    Json json = to_value(node.report);
    json["live"] = node.live;
    json["heard_seconds_ago"] = node.heard_seconds_ago;
    list.push_back(std::move(json));
  }
  return dump(Json{{"nodes", std::move(list)}});
}

std::vector<NodeView> parse_node_list(std::string_view text) {
  const Context context{"node list"};
  const Json json = parse_json(text, context);
  std::vector<NodeView> nodes;
  for (const auto& item : Fields(json, context).list("nodes", kMaxNodes)) {
    const Fields fields(item, context);
    nodes.push_back({node_report(fields), fields.flag("live"), fields.real("heard_seconds_ago")});
  }
  return nodes;
}

}  // namespace roost::proto
