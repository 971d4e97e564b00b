// CRC-32 (IEEE 802.3), against torn writes of the store's own small records.
#pragma once

#include <cstdint>

#include "core/base/bytes.hpp"

namespace roost::store {

std::uint32_t crc32(BytesView bytes) noexcept;

}  // namespace roost::store
