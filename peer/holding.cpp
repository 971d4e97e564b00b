#include "peer/holding.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "peer/reverify.hpp"

namespace roost::peer {

// Of a file that is only of use as a whole.
struct Holding::SideListener : swarm::TransferListener {
  SideListener(Holding& owner, bool News::*flag) : holding(owner), complete(flag) {}
  void on_complete() override {
    const std::lock_guard lock(holding.mutex_);
    holding.pending_.*complete = true;
    holding.changed_.notify_all();
  }
  void on_problem(const swarm::Problem& problem) override { holding.note(problem); }
  Holding& holding;
  bool News::*complete;
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
                 const std::string& announce_url, AtHand at_hand, const std::stop_token& stop)
    : session_(session),
      offer_(offer),
      files_(std::move(files)),
      index_listener_(std::make_unique<SideListener>(*this, &News::index_complete)),
      patches_listener_(std::make_unique<SideListener>(*this, &News::patches_complete)),
      image_listener_(std::make_unique<ImageListener>(*this)) {
  const auto& descriptor = offer_.descriptor();
  files_.write_offer(as_bytes(offer_.saved()));
  if (descriptor.image.size > 0) {
    files_.allocate(descriptor.image.size);
    resumed_ = pieces_here(stop);
  } else {
    pending_.image_complete = true;
  }
  const bool complete =
      !resumed_.empty() && std::ranges::all_of(resumed_, [](bool b) { return b; });

  index_ = join_side(File::index, descriptor.index, offer_.inline_index(), offer_.index_torrent(),
                     announce_url, *index_listener_);
  if (descriptor.patches && ((at_hand == AtHand::base_image && !complete) ||
                             files_.has(File::patches, *descriptor.patches))) {
    patches_ = join_side(File::patches, *descriptor.patches, offer_.inline_patches(),
                         offer_.patches_torrent(), announce_url, *patches_listener_);
  }
  if (descriptor.image.size == 0) return;
  swarm::TransferOptions image;
  image.file = files_.path(File::image);
  image.announce_url = announce_url;
  image.neighbours = offer_.neighbours();
  image.have = resumed_;
  if (at_hand == AtHand::nothing || complete) {
    image_ = session.add(offer_.image_torrent(), std::move(image), *image_listener_);
  } else {
    to_join_ = std::move(image);
  }
}

Holding::~Holding() = default;

std::unique_ptr<swarm::Transfer> Holding::join_side(File file, const release::FilePart& part,
                                                    const std::optional<Bytes>& told,
                                                    BytesView torrent,
                                                    const std::string& announce_url,
                                                    swarm::TransferListener& listener) {
  swarm::TransferOptions options;
  options.file = files_.path(file);
  options.announce_url = announce_url;
  options.complete = files_.has(file, part);
  if (!options.complete && told) {
    files_.write(file, *told);
    options.complete = true;
  }
  if (!options.complete) options.neighbours = offer_.neighbours();  // else who lacks it dials us
  return session_.add(torrent, options, listener);
}

swarm::Bitmap Holding::pieces_here(const std::stop_token& stop) const {
  const auto& part = offer_.descriptor().image;
  const auto count = (part.size - 1) / part.piece_length + 1;
  auto have = files_.load_have(count);
  if (have.pieces.empty()) return {};
  if (have.must_be_reverified) {
    // Another boot: what was not synced may be lost, whatever the bits say.
    return verified_pieces(files_.path(File::image), part, offer_.image_layer(), have.pieces, stop);
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
           pending_.completions() != told_;
  });
  News news = pending_;
  told_ = news.completions();
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
  const auto verified = verified_pieces(files_.path(File::image), offer_.descriptor().image,
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
    if (patches_) patches_->connect(neighbour);
    if (transfer != nullptr) transfer->connect(neighbour);
  }
}

void Holding::seek_peers() {
  index_->seek_peers();
  if (patches_) patches_->seek_peers();
  if (auto* const transfer = image()) transfer->seek_peers();
}

HoldingStats Holding::stats() const {
  HoldingStats stats;
  stats.index = index_->stats();
  if (patches_) stats.patches = patches_->stats();
  if (const auto* const transfer = image()) stats.image = transfer->stats();
  const std::lock_guard lock(mutex_);
  stats.reused = reused_;
  stats.problem = problem_;
  stats.causes = causes_;
  return stats;
}

HoldingWaiting Holding::waiting() const {
  const auto of = [](const swarm::Transfer* transfer) {
    if (transfer != nullptr) return transfer->waiting();
    swarm::Waiting none;   // there is no such file, or it is not asked for yet, so the
    none.complete = true;  // tracker is asked of the others alone
    none.tracker_silent = true;
    return none;
  };
  return {of(index_.get()), of(patches_.get()), of(image())};
}

void Holding::note_causes(const CauseTimes& causes) {
  const std::lock_guard lock(mutex_);
  causes_ = causes;
}

}  // namespace roost::peer
