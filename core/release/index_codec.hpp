// The two layers of an index file, apart for tests and the fuzzer: the body's columns,
// and the container around them (docs/formats.md). Private to core/release.
#pragma once

#include "core/release/index.hpp"

namespace roost::release {

inline constexpr std::string_view kIndexMagic = "ROOSTIDX";

struct IndexCounts {
  std::uint32_t entries = 0;
  std::uint32_t chunks = 0;
  std::uint32_t segments = 0;
};

// Entries, chunk lengths and segments, without digests.
Bytes encode_body(const Index& index);
IndexParts decode_body(BytesView body, const IndexCounts& counts);

// Appends the digest that ends an index file.
void seal_index(Bytes& bytes);

}  // namespace roost::release
