#include "peer/holding.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/crypto/merkle.hpp"
#include "peer/reverify.hpp"

namespace roost::peer {

struct Holding::IndexListener : swarm::TransferListener {
  explicit IndexListener(Holding& owner) : holding(owner) {}
  void on_complete() override {
    const std::lock_guard lock(holding.mutex_);
    holding.pending_.index_complete = true;
    holding.changed_.notify_all();
  }
  void on_problem(const swarm::Problem& problem) override { holding.note(problem); }
  Holding& holding;
};

struct Holding::ImageListener : swarm::TransferListener {
  explicit ImageListener(Holding& owner) : holding(owner) {}
  void on_piece(std::uint32_t piece) override {
    const std::lock_guard lock(holding.mutex_);
    holding.pending_.pieces.push_back(piece);
    holding.changed_.notify_all();
  }
  void on_complete() override {
    const std::lock_guard lock(holding.mutex_);
    holding.pending_.image_complete = true;
    holding.changed_.notify_all();
  }
  void on_problem(const swarm::Problem& problem) override { holding.note(problem); }
  Holding& holding;
};

Holding::Holding(swarm::Session& session, const VerifiedOffer& offer, store::Image files,
                 const std::string& announce_url, JoinImage join, const std::stop_token& stop)
    : session_(session),
      offer_(offer),
      files_(std::move(files)),
      index_listener_(std::make_unique<IndexListener>(*this)),
      image_listener_(std::make_unique<ImageListener>(*this)) {
  const auto& descriptor = offer_.descriptor();
  if (offer_.inline_index() && !index_is_here()) files_.write_index(*offer_.inline_index());
  files_.write_offer(as_bytes(offer_.saved()));

  swarm::TransferOptions index;
  index.file = files_.index_path();
  index.announce_url = announce_url;
  index.complete = index_is_here();
  index.neighbours = offer_.neighbours();

  swarm::TransferOptions image = index;
  if (index.complete) index.neighbours.clear();  // who lacks it dials us
  image.file = files_.image_path();
  image.complete = false;
  if (descriptor.image.size > 0) {
    files_.allocate(descriptor.image.size);
    resumed_ = pieces_here(stop);
    image.have = resumed_;
  } else {
    pending_.image_complete = true;
  }

  index_ = session.add(offer_.index_torrent(), std::move(index), *index_listener_);
  if (descriptor.image.size == 0) return;
  const bool complete =
      !resumed_.empty() && std::ranges::all_of(resumed_, [](bool b) { return b; });
  if (join == JoinImage::at_once || complete) {
    image_ = session.add(offer_.image_torrent(), std::move(image), *image_listener_);
  } else {
    to_join_ = std::move(image);
  }
}

Holding::~Holding() = default;

bool Holding::index_is_here() const {
  const auto& part = offer_.descriptor().index;
  try {
    crypto::MerkleHasher hasher;
    hasher.update(files_.read_index(part.size));
    const auto tree = hasher.finish();
    return tree.size == part.size && tree.root == part.pieces_root;
  } catch (const Error&) {
    return false;  // missing, unreadable or longer: it is fetched again
  }
}

swarm::Bitmap Holding::pieces_here(const std::stop_token& stop) const {
  const auto& part = offer_.descriptor().image;
  const auto count = (part.size - 1) / part.piece_length + 1;
  auto have = files_.load_have(count);
  if (have.pieces.empty()) return {};
  if (have.must_be_reverified) {
    // Another boot: what was not synced may be lost, whatever the bits say.
    return verified_pieces(files_.image_path(), part, offer_.image_layer(), have.pieces, stop);
  }
  return have.pieces;
}

void Holding::note(const swarm::Problem& problem) {
  log::warn("{}: {}", offer_.descriptor().release.str(), problem.error.what());
  const std::lock_guard lock(mutex_);
  problem_ = problem.error.what();
  if (problem.stops()) pending_.stopped = problem.error;
  changed_.notify_all();
}

swarm::Transfer* Holding::image() const {
  const std::lock_guard lock(mutex_);
  return image_.get();  // once there it stays
}

bool Holding::image_joined() const {
  const std::lock_guard lock(mutex_);
  return !to_join_;
}

void Holding::join_image(Reuse reuse) {
  swarm::TransferOptions options;
  {
    const std::lock_guard lock(mutex_);
    options = *to_join_;
    resumed_ = reuse.have;
    reused_ = std::move(reuse.from);
  }
  options.have = std::move(reuse.have);
  options.unfinished = std::move(reuse.unfinished);
  const auto known = options.neighbours.size();
  // Outside the lock: its callbacks may come before it returns.
  auto image = session_.add(offer_.image_torrent(), std::move(options), *image_listener_);
  std::vector<swarm::Neighbour> since;
  {
    const std::lock_guard lock(mutex_);
    image_ = std::move(image);
    since.assign(to_join_->neighbours.begin() + static_cast<std::ptrdiff_t>(known),
                 to_join_->neighbours.end());
    to_join_.reset();
  }
  for (const auto& neighbour : since) image_->connect(neighbour);
}

void Holding::poke() {
  const std::lock_guard lock(mutex_);
  poked_ = true;
  changed_.notify_all();
}

Holding::News Holding::news(Deadline deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, stop, deadline.when(), [&] {
    return poked_ || !pending_.pieces.empty() || pending_.stopped ||
           pending_.index_complete != told_index_ || pending_.image_complete != told_image_;
  });
  News news = pending_;
  told_index_ = news.index_complete;
  told_image_ = news.image_complete;
  pending_.pieces.clear();
  pending_.stopped.reset();
  poked_ = false;
  return news;
}

