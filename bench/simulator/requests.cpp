// What a node asks a neighbour for, and when: libtorrent's request_a_block.
#include <algorithm>

#include "bench/simulator/swarm.hpp"

namespace roost::bench::simulator {
namespace {

constexpr std::uint32_t kFirstPieces = 4;  // initial_picker_threshold: chosen at random
constexpr std::uint32_t kSlowStart = 4;    // requests on a new link, one more for each block
constexpr double kWholePieces = 20;        // whole_pieces_threshold, seconds
constexpr double kMostBytes = 8 << 20;     // in neighbouring pieces

}  // namespace

void Swarm::fill(LinkId link) {
  auto& peer = peers_[link];
  peer.dry = false;
  const auto most = std::min<std::uint32_t>(peer.allowed, kSlowStart + peer.came);
  while (peer.open < most) {
    if (peer.choked || !peer.interested) return;
    if (peer.run == peer.run_end && !choose(link)) {
      peer.dry = true;
      ask_again(link);
      return;
    }
    ask(link, peer.run++);
  }
}

void Swarm::ask(LinkId link, std::uint32_t block) {
  auto& peer = peers_[link];
  ++peer.open;
  peer.asked = events_.now();
  wire_.send(link, Message::request(block / content_.piece_blocks, block % content_.piece_blocks));
}

// Whole pieces next to each other, as many as the link brings in a while.
std::uint32_t Swarm::longest_run(LinkId link) const {
  const double seconds = std::max(1.0, static_cast<double>(events_.now()) / kSecond);
  const double bytes = std::min(
      kMostBytes, static_cast<double>(peers_[link].came) * kBlock / seconds * kWholePieces);
  return std::max(1U, static_cast<std::uint32_t>(bytes / content_.piece_blocks / kBlock));
}

bool Swarm::choose(LinkId link) {
  const HostId host = wire_.owner(link);
  auto& node = nodes_[host];
  const auto piece =
      rarest_free(shown_.row(link), taken_.row(host),
                  {availability_.data() + std::size_t{host} * content_.pieces, content_.pieces},
                  node.have >= kFirstPieces, random_);
  if (!piece) return false;
  const Stretch run =
      free_run(shown_.row(link), taken_.row(host), *piece, content_.pieces, longest_run(link));
  for (std::uint32_t each = run.begin; each < run.end; ++each) taken_.set(host, each);
  node.taken += run.end - run.begin;
  peers_[link].run = run.begin * content_.piece_blocks;
  peers_[link].run_end = std::min(run.end * content_.piece_blocks, content_.blocks);
  return true;
}

// One block that another neighbour was asked for: only when nothing else is left in the
// release, and no request is open here (strict_end_game_mode).
bool Swarm::ask_again(LinkId link) {
  const HostId host = wire_.owner(link);
  if (peers_[link].open > 0 || nodes_[host].taken < content_.pieces) return false;
  const auto piece = any_busy(shown_.row(link), taken_.row(host), have_.row(host), random_);
  if (!piece) return false;
  const std::uint32_t begin = *piece * content_.piece_blocks;
  std::vector<std::uint32_t> missing;
  for (std::uint32_t i = 0; i < content_.blocks_of(*piece); ++i) {
    if (!blocks_.has(host, begin + i)) missing.push_back(begin + i);
  }
  if (missing.empty()) return false;  // being verified
  ask(link, missing[random_() % missing.size()]);
  return true;
}

}  // namespace roost::bench::simulator
