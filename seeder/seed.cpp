#include "seeder/seed.hpp"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/base/fs.hpp"
#include "core/base/log.hpp"
#include "core/crypto/merkle.hpp"

namespace roost::seeder {

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
  join(!serving_ && files_.allocate(papers_), {}, {});
}

Seed::~Seed() = default;

std::unique_ptr<Seed::Side> Seed::side_of(const proto::Metainfo& torrent,
                                          const std::filesystem::path& file, bool fresh,
                                          const std::vector<swarm::Neighbour>& peers) const {
  swarm::TransferOptions options;
  options.file = file;
  options.announce_url = place_.announce_url;
  options.complete = serving_;
  options.origin = serving_;
  options.neighbours = peers;
  if (!serving_ && !fresh) options.have = pieces_on_disk(file, torrent, place_.stop);
  auto side = std::make_unique<Side>(place_.on_change);
  side->transfer = place_.session.add(torrent.encode(), options, *side);
  return side;
}

void Seed::join(bool fresh, const std::vector<swarm::Neighbour>& index_peers,
                const std::vector<swarm::Neighbour>& image_peers) {
  index_ = side_of(papers_.index, files_.index(), fresh, index_peers);
  if (papers_.image) image_ = side_of(*papers_.image, files_.image(), fresh, image_peers);
}

void Seed::fetch_from(const Endpoint& peer) {
  for (const auto* side : {index_.get(), image_.get()}) {
    if (side == nullptr || serving_) continue;
    side->transfer->connect({peer, true});
    if (side->transfer->stats().state == swarm::TransferState::stopped) side->transfer->resume();
  }
  for (auto* side : {index_.get(), image_.get()}) {
    if (side != nullptr) side->stopped.with([](std::string& why) { why.clear(); });
  }
}

bool Seed::fetched() const {
  return !serving_ && index_->complete && (!image_ || image_->complete);
}

std::vector<swarm::Neighbour> Seed::peers_of(const std::unique_ptr<Side>& side) {
  std::vector<swarm::Neighbour> peers;
  if (!side) return peers;
  for (const auto& peer : side->transfer->peers()) {
    if (peer.connected) peers.push_back({peer.endpoint, peer.origin});
  }
  return peers;
}

void Seed::serve() {
  files_.mark_complete(papers_);
  const auto index_peers = peers_of(index_);
  const auto image_peers = peers_of(image_);
  index_.reset();
  image_.reset();
  serving_ = true;
  join(false, index_peers, image_peers);
}

proto::SeedStatus Seed::status(const release::ReleaseId& id) const {
  proto::SeedStatus status;
  status.release_id = id;
  status.release = papers_.descriptor.release.str();
  status.state = serving_ ? proto::SeedState::serving : proto::SeedState::fetching;
  status.bytes = papers_.bytes();
  status.addr = place_.session.local_endpoint();
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
  note(index_, papers_.index);
  if (image_) note(image_, *papers_.image);
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
