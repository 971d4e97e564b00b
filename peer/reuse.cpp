#include "peer/reuse.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <vector>

#include "core/base/log.hpp"
#include "core/release/expand_local.hpp"
#include "core/release/image_fill.hpp"
#include "core/release/image_map.hpp"
#include "core/release/patches.hpp"

namespace roost::peer {
namespace {

using File = store::Image::File;

constexpr std::uint32_t kOwn = 0;  // the number of the release's own image among the sources

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
std::vector<bool> chunks_there(const release::Index& index, std::uint32_t piece_length,
                               const std::vector<bool>& have) {
  if (is_whole(have)) return {};
  release::ImageMap map(index, piece_length);
  std::vector<bool> there(index.chunks().size(), false);
  for (std::uint32_t piece = 0; piece < have.size(); ++piece) {
    if (!have[piece]) continue;
    for (const auto chunk : map.add(piece)) there[chunk] = true;
  }
  return there;
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

// Open files that hold chunks, and which. The first is the release's own image.
struct Reuse::Sources {
  explicit Sources(const release::Index& wanted) : match(wanted) {}

  std::vector<UniqueFd> files;
  std::vector<int> numbers;           // of the open files
  std::vector<std::string> releases;  // whose they are
  release::ChunkMatch match;
  UniqueFd patches_file;
  std::optional<release::PatchSet> patches;

  std::uint32_t next() const { return static_cast<std::uint32_t>(files.size()); }

  void add(UniqueFd file, std::string release) {
    numbers.push_back(file.get());
    files.push_back(std::move(file));
    releases.push_back(std::move(release));
  }

  release::LocalChunks chunks(const release::Index& wanted) const {
    return {wanted, match, patches ? &*patches : nullptr, numbers};
  }
};

AtHand at_hand(const store::Root& root, const VerifiedOffer& offer) {
  const auto ids = store::list_images(root);
  const auto other = [&](const auto& id) { return id != offer.id(); };
  if (std::ranges::none_of(ids, other)) return AtHand::nothing;
  const auto& base = offer.descriptor().base;
  if (!base || std::ranges::find(ids, base->id) == ids.end()) return AtHand::other_images;
  const auto there = candidate(root, base->id);
  return there && is_whole(pieces_there(*there)) ? AtHand::base_image : AtHand::other_images;
}

Reuse::Reuse(const store::Root& root, const VerifiedOffer& offer, const release::Index& index,
             const store::Image& image, Patches patches, swarm::Bitmap have)
    : root_(root),
      offer_(offer),
      index_(index),
      image_(image),
      have_(std::move(have)),
      sources_(std::make_unique<Sources>(index)) {
  auto& to = *sources_;
  if (std::ranges::find(have_, true) != have_.end()) {  // cut short: what came is not made again
    const auto there = chunks_there(index, offer.descriptor().image.piece_length, have_);
    to.match.add(kOwn, index, there);
  }
  to.add(image.open_file(File::image, O_RDWR), offer.descriptor().release.str());
  if (patches == Patches::here) {
    try_patches(offer, [&] {
      to.patches_file = image.open_file(File::patches, O_RDONLY);
      const auto size = offer.descriptor().patches->size;
      to.patches = release::PatchSet::read(root.fs(), to.patches_file.get(), size, index);
    });
  }
  for (const auto& candidate : candidates(root, offer)) {
    if (to.match.complete()) break;
    const auto name = candidate.descriptor.release.str();
    try {
      auto file = candidate.image.open_file(File::image, O_RDONLY);
      const auto other =
          release::parse_index(candidate.image.read(File::index, candidate.descriptor.index.size));
      const auto there =
          chunks_there(other, candidate.descriptor.image.piece_length, pieces_there(candidate));
      const auto before = to.match.found();
      to.match.add(to.next(), other, there);
      if (to.patches) to.patches->add(to.next(), other, there);
      if (to.match.found() > before || to.patches) to.add(std::move(file), name);
    } catch (const Error& error) {
      log::info("the image of {} is of no use for {}: {}", name, offer.descriptor().release.str(),
                error.what());
    }
  }
}

Reuse::~Reuse() = default;

bool Reuse::is_all() const {
  return sources_->chunks(index_).all();
}

std::vector<bool> Reuse::expand(release::TreeSink& tree, const std::stop_token& stop) {
  auto done = release::expand_local(root_.fs(), sources_->chunks(index_), tree, stop);
  count(done.from);
  return std::move(done.chunks);
}

release::Filled Reuse::fill(const std::stop_token& stop) {
  auto& from = *sources_;
  const release::MadeInto target{from.numbers[kOwn], kOwn};
  std::uint64_t made = 0;
  if (from.patches && from.patches->usable() && !from.match.complete()) {
    try_patches(offer_, [&] {
      made = release::apply_patches(root_.fs(), *from.patches, index_, from.match, from.numbers,
                                    target, stop);
    });
  }
  auto filled = release::fill_image(
      root_.fs(), {index_, offer_.descriptor().image, offer_.image_layer(), target.file, have_},
      from.match, from.numbers, stop);
  filled.from.push_back(made);
  count(filled.from);
  return filled;
}

// By source; the one behind them is patches'.
void Reuse::count(const std::vector<std::uint64_t>& from) {
  const auto& releases = sources_->releases;
  from_.clear();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] == 0 || i == kOwn) continue;
    from_[i < releases.size() ? releases[i] : offer_.descriptor().base->release.str()] += from[i];
  }
}

}  // namespace roost::peer
