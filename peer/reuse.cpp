#include "peer/reuse.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "core/base/log.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/image_map.hpp"
#include "core/release/patches.hpp"

namespace roost::peer {
namespace {

using File = store::Image::File;

struct Candidate {
  store::Image image;
  release::Descriptor descriptor;  // as it lies there, not verified: it only says where to look
};

std::optional<Candidate> candidate(const store::Root& root, const release::ReleaseId& id) {
  try {
    auto image = store::Image::open(root, id);
    const auto saved = proto::parse_release_offer(as_text(image.read_offer()));
    auto descriptor = release::parse_descriptor(saved.descriptor.payload);
    if (descriptor.image.size == 0) return std::nullopt;
    return Candidate{std::move(image), std::move(descriptor)};
  } catch (const Error& error) {  // damaged, or another delivery begins it just now
    log::info("image {} is of no use for another release: {}", id.short_hex(), error.what());
    return std::nullopt;
  }
}

std::vector<Candidate> candidates(const store::Root& root, const VerifiedOffer& offer) {
  std::vector<Candidate> found;
  for (const auto& id : store::list_images(root)) {
    if (id == offer.id()) continue;
    if (auto one = candidate(root, id)) found.push_back(std::move(*one));
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

// Which pieces of an image are here, as far as it knows.
std::vector<bool> pieces_there(const Candidate& candidate) {
  const auto& part = candidate.descriptor.image;
  return candidate.image.load_have((part.size - 1) / part.piece_length + 1).pieces;
}

bool is_whole(const std::vector<bool>& have) {
  return !have.empty() && std::ranges::all_of(have, [](bool bit) { return bit; });
}

// Likewise which chunks; empty: all of them.
std::vector<bool> chunks_there(const release::Index& index, const Candidate& candidate) {
  const auto have = pieces_there(candidate);
  if (is_whole(have)) return {};
  release::ImageMap map(index, candidate.descriptor.image.piece_length);
  std::vector<bool> there(index.chunks().size(), false);
  for (std::uint32_t piece = 0; piece < have.size(); ++piece) {
    if (!have[piece]) continue;
    for (const auto chunk : map.add(piece)) there[chunk] = true;
  }
  return there;
}

struct Source {
  Source(std::string name, UniqueFd fd) : release(std::move(name)), file(std::move(fd)) {}
  std::string release;
  UniqueFd file;
};

// Notes in `match`, and in `patches` if there are any, what lies where.
std::vector<Source> find_sources(const store::Root& root, const VerifiedOffer& offer,
                                 release::ChunkMatch& match, release::PatchSet* patches) {
  std::vector<Source> sources;
  for (const auto& candidate : candidates(root, offer)) {
    if (match.complete()) break;
    const auto name = candidate.descriptor.release.str();
    try {
      auto file = candidate.image.open_file(File::image, O_RDONLY);
      const auto index =
          release::parse_index(candidate.image.read(File::index, candidate.descriptor.index.size));
      const auto there = chunks_there(index, candidate);
      const auto number = static_cast<std::uint32_t>(sources.size());
      const auto before = match.found();
      match.add(number, index, there);
      if (patches != nullptr) patches->add(number, index, there);
      if (match.found() > before || patches != nullptr) sources.emplace_back(name, std::move(file));
    } catch (const Error& error) {
      log::info("the image of {} is of no use for {}: {}", name, offer.descriptor().release.str(),
                error.what());
    }
  }
  return sources;
}

// Runs what concerns patches alone: without them the swarm has these chunks, so what is
// wrong with them only costs bytes.
template <class F>
void try_patches(const VerifiedOffer& offer, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) throw;
    log::warn("patches of {} are of no use: {}", offer.descriptor().release.str(), error.what());
  }
}

}  // namespace

AtHand at_hand(const store::Root& root, const VerifiedOffer& offer) {
  const auto ids = store::list_images(root);
  const auto other = [&](const auto& id) { return id != offer.id(); };
  if (std::ranges::none_of(ids, other)) return AtHand::nothing;
  const auto& base = offer.descriptor().base;
  if (!base || std::ranges::find(ids, base->id) == ids.end()) return AtHand::other_images;
  const auto there = candidate(root, base->id);
  return there && is_whole(pieces_there(*there)) ? AtHand::base_image : AtHand::other_images;
}

Reuse reuse_images(const store::Root& root, const VerifiedOffer& offer, const release::Index& index,
                   const store::Image& image, Patches patches, const swarm::Bitmap& have,
                   const std::stop_token& stop) {
  Reuse reuse{.have = have, .unfinished = {}, .from = {}};
  UniqueFd patches_file;
  std::optional<release::PatchSet> set;
  if (patches == Patches::here) {
    try_patches(offer, [&] {
      patches_file = image.open_file(File::patches, O_RDONLY);
      const auto size = offer.descriptor().patches->size;
      set = release::PatchSet::read(root.fs(), patches_file.get(), size, index);
    });
  }
  release::ChunkMatch match(index);
  auto sources = find_sources(root, offer, match, set ? &*set : nullptr);
  if (sources.empty()) return reuse;
  std::vector<int> files;
  files.reserve(sources.size() + 1);
  for (const auto& source : sources) files.push_back(source.file.get());
  if (set && set->usable()) {
    try_patches(offer, [&] {
      const auto number = static_cast<std::uint32_t>(sources.size());
      auto& made = sources.emplace_back(offer.descriptor().base->release.str(), image.scratch());
      const release::Scratch scratch{made.file.get(), number, 0};
      // A source even if it fails halfway: `match` knows of what it made till then.
      const auto old = files;
      files.push_back(scratch.file);
      release::apply_patches(root.fs(), *set, index, match, old, scratch, stop);
    });
  }
  const auto target = image.open_file(File::image, O_WRONLY);
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
