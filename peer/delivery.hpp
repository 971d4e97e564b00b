// Brings one offered release to staged: fetch, expand while pieces arrive, commit.
//
// run() blocks, in straight-line code, on the thread that calls it; progress()
// may be read from any. Where all of the release is at hand or made by patches, the tree comes
// before the image, which is for the ImageMaker then: a tree is what the node waits for.
// The Holding goes on sharing after run() has returned, and keeps what it has when it throws: a
// second run() continues from there. Errors of run(): interrupted at the stop, no_space and failed
// from the disk, integrity when the index does not fit its descriptor.
#pragma once

#include <chrono>
#include <optional>
#include <stop_token>

#include "core/base/guarded.hpp"
#include "core/store/staging.hpp"
#include "peer/holding.hpp"
#include "peer/peer_need.hpp"

namespace roost::peer {

struct DeliveryTimes {
  std::chrono::duration<double> to_index{0};        // all from the start of run()
  std::chrono::duration<double> to_patches{0};      // 0: there were none to wait for
  std::chrono::duration<double> to_first_piece{0};  // 0: nothing had to be fetched
  std::chrono::duration<double> to_last_piece{0};
  std::chrono::duration<double> to_staged{0};
  std::chrono::duration<double> sync{0};  // the part of to_staged that waited for the disk
};

struct DeliveryProgress {
  std::size_t chunks_expanded = 0;
  std::size_t chunks_total = 0;  // 0 until the index is here
  bool staged = false;
  DeliveryTimes times;
};

class Delivery {
 public:
  // Both must outlive the delivery; stage options bound space and open files.
  // limits: of the whole process, which its rates are judged by.
  Delivery(const store::Root& root, Holding& holding, store::StageOptions options = {},
           swarm::TransferLimits limits = {});

  store::StagedRelease run(const std::stop_token& stop);

  DeliveryProgress progress() const;

 private:
  using Clock = std::chrono::steady_clock;

  release::Index receive_index(const std::stop_token& stop, Bytes& file);
  Patches receive_patches(const std::stop_token& stop);
  void expand_image(const release::Index& index, store::StagingTree& tree,
                    const std::vector<bool>& expanded, const std::stop_token& stop);
  Holding::News next_news(const std::stop_token& stop);
  void note_piece_times(const Holding::News& news);

  const store::Root& root_;
  Holding& holding_;
  store::StageOptions options_;
  swarm::TransferLimits limits_;
  Clock::time_point started_;
  Clock::time_point have_saved_;
  std::optional<PeerNeed> need_;
  bool patches_complete_ = false;
  std::vector<std::uint32_t> early_;  // pieces that came before the index did
  Guarded<DeliveryProgress> progress_;
};

}  // namespace roost::peer
