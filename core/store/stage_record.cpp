#include "core/store/stage_record.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/store/layout.hpp"

namespace roost::store {

using nlohmann::json;

std::string serialise(const StagedInfo& info) {
  return json{{"format", 1},
              {"release", info.release.str()},
              {"release_id", info.id.hex()},
              {"sequence", info.sequence},
              {"order", info.order},
              {"staged_at", info.staged_at},
              {"tree_bytes", info.tree_bytes},
              {"entries", info.entries}}
             .dump() +
         "\n";
}

std::optional<StagedInfo> parse_stage_record(BytesView bytes, const std::string& dir) {
  try {
    const auto body = json::parse(as_text(bytes));
    StagedInfo info{.dir = dir,
                    .release = release::ReleaseRef::parse(body.at("release").get<std::string>()),
                    .id = release::ReleaseId::parse(body.at("release_id").get<std::string>()),
                    .sequence = body.at("sequence"),
                    .order = body.at("order"),
                    .staged_at = body.at("staged_at"),
                    .tree_bytes = body.at("tree_bytes"),
                    .entries = body.at("entries")};
    if (layout::release_dir(info.release.version, info.id) != dir) return std::nullopt;
    return info;
  } catch (const json::exception&) {
    return std::nullopt;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace roost::store