swarm::Bitmap Holding::have() const {
  const auto* const transfer = image();
  swarm::Bitmap have;
  if (transfer != nullptr) have = transfer->have();
  const std::lock_guard lock(mutex_);
  have.resize(std::max(have.size(), resumed_.size()), false);
  for (std::size_t piece = 0; piece < resumed_.size(); ++piece) {
    if (resumed_[piece]) have[piece] = true;
  }
  return have;
}

void Holding::save_have() const {
  if (image() != nullptr) files_.save_have(have());
}

bool Holding::distrust(const std::stop_token& stop) const {
  const auto claimed = have();
  const auto verified = verified_pieces(files_.image_path(), offer_.descriptor().image,
                                        offer_.image_layer(), claimed, stop);
  if (stop.stop_requested() || verified == claimed) return false;
  files_.save_have(verified);
  return true;
}

void Holding::connect(const std::vector<swarm::Neighbour>& neighbours) {
  swarm::Transfer* transfer = nullptr;
  {
    const std::lock_guard lock(mutex_);
    transfer = image_.get();
    if (to_join_) {
      to_join_->neighbours.insert(to_join_->neighbours.end(), neighbours.begin(), neighbours.end());
    }
  }
  for (const auto& neighbour : neighbours) {
    index_->connect(neighbour);
    if (transfer != nullptr) transfer->connect(neighbour);
  }
}

void Holding::seek_peers() {
  index_->seek_peers();
  if (auto* const transfer = image()) transfer->seek_peers();
}

HoldingStats Holding::stats() const {
  HoldingStats stats;
  stats.index = index_->stats();
  if (const auto* const transfer = image()) stats.image = transfer->stats();
  const std::lock_guard lock(mutex_);
  stats.reused = reused_;
  stats.problem = problem_;
  stats.causes = causes_;
  return stats;
}

std::pair<swarm::Waiting, swarm::Waiting> Holding::waiting() const {
  std::pair<swarm::Waiting, swarm::Waiting> both{index_->waiting(), {}};
  if (const auto* const transfer = image()) {
    both.second = transfer->waiting();
  } else {
    both.second.complete = true;        // the tree has no content, or it is not asked for yet,
    both.second.tracker_silent = true;  // so the tracker is asked of the index alone
  }
  return both;
}

void Holding::note_causes(const CauseTimes& causes) {
  const std::lock_guard lock(mutex_);
  causes_ = causes;
}

}  // namespace roost::peer
