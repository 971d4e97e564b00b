// .roost/stage.json: how and when a tree was staged. Kept apart from the signed
// descriptor, which says what it is.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.hpp"
#include "core/store/status.hpp"

namespace roost::store {

std::string serialise(const StagedInfo& info);
std::optional<StagedInfo> parse_stage_record(BytesView bytes, const std::string& dir);

}  // namespace roost::store
