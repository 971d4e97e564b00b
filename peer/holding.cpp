#include "peer/holding.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "peer/reverify.hpp"

namespace roost::peer {

// Of a file that is only of use as a whole.
struct Holding::SideListener : swarm::TransferListener {
  SideListener(Holding& owner, File which) : holding(owner), file(which) {}
  void on_complete() override {
    const std::lock_guard lock(holding.mutex_);
    (file == File::index ? holding.pending_.index_complete : holding.pending_.patches_complete) =
        true;
    holding.changed_.notify_all();
  }
  void on_problem(const swarm::Problem& problem) override {
    if (file == File::index) return holding.note(problem);
    log::warn("patches of {}: {}", holding.offer_.descriptor().release.str(), problem.error.what());
    if (!problem.stops()) return;
    const std::lock_guard lock(holding.mutex_);
    holding.pending_.patches_failed = true;  // nothing depends on them
    holding.changed_.notify_all();
  }
  Holding& holding;
  File file;
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
      index_listener_(std::make_unique<SideListener>(*this, File::index)),
      patches_listener_(std::make_unique<SideListener>(*this, File::patches)),
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

  index_ =
      session.add(offer_.index_torrent(),
                  side_options(File::index, descriptor.index, offer_.inline_index(), announce_url),
                  *index_listener_);
  if (descriptor.patches && !offer_.patches_torrent().empty()) {
    join_patches(complete ? AtHand::nothing : at_hand, announce_url);
  }
  if (descriptor.image.size == 0) return;
  swarm::TransferOptions image;
  image.file = files_.path(File::image);
  image.announce_url = announce_url;
  image.neighbours = offer_.neighbours();
  image.have = resumed_;
  if (at_hand == AtHand::nothing || complete) {
    image_ = session.add(offer_.image_torrent(), image, *image_listener_);
  } else {
    to_join_ = std::move(image);
  }
}

Holding::~Holding() = default;

// Those that are here are shared; those of use are fetched. What goes wrong with them only
// costs bytes of the image.
void Holding::join_patches(AtHand at_hand, const std::string& announce_url) {
  try {
    const auto told = at_hand == AtHand::base_image ? offer_.inline_patches() : std::nullopt;
    auto options = side_options(File::patches, *offer_.descriptor().patches, told, announce_url);
    if (at_hand != AtHand::base_image && !options.complete) return;
    patches_ = session_.add(offer_.patches_torrent(), options, *patches_listener_);
  } catch (const Error& error) {
    log::warn("patches of {}: {}", offer_.descriptor().release.str(), error.what());
  }
}

swarm::TransferOptions Holding::side_options(File file, const release::FilePart& part,
                                             const std::optional<Bytes>& told,
                                             const std::string& announce_url) const {
  swarm::TransferOptions options;
  options.file = files_.path(file);
  options.announce_url = announce_url;
  options.complete = files_.has(file, part);
  if (!options.complete && told) {
    files_.write(file, *told);
    options.complete = true;
  }
  if (!options.complete) options.neighbours = offer_.neighbours();  // else who lacks it dials us
  return options;
}

void Holding::leave_patches() {
  auto left = patches();
  if (!left) return;
  const auto stats = left->stats();
  {
    const std::lock_guard lock(mutex_);
    patches_.reset();
    left_patches_.bytes_origin = stats.bytes_origin;
    left_patches_.bytes_peers = stats.bytes_peers;
    left_patches_.bytes_uploaded = stats.bytes_uploaded;
    left_patches_.bytes_redundant = stats.bytes_redundant;
    left_patches_.bytes_failed = stats.bytes_failed;
  }
  left.reset();  // its last word before its file goes
  try {
    files_.remove(File::patches);
  } catch (const Error& error) {
    log::warn("patches of {}: {}", offer_.descriptor().release.str(), error.what());
  }
}

swarm::Bitmap Holding::pieces_here(const std::stop_token& stop) const {
  const auto& part = offer_.descriptor().image;
  auto have = files_.load_have(image_pieces(offer_.descriptor()));
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

std::shared_ptr<swarm::Transfer> Holding::patches() const {
  const std::lock_guard lock(mutex_);
  return patches_;
}

bool Holding::image_joined() const {
  const std::lock_guard lock(mutex_);
  return !to_join_;
}

std::uint32_t image_pieces(const release::Descriptor& descriptor) noexcept {
  const auto& part = descriptor.image;
  return part.size == 0 ? 0 : static_cast<std::uint32_t>((part.size - 1) / part.piece_length + 1);
}

bool Holding::is_whole() const {
  const auto have = this->have();
  return std::ranges::count(have, true) == image_pieces(offer_.descriptor());
}

void Holding::join_image(release::Filled filled) {
  swarm::TransferOptions options;
  {
    const std::lock_guard lock(mutex_);
    if (!to_join_ || std::exchange(joining_, true)) return;
    options = *to_join_;
    resumed_ = filled.have;
  }
  options.have = std::move(filled.have);
  options.unfinished = std::move(filled.unfinished);
  const auto known = options.neighbours.size();
  // Outside the lock: its callbacks may come before it returns.
  std::unique_ptr<swarm::Transfer> image;
  try {
    image = session_.add(offer_.image_torrent(), options, *image_listener_);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    joining_ = false;
    throw;
  }
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
  const auto patches = this->patches();
  for (const auto& neighbour : neighbours) {
    index_->connect(neighbour);
    if (patches) patches->connect(neighbour);
    if (transfer != nullptr) transfer->connect(neighbour);
  }
}

void Holding::resume() {
  auto* const transfer = image();
  if (transfer != nullptr && transfer->stats().state == swarm::TransferState::stopped) {
    transfer->resume();
  }
}

void Holding::heal_links(PeerNeed& need) {
  const auto stats = this->stats();
  const auto is_here = [](const swarm::TransferStats& part) {
    return part.pieces_total == 0 || part.state == swarm::TransferState::complete;
  };
  auto* const image = this->image();
  if (is_here(stats.index) && is_here(stats.patches) &&
      (image == nullptr || is_here(stats.image))) {
    return;  // what is left to do is here
  }
  const auto bytes = stats.sum(&swarm::TransferStats::bytes_origin) +
                     stats.sum(&swarm::TransferStats::bytes_peers);
  const auto peers = std::max({stats.index.peers, stats.patches.peers, stats.image.peers});
  if (!need.due(std::chrono::steady_clock::now(), peers, bytes)) return;
  index_->seek_peers();
  if (const auto transfer = patches()) transfer->seek_peers();
  if (image != nullptr) image->seek_peers();
}

HoldingStats Holding::stats() const {
  HoldingStats stats;
  stats.index = index_->stats();
  const auto patches = this->patches();
  if (patches) stats.patches = patches->stats();
  const auto* const transfer = image();
  if (transfer != nullptr) stats.image = transfer->stats();
  const std::lock_guard lock(mutex_);
  if (transfer == nullptr) {
    stats.image.pieces_total = image_pieces(offer_.descriptor());
    stats.image.pieces_have = static_cast<std::uint32_t>(std::ranges::count(resumed_, true));
  }
  if (!patches) stats.patches = left_patches_;
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
  return {of(index_.get()), of(patches().get()), of(image())};
}

void Holding::note_reused(const std::map<std::string, std::uint64_t>& from) {
  const std::lock_guard lock(mutex_);
  reused_ = from;
}

void Holding::note_causes(const CauseTimes& causes) {
  const std::lock_guard lock(mutex_);
  causes_ = causes;
}

}  // namespace roost::peer
