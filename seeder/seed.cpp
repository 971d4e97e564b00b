#include "seeder/seed.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/base/fs.hpp"
#include "core/base/log.hpp"
#include "core/crypto/merkle.hpp"

namespace roost::seeder {
namespace {

constexpr std::chrono::seconds kPatchesPatience{3};  // without a byte of them

std::vector<swarm::Neighbour> connected(const swarm::Transfer& transfer) {
  std::vector<swarm::Neighbour> peers;
  for (const auto& peer : transfer.peers()) {
    if (peer.connected) peers.push_back({peer.endpoint, peer.origin});
  }
  return peers;
}

}  // namespace

struct Seed::Side : swarm::TransferListener {
  explicit Side(std::function<void()> changed) : on_change(std::move(changed)) {}

  void on_complete() override {
    complete = true;
    on_change();
  }

  void on_problem(const swarm::Problem& problem) override {
    log::info("{}", problem.error.what());
    if (!problem.stops()) return;
    stopped.with([&](std::string& why) { why = problem.error.what(); });
    on_change();
  }

  std::function<void()> on_change;
  std::atomic<bool> complete{false};
  Guarded<std::string> stopped;               // why it does not fetch any more
  std::unique_ptr<swarm::Transfer> transfer;  // last: no callback once it is gone
};

Seed::Seed(const Place& place, SeedFiles files, SeedPapers papers)
    : place_(place), files_(std::move(files)), papers_(std::move(papers)) {
  serving_ = files_.complete();
  const bool fresh = !serving_ && files_.allocate(papers_);
  for (const auto& part : papers_.parts) sides_.push_back(side_of(part, fresh, {}));
}

Seed::~Seed() = default;

std::unique_ptr<Seed::Side> Seed::side_of(const SeedPapers::Part& part, bool fresh,
                                          const std::vector<swarm::Neighbour>& peers) const {
  swarm::TransferOptions options;
  options.file = files_.path_of(part);
  options.announce_url = place_.announce_url;
  options.complete = serving_;
  options.origin = serving_;
  options.neighbours = peers;
  if (!serving_ && !fresh) options.have = pieces_on_disk(options.file, part.torrent, place_.stop);
  auto side = std::make_unique<Side>(place_.on_change);
  side->transfer = place_.session.add(part.torrent.encode(), options, *side);
  return side;
}

void Seed::fetch_from(const Endpoint& peer) {
  for (const auto& side : sides_) {
    if (!serving_) {
      side->transfer->connect({peer, true});
      if (side->transfer->stats().state == swarm::TransferState::stopped) side->transfer->resume();
    }
    side->stopped.with([](std::string& why) { why.clear(); });
  }
}

bool Seed::fetched() {
  if (serving_) return false;
  bool patches_lack = false;
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    if (sides_[i]->complete) continue;
    if (papers_.parts[i].name != kPatchesPart) return false;
    patches_lack = true;
  }
  return !patches_lack || !waits_for_patches();
}

// Who handed the release over may have none of them: they depend on the base, which
// may be gone, and on the compressor.
bool Seed::waits_for_patches() {
  const auto stats = sides_.back()->transfer->stats();
  const auto bytes = stats.bytes_origin + stats.bytes_peers;
  const auto now = std::chrono::steady_clock::now();
  if (!patches_ || patches_->bytes != bytes) patches_ = Progress{bytes, now};
  return now - patches_->since < kPatchesPatience;
}

void Seed::leave_out_missing() {
  for (std::size_t i = sides_.size(); i-- > 0;) {
    if (sides_[i]->complete) continue;
    log::info("serve {} without its {}: nobody has them", papers_.descriptor.release.str(),
              papers_.parts[i].name);
    sides_.erase(sides_.begin() + static_cast<std::ptrdiff_t>(i));
    files_.drop(papers_.parts[i]);
    papers_.parts.erase(papers_.parts.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Seed::serve() {
  leave_out_missing();
  files_.mark_complete(papers_);
  serving_ = true;
  for (std::size_t i = 0; i < sides_.size(); ++i) {
    const auto peers = connected(*sides_[i]->transfer);
    sides_[i].reset();  // a session has a torrent once
    sides_[i] = side_of(papers_.parts[i], false, peers);
  }
}

proto::SeedStatus Seed::status(const release::ReleaseId& id) const {
  proto::SeedStatus status;
  status.release_id = id;
  status.release = papers_.descriptor.release.str();
  status.state = serving_ ? proto::SeedState::serving : proto::SeedState::fetching;
  status.bytes = papers_.bytes();
  status.addr = place_.session.local_endpoint();
  status.zone = place_.zone;
  const auto note = [&](const std::unique_ptr<Side>& side, const proto::Metainfo& torrent) {
    const auto stats = side->transfer->stats();
    status.bytes_have += std::min<std::uint64_t>(
        std::uint64_t{stats.pieces_have} * torrent.piece_length(), torrent.length());
    status.uploaded += stats.bytes_uploaded;
    status.peers = std::max(status.peers, stats.peers);
    if (status.reason.empty()) status.reason = stats.stall_reason;
    const auto stopped = side->stopped.with([](const std::string& why) { return why; });
    if (stopped.empty()) return;
    status.state = proto::SeedState::failed;
    status.reason = stopped;
  };
  for (std::size_t i = 0; i < sides_.size(); ++i) note(sides_[i], papers_.parts[i].torrent);
  return status;
}

swarm::Bitmap pieces_on_disk(const std::filesystem::path& path, const proto::Metainfo& torrent,
                             const std::stop_token& stop) {
  swarm::Bitmap pieces(torrent.pieces(), false);
  const auto file = real_fs().open_path(path.string(), O_RDONLY);
  const auto& layer = torrent.piece_layer();
  Bytes bytes;
  for (std::size_t piece = 0; piece < pieces.size() && !stop.stop_requested(); ++piece) {
    const auto offset = piece * std::uint64_t{torrent.piece_length()};
    bytes.resize(std::min<std::uint64_t>(torrent.piece_length(), torrent.length() - offset));
    bytes.resize(real_fs().read(file.get(), bytes, offset));
    // A file of one piece has no layer: its hash is the root, over its own length.
    pieces[piece] = layer.empty()
                        ? crypto::piece_hash(bytes, 0) == torrent.pieces_root()
                        : crypto::piece_hash(bytes, torrent.piece_length()) == layer[piece];
  }
  return pieces;
}

}  // namespace roost::seeder
