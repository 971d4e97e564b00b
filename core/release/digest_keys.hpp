// Chunks sorted by the first bytes of a digest, which decide nearly every comparison.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "core/release/index.hpp"

namespace roost::release {

inline std::uint64_t first_bytes(const Sha256& digest) noexcept {
  std::uint64_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof(value));
  return value;
}

// A chunk's number behind the first bytes of its digest.
using DigestKey = std::pair<std::uint64_t, std::uint32_t>;

// `digest` is &ChunkInfo::raw or &ChunkInfo::stored.
inline std::vector<DigestKey> digest_keys(const Index& index, Sha256 ChunkInfo::*digest) {
  const auto& chunks = index.chunks();
  std::vector<DigestKey> keys;
  keys.reserve(chunks.size());
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    keys.emplace_back(first_bytes(chunks[i].*digest), i);
  }
  std::sort(keys.begin(), keys.end(), [&](const DigestKey& a, const DigestKey& b) {
    if (a.first != b.first) return a.first < b.first;
    return chunks[a.second].*digest < chunks[b.second].*digest;
  });
  return keys;
}

// Those of sorted keys that begin so, a few at most: an index can lie, and name digests for
// all its chunks that begin alike.
inline std::span<const DigestKey> keys_with(const std::vector<DigestKey>& keys,
                                            std::uint64_t first) {
  constexpr std::ptrdiff_t kMostAlike = 4;
  const auto begin =
      std::lower_bound(keys.begin(), keys.end(), DigestKey{first, 0},
                       [](const DigestKey& a, const DigestKey& b) { return a.first < b.first; });
  auto end = begin;
  while (end != keys.end() && end->first == first && end - begin < kMostAlike) ++end;
  return {begin, end};
}

}  // namespace roost::release
