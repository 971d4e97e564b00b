#include "peer/delivery.hpp"

#include <algorithm>
#include <thread>

#include "core/base/log.hpp"
#include "core/release/image_map.hpp"
#include "peer/bottleneck_watch.hpp"
#include "peer/expand_pool.hpp"
#include "peer/index_file.hpp"
#include "peer/reuse.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

// Losing the bits of the last second costs at most that second's pieces again.
constexpr auto kSaveHave = 1s;  // and the links are looked at as often
// Patches are worth so long a wait for a verified piece, and not if they come more slowly.
constexpr auto kPatchesPatience = 5s;
constexpr double kPatchesLeastRate = 64 * 1024;  // bytes a second

unsigned expand_threads() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

}  // namespace

Delivery::Delivery(const store::Root& root, Holding& holding, store::StageOptions options,
                   swarm::TransferLimits limits)
    : root_(root), holding_(holding), options_(options), limits_(limits) {}

store::StagedRelease Delivery::run(const std::stop_token& stop) {
  started_ = have_saved_ = Clock::now();
  need_.emplace(started_);
  const BottleneckWatch watch(holding_, limits_);
  const auto& offer = holding_.offer();
  Bytes index_file;
  const auto index = receive_index(stop, index_file);
  const auto app = store::App::open(root_, offer.descriptor().release.name);
  std::optional<Reuse> reuse;
  if (!holding_.image_joined()) {
    const auto patches = receive_patches(stop);
    reuse.emplace(root_, offer, index, holding_.files(), patches, holding_.have());
  }
  store::StagingTree tree(app, offer.verified(), index, index_file, options_);
  std::vector<bool> expanded(index.chunks().size());
  if (reuse && reuse->is_all()) {
    expanded = reuse->expand(tree, stop);
    holding_.note_reused(reuse->from());
  }
  if (std::ranges::find(expanded, false) != expanded.end()) {
    if (reuse) {
      holding_.join_image(reuse->fill(stop));
      holding_.note_reused(reuse->from());
      reuse.reset();
    }
    expand_image(index, tree, expanded, stop);
  }
  auto staged = tree.commit();
  holding_.save_have();
  progress_.with([&](DeliveryProgress& progress) {
    progress.staged = true;
    progress.times.sync = staged.times.sync;
    progress.times.to_staged = Clock::now() - started_;
  });
  return staged;
}

DeliveryProgress Delivery::progress() const {
  return progress_.with([](const DeliveryProgress& progress) { return progress; });
}

release::Index Delivery::receive_index(const std::stop_token& stop, Bytes& file) {
  for (bool complete = false; !complete;) {
    const auto news = next_news(stop);
    early_.insert(early_.end(), news.pieces.begin(), news.pieces.end());
    complete = news.index_complete;
  }
  const auto& descriptor = holding_.offer().descriptor();
  file = holding_.files().read(store::Image::File::index, descriptor.index.size);
  auto index = parse_index(file, descriptor);
  progress_.with([&](DeliveryProgress& progress) {
    progress.times.to_index = Clock::now() - started_;
    progress.chunks_total = index.chunks().size();
  });
  return index;
}

// Nobody may have them any more, or who has them be slower than all who have the image. Then
// it is better to fetch that.
Patches Delivery::receive_patches(const std::stop_token& stop) {
  if (!holding_.fetches_patches()) return Patches::none;
  const auto& release = holding_.offer().descriptor();
  const std::chrono::duration<double> longest =
      kPatchesPatience + 1s * (static_cast<double>(release.patches->size) / kPatchesLeastRate);
  const auto began = Clock::now();
  std::uint32_t pieces = 0;
  for (auto heard = began; !patches_complete_;) {
    const auto news = next_news(stop);
    const auto now = Clock::now();
    if (const auto verified = holding_.stats().patches.pieces_have; verified != pieces) {
      pieces = verified;
      heard = now;
    }
    if (!news.patches_failed && now - heard < kPatchesPatience && now - began < longest) continue;
    log::info("{}: goes on without patches, of which {} pieces came", release.release.str(),
              pieces);
    holding_.leave_patches();
    return Patches::none;
  }
  progress_.with(
      [&](DeliveryProgress& progress) { progress.times.to_patches = Clock::now() - started_; });
  return Patches::here;
}

void Delivery::expand_image(const release::Index& index, store::StagingTree& tree,
                            const std::vector<bool>& expanded, const std::stop_token& stop) {
  const auto before = static_cast<std::size_t>(std::ranges::count(expanded, true));
  release::ImageMap map(index, holding_.offer().descriptor().image.piece_length);
  ExpandPool pool(index, tree, holding_.files().path(store::Image::File::image), expand_threads(),
                  [this] { holding_.poke(); });
  const auto whole = [&](const std::vector<std::uint32_t>& pieces) {
    std::vector<std::uint32_t> chunks;
    for (const auto piece : pieces) {
      for (const auto chunk : map.add(piece)) {
        if (!expanded[chunk]) chunks.push_back(chunk);
      }
    }
    pool.submit(chunks);
  };

  std::vector<std::uint32_t> known = std::move(early_);
  const auto here = holding_.have();
  for (std::uint32_t piece = 0; piece < here.size(); ++piece) {
    if (here[piece]) known.push_back(piece);
  }
  whole(known);
  while (before + pool.expanded() < index.chunks().size()) {
    const auto news = next_news(stop);
    whole(news.pieces);
    if (const auto failure = pool.failure()) std::rethrow_exception(failure);
    progress_.with([&](DeliveryProgress& p) { p.chunks_expanded = before + pool.expanded(); });
  }
}

Holding::News Delivery::next_news(const std::stop_token& stop) {
  auto news = holding_.news(Deadline::in(kSaveHave), stop);
  if (stop.stop_requested()) {
    holding_.save_have();
    throw Error(Errc::interrupted,
                "deliver " + holding_.offer().descriptor().release.str() + ": interrupted");
  }
  if (news.stopped) throw *news.stopped;
  note_piece_times(news);
  patches_complete_ = news.patches_complete;
  if (const auto now = Clock::now(); now - have_saved_ >= kSaveHave) {
    holding_.save_have();
    holding_.heal_links(*need_);
    have_saved_ = now;
  }
  return news;
}

void Delivery::note_piece_times(const Holding::News& news) {
  if (news.pieces.empty()) return;
  progress_.with([&](DeliveryProgress& progress) {
    progress.times.to_last_piece = Clock::now() - started_;
    if (progress.times.to_first_piece.count() == 0) {
      progress.times.to_first_piece = progress.times.to_last_piece;
    }
  });
}

}  // namespace roost::peer
