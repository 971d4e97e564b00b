#include "core/proto/seed.hpp"

#include <utility>

#include "core/proto/json_fields.hpp"
#include "core/proto/report.hpp"

namespace roost::proto {
namespace {

constexpr std::size_t kMaxSeeds = 100'000;

constexpr std::pair<SeedState, std::string_view> kStates[] = {
    {SeedState::starting, "starting"},
    {SeedState::fetching, "fetching"},
    {SeedState::serving, "serving"},
    {SeedState::failed, "failed"},
};

SeedState parse_state(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  throw Error(Errc::integrity, "no state of a seed");
}

Json to_value(const SeedStatus& status) {
  Json value{{"release_id", status.release_id.hex()},
             {"release", status.release},
             {"state", to_text(status.state)},
             {"bytes", status.bytes},
             {"bytes_have", status.bytes_have},
             {"uploaded", status.uploaded},
             {"peers", status.peers},
             {"reason", status.reason},
             {"addr", status.addr.str()}};
  if (!status.zone.empty()) value["zone"] = status.zone;
  return value;
}

SeedStatus status_of(const Json& value, const Context& context) {
  const Fields fields(value, context);
  SeedStatus status;
  status.release_id = fields.parsed("release_id", release::ReleaseId::parse);
  status.release = fields.text("release");
  status.state = fields.parsed("state", parse_state);
  status.bytes = fields.number("bytes");
  status.bytes_have = fields.number("bytes_have");
  status.uploaded = fields.number("uploaded");
  status.peers = fields.number32("peers");
  status.reason = fields.text("reason");
  status.addr = fields.endpoint("addr");
  if (fields.has("zone")) status.zone = fields.text("zone");
  if (!is_zone(status.zone)) fields.refuse("zone", "not [A-Za-z0-9._-]{0,64}");
  return status;
}

}  // namespace

std::string_view to_text(SeedState state) noexcept {
  return kStates[static_cast<std::size_t>(state)].second;
}

std::string to_json(const SeedRequest& request) {
  return dump({{"release_id", request.release_id.hex()}, {"from", request.from.str()}});
}

SeedRequest parse_seed_request(std::string_view json) {
  const Context context{"seed request", Errc::usage};
  const auto document = parse_json(json, context);
  const Fields fields(document, context);
  return {fields.parsed("release_id", release::ReleaseId::parse), fields.endpoint("from")};
}

std::string to_json(const SeedStatus& status) {
  return dump(to_value(status));
}

SeedStatus parse_seed_status(std::string_view json) {
  const Context context{"seed status"};
  return status_of(parse_json(json, context), context);
}

std::string to_json(const std::vector<SeedStatus>& seeds) {
  auto list = Json::array();
  for (const auto& seed : seeds) list.push_back(to_value(seed));
  return dump({{"seeds", std::move(list)}});
}

std::vector<SeedStatus> parse_seed_list(std::string_view json) {
  const Context context{"seed list"};
  const auto document = parse_json(json, context);
  std::vector<SeedStatus> seeds;
  for (const auto& value : Fields(document, context).list("seeds", kMaxSeeds)) {
    seeds.push_back(status_of(value, context));
  }
  return seeds;
}

std::string seed_path(const release::ReleaseId& id) {
  return std::string(kSeedsPath) + "/" + id.hex();
}

}  // namespace roost::proto
