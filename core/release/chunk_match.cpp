#include "core/release/chunk_match.hpp"

#include <algorithm>
#include <cstring>

namespace roost::release {
namespace {

std::uint64_t first_bytes(const Sha256& digest) {
  std::uint64_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof(value));
  return value;
}

}  // namespace

ChunkMatch::ChunkMatch(const Index& wanted)
    : wanted_(wanted),
      keys_(sorted(wanted)),
      places_(wanted.chunks().size(), Place{.source = kNowhere, .offset = 0}) {}

std::vector<ChunkMatch::Key> ChunkMatch::sorted(const Index& index) {
  const auto& chunks = index.chunks();
  std::vector<Key> keys;
  keys.reserve(chunks.size());
  for (std::uint32_t i = 0; i < chunks.size(); ++i) {
    keys.emplace_back(first_bytes(chunks[i].stored), i);
  }
  std::sort(keys.begin(), keys.end(), [&](const Key& a, const Key& b) {
    if (a.first != b.first) return a.first < b.first;
    return chunks[a.second].stored < chunks[b.second].stored;
  });
  return keys;
}

void ChunkMatch::add(std::uint32_t source, const Index& image, const std::vector<bool>& there) {
  const auto keys = sorted(image);
  const auto before = [](const Key& a, const Sha256& digest_a, const Key& b,
                         const Sha256& digest_b) {
    return a.first != b.first ? a.first < b.first : digest_a < digest_b;
  };
  auto here = keys.begin();
  for (const Key& wanted : keys_) {
    const auto& chunk = wanted_.chunks()[wanted.second];
    while (here != keys.end() &&
           before(*here, image.chunks()[here->second].stored, wanted, chunk.stored)) {
      ++here;
    }
    if (here == keys.end()) return;
    const auto& candidate = image.chunks()[here->second];
    if (candidate.stored != chunk.stored || candidate.stored_length != chunk.stored_length) {
      continue;
    }
    if (!there.empty() && !there[here->second]) continue;
    put(wanted.second, {source, candidate.offset});
  }
}

void ChunkMatch::put(std::uint32_t chunk, Place place) {
  auto& known = places_[chunk];
  if (known.source != kNowhere) return;
  known = place;
  ++found_;
}

std::optional<ChunkMatch::Place> ChunkMatch::find(std::uint32_t chunk) const {
  const auto& place = places_[chunk];
  if (place.source == kNowhere) return std::nullopt;
  return place;
}

}  // namespace roost::release
