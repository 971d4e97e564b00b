#include "peer/reuse.hpp"

#include <fcntl.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "core/base/log.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/image_map.hpp"

namespace roost::peer {
namespace {

struct Candidate {
  store::Image image;
  release::Descriptor descriptor;  // as it lies there, not verified: it only says where to look
};

std::vector<Candidate> candidates(const store::Root& root, const VerifiedOffer& offer) {
  std::vector<Candidate> found;
  for (const auto& id : store::list_images(root)) {
    if (id == offer.id()) continue;
    try {
      auto image = store::Image::open(root, id);
      const auto saved = proto::parse_release_offer(as_text(image.read_offer()));
      auto descriptor = release::parse_descriptor(saved.descriptor.payload);
      if (descriptor.image.size > 0) found.push_back({std::move(image), std::move(descriptor)});
    } catch (const Error& error) {  // damaged, or another delivery begins it just now
      log::info("image {} is of no use for another release: {}", id.short_hex(), error.what());
    }
  }
  // The likeliest first: what is found once is not looked for again.
  const auto& wanted = offer.descriptor();
  const auto rank = [&](const Candidate& candidate) {
    const auto& release = candidate.descriptor.release;
    return std::tuple(wanted.base && wanted.base->release == release,
                      release.name == wanted.release.name, candidate.descriptor.sequence);
  };
  std::sort(found.begin(), found.end(),
            [&](const Candidate& a, const Candidate& b) { return rank(a) > rank(b); });
  return found;
}

// Which chunks of an image are here, as far as it knows; empty: all of them.
std::vector<bool> chunks_there(const release::Index& index, const Candidate& candidate) {
  const auto& part = candidate.descriptor.image;
  release::ImageMap map(index, part.piece_length);
  const auto have = candidate.image.load_have(map.pieces()).pieces;
  if (have.size() == map.pieces() && std::ranges::all_of(have, [](bool bit) { return bit; })) {
    return {};
  }
  std::vector<bool> there(index.chunks().size(), false);
  for (std::uint32_t piece = 0; piece < have.size(); ++piece) {
    if (!have[piece]) continue;
    for (const auto chunk : map.add(piece)) there[chunk] = true;
  }
  return there;
}

struct Source {
  std::string release;
  UniqueFd file;
};

std::vector<Source> find_sources(const store::Root& root, const VerifiedOffer& offer,
                                 release::ChunkMatch& match) {
  std::vector<Source> sources;
  for (const auto& candidate : candidates(root, offer)) {
    if (match.complete()) break;
    const auto name = candidate.descriptor.release.str();
    try {
      auto file = candidate.image.open_image(O_RDONLY);
      const auto index =
          release::parse_index(candidate.image.read_index(candidate.descriptor.index.size));
      const auto before = match.found();
      match.add(static_cast<std::uint32_t>(sources.size()), index, chunks_there(index, candidate));
      if (match.found() > before) sources.push_back({name, std::move(file)});
    } catch (const Error& error) {
      log::info("the image of {} is of no use for {}: {}", name, offer.descriptor().release.str(),
                error.what());
    }
  }
  return sources;
}

}  // namespace

bool has_other_images(const store::Root& root, const release::ReleaseId& id) {
  return std::ranges::any_of(store::list_images(root),
                             [&](const auto& other) { return other != id; });
}

Reuse reuse_images(const store::Root& root, const VerifiedOffer& offer, const release::Index& index,
                   const store::Image& image, const swarm::Bitmap& have,
                   const std::stop_token& stop) {
  Reuse reuse{.have = have, .unfinished = {}, .from = {}};
  release::ChunkMatch match(index);
  const auto sources = find_sources(root, offer, match);
  if (sources.empty()) return reuse;
  std::vector<int> files;
  files.reserve(sources.size());
  for (const auto& source : sources) files.push_back(source.file.get());
  const auto target = image.open_image(O_WRONLY);
  auto filled = release::fill_image(
      root.fs(), {index, offer.descriptor().image, offer.image_layer(), target.get(), have}, match,
      files, stop);
  reuse.have = std::move(filled.have);
  reuse.unfinished = std::move(filled.unfinished);
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (filled.from[i] > 0) reuse.from[sources[i].release] += filled.from[i];
  }
  return reuse;
}

}  // namespace roost::peer
