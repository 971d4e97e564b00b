#include "core/release/chunk_match.hpp"

#include "core/release/digest_keys.hpp"

namespace roost::release {

ChunkMatch::ChunkMatch(const Index& wanted)
    : wanted_(wanted),
      keys_(digest_keys(wanted, &ChunkInfo::stored)),
      places_(wanted.chunks().size(), Place{.source = kNowhere, .offset = 0}) {}

void ChunkMatch::add(std::uint32_t source, const Index& image, const std::vector<bool>& there) {
  const auto keys = digest_keys(image, &ChunkInfo::stored);
  const auto before = [](const DigestKey& a, const Sha256& digest_a, const DigestKey& b,
                         const Sha256& digest_b) {
    return a.first != b.first ? a.first < b.first : digest_a < digest_b;
  };
  auto here = keys.begin();
  for (const DigestKey& wanted : keys_) {
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

std::vector<bool> ChunkMatch::lacking() const {
  std::vector<bool> lacking(places_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) lacking[i] = places_[i].source == kNowhere;
  return lacking;
}

std::optional<ChunkMatch::Place> ChunkMatch::find(std::uint32_t chunk) const {
  const auto& place = places_[chunk];
  if (place.source == kNowhere) return std::nullopt;
  return place;
}

}  // namespace roost::release
