#include "core/swarm/seeding_strategy.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace roost::swarm {
namespace {

// Weighted mean that follows a change within about eight samples.
void blend(Monotonic::duration& mean, Monotonic::duration sample) {
  mean = mean.count() == 0 ? sample : mean + (sample - mean) / 8;
}

}  // namespace

RevealingOptions revealing_options(const Parts& without) {
  constexpr auto kAny = std::numeric_limits<unsigned>::max();
  RevealingOptions options;
  if (without.contains(Part::flight_limit)) options.flight = kAny;
  if (without.contains(Part::slow_start)) options.opening = options.flight;
  if (without.contains(Part::served_limit)) options.max_served = kAny;
  if (without.contains(Part::fed_limit)) options.max_fed = kAny;
  options.again = !without.contains(Part::reveal_again);
  return options;
}

RevealingStrategy::RevealingStrategy(std::uint32_t pieces, const Options& options)
    : options_(options),
      holders_(pieces, 0),
      expected_(pieces, 0),
      unheld_(pieces),
      next_(pieces == 0 ? 0 : options.start % pieces),
      places_(options.start + 1),
      window_(options.window),
      opening_(std::max(1U, options.opening)),
      flight_(std::max(options.opening, options.flight)) {}

void RevealingStrategy::joined(Key key, PeerKind kind, const Bitmap& have, Monotonic now) {
  const auto pieces = static_cast<std::uint32_t>(holders_.size());
  left(key);
  Peer peer{kind,  have,  Bitmap(pieces, false), {}, pieces, 0, now, now,
            false, false, next_order_++};
  peer.have.resize(pieces, false);
  peer.told_all = kind == PeerKind::plain;
  for (std::uint32_t piece = 0; piece < pieces; ++piece) {
    if (!peer.have[piece]) continue;
    --peer.missing;
    if (holders_[piece]++ == 0) --unheld_;
  }
  peers_.emplace(key, std::move(peer));
}

void RevealingStrategy::drop_from(std::vector<std::uint32_t>& counts, std::uint32_t piece) {
  assert(counts[piece] > 0);
  --counts[piece];
  if (claims(piece) == 0) cursor_ = std::min(cursor_, piece);
}

void RevealingStrategy::release(Peer& peer) {
  for (const Claim& claim : peer.claims) drop_from(expected_, claim.piece);
  in_flight_ -= peer.claims.size();
  peer.claims.clear();
}

void RevealingStrategy::left(Key key) {
  const auto it = peers_.find(key);
  if (it == peers_.end()) return;
  release(it->second);
  for (std::uint32_t piece = 0; piece < holders_.size(); ++piece) {
    if (!it->second.have[piece]) continue;
    drop_from(holders_, piece);
    if (holders_[piece] == 0) ++unheld_;
  }
  peers_.erase(it);
}

void RevealingStrategy::note_gap(Peer& peer, Monotonic now) {
  if (!peer.claims.empty()) blend(gap_, now - peer.last_sign);
  peer.last_sign = now;
  peer.sits = false;
}

void RevealingStrategy::confirm(Peer& peer, std::uint32_t piece, Monotonic now) {
  if (peer.have[piece]) return;
  peer.have[piece] = true;
  --peer.missing;
  if (holders_[piece]++ == 0) --unheld_;
  const auto claim = std::find_if(peer.claims.begin(), peer.claims.end(),
                                  [piece](const Claim& c) { return c.piece == piece; });
  if (claim == peer.claims.end()) return;
  blend(confirm_, now - claim->since);
  --expected_[piece];  // the peer is a holder now: the piece stays claimed
  peer.claims.erase(claim);
  --in_flight_;
  if (opening_ < flight_) ++opening_;
}

bool RevealingStrategy::claimed_by(const Peer& peer, std::uint32_t piece) const {
  return std::any_of(peer.claims.begin(), peer.claims.end(),
                     [piece](const Claim& claim) { return claim.piece == piece; });
}

void RevealingStrategy::has(Key key, std::uint32_t piece, Monotonic now) {
  const auto it = peers_.find(key);
  if (it == peers_.end() || piece >= holders_.size()) return;
  note_gap(it->second, now);
  // We showed it to others, who don't have it yet: this one has it from another origin.
  if (holders_[piece] == 0 && expected_[piece] > 0 && !claimed_by(it->second, piece)) {
    crowded_ = true;
  }
  confirm(it->second, piece, now);
}

void RevealingStrategy::has_all(Key key, Monotonic now) {
  const auto it = peers_.find(key);
  if (it == peers_.end()) return;
  for (std::uint32_t piece = 0; piece < holders_.size(); ++piece) confirm(it->second, piece, now);
}

void RevealingStrategy::sent(Key key, Monotonic now) {
  const auto it = peers_.find(key);
  if (it == peers_.end()) return;
  note_gap(it->second, now);
  it->second.last_sent = now;
}

// A window that suits N and the round-trip time can't be known beforehand. It
// grows while the uplink idles, but never so far that the pieces in flight are
// more than an eighth of the release: they are the tail at the end.
void RevealingStrategy::starved(Monotonic now) {
  if (open_ || peers_.empty()) return;
  const auto settle = std::max<Monotonic::duration>(confirm_, std::chrono::milliseconds(20));
  if (last_growth_ != Monotonic::min() && now - last_growth_ < settle) return;
  const auto fed_peers = std::min<std::size_t>(peers_.size(), options_.max_fed);
  const auto share = static_cast<unsigned>(holders_.size() / (8 * fed_peers));
  const unsigned limit = std::clamp(share, options_.window, options_.max_window);
  if (window_ < limit) ++window_;
  if (opening_ >= flight_) flight_ += flight_ / 4 + 1;
  opening_ = std::min(2 * opening_, flight_);
  last_growth_ = now;
}

Monotonic::duration RevealingStrategy::patience() const {
  return std::clamp<Monotonic::duration>(8 * gap_, options_.min_patience, options_.max_patience);
}

void RevealingStrategy::void_silent_claims(Monotonic now) {
  const auto limit = patience();
  for (auto& [key, peer] : peers_) {
    if (peer.claims.empty() || now - peer.last_sign < limit) continue;
    release(peer);
    peer.sits = true;
    peer.last_sign = now;
  }
}

// The peers that are shown pieces: those that joined first, except that a
// peer that sits on its pieces gives its place to one that doesn't. Among
// them who was shown least comes first.
std::vector<RevealingStrategy::Key> RevealingStrategy::fed() const {
  std::vector<std::pair<std::pair<bool, std::uint64_t>, Key>> ranked;
  for (const auto& [key, peer] : peers_) {
    if (peer.kind == PeerKind::revealing && peer.missing > 0) {
      ranked.push_back({{peer.sits, peer.order}, key});
    }
  }
  std::sort(ranked.begin(), ranked.end());
  if (ranked.size() > options_.max_fed) ranked.resize(options_.max_fed);
  std::vector<Key> keys;
  keys.reserve(ranked.size());
  for (const auto& [rank, key] : ranked) keys.push_back(key);
  std::stable_sort(keys.begin(), keys.end(),
                   [this](Key a, Key b) { return peers_.at(a).fed < peers_.at(b).fed; });
  return keys;
}

bool RevealingStrategy::overdue(std::uint32_t piece, Monotonic now) const {
  const auto limit = std::max<Monotonic::duration>(4 * confirm_, options_.min_patience / 4);
  for (const auto& [key, peer] : peers_) {
    for (const Claim& claim : peer.claims) {
      if (claim.piece == piece && !claim.hedged && now - claim.since > limit) return true;
    }
  }
  return false;
}

void RevealingStrategy::mark_hedged(std::uint32_t piece) {
  for (auto& [key, peer] : peers_) {
    for (Claim& claim : peer.claims) {
      if (claim.piece == piece) claim.hedged = true;
    }
  }
}

std::uint32_t RevealingStrategy::somewhere_in_longest_unclaimed_run() {
  std::uint32_t longest = 0;
  std::uint32_t begin = cursor_;
  std::uint32_t run = 0;
  for (std::uint32_t piece = cursor_; piece < holders_.size(); ++piece) {
    run = claims(piece) == 0 ? run + 1 : 0;
    if (run <= longest) continue;
    longest = run;
    begin = piece + 1 - run;
  }
  return begin + static_cast<std::uint32_t>(places_()) % longest;
}

// Several origins don't talk to each other, but each sees what the peers have. So each goes on
// where it stands, and where it meets another's work it begins anew somewhere in the longest run
// that is left: two show the same piece only where they meet, and they meet seldom.
std::optional<std::uint32_t> RevealingStrategy::unclaimed(const Peer& peer) {
  const auto pieces = static_cast<std::uint32_t>(holders_.size());
  while (cursor_ < pieces && claims(cursor_) > 0) ++cursor_;
  if (cursor_ == pieces) return std::nullopt;
  if (crowded_ || claims(next_) > 0) next_ = somewhere_in_longest_unclaimed_run();
  crowded_ = false;
  for (std::uint32_t i = 0; i < pieces; ++i) {
    const std::uint32_t piece = (next_ + i) % pieces;
    if (claims(piece) > 0 || peer.shown[piece]) continue;
    next_ = (piece + 1) % pieces;
    return piece;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> RevealingStrategy::choose(const Peer& peer, Monotonic now) {
  if (const auto piece = unclaimed(peer)) return piece;
  // Every piece is claimed. A peer with nothing to do may take one that is late
  // at another's, or a second copy of the rarest: better than an idle uplink.
  if (!peer.claims.empty()) return std::nullopt;
  std::optional<std::uint32_t> rarest;
  for (std::uint32_t piece = 0; piece < holders_.size(); ++piece) {
    if (peer.have[piece] || peer.shown[piece]) continue;
    if (holders_[piece] == 0) {
      if (options_.again && overdue(piece, now)) return piece;
      continue;
    }
    if (!rarest || claims(piece) < claims(*rarest)) rarest = piece;
  }
  return rarest;
}

void RevealingStrategy::show(Peer& peer, Key key, std::uint32_t piece, Monotonic now,
                             std::vector<Reveal>& out) {
  if (expected_[piece] > 0) mark_hedged(piece);
  if (peer.claims.empty()) peer.last_sign = now;  // silence counts from here
  peer.shown[piece] = true;
  peer.claims.push_back({piece, now, false});
  ++peer.fed;
  ++in_flight_;
  ++expected_[piece];
  out.push_back({key, piece});
}

// The swarm can do without us now. Those who lack most come first: late joiners. Were
// everything shown to everybody, a large swarm would ask us for its last pieces, and wait
// in our queue for what a neighbour has.
void RevealingStrategy::show_all(Monotonic now, std::vector<Reveal>& out) {
  std::size_t served = 0;
  std::vector<std::pair<std::uint32_t, Key>> waiting;  // by what they have
  for (const auto& [key, peer] : peers_) {
    if (peer.missing == 0 || peer.kind == PeerKind::plain) continue;
    if (peer.told_all) {
      served += now - peer.last_sent < patience() ? 1 : 0;
    } else {
      waiting.push_back({static_cast<std::uint32_t>(holders_.size()) - peer.missing, key});
    }
  }
  std::sort(waiting.begin(), waiting.end());
  for (const auto& [count, key] : waiting) {
    if (served++ >= options_.max_served) return;
    Peer& peer = peers_.at(key);
    peer.told_all = true;
    peer.last_sent = now;
    release(peer);
    out.push_back({key, std::nullopt});
  }
}

std::vector<RevealingStrategy::Reveal> RevealingStrategy::step(Monotonic now) {
  std::vector<Reveal> out;
  if (unheld_ == 0 && !peers_.empty()) open_ = true;
  if (open_) {
    show_all(now, out);
    return out;
  }
  if (options_.again) void_silent_claims(now);
  // One piece a peer and round, so that the first pieces go to different peers.
  const std::vector<Key> keys = fed();
  for (unsigned round = 1; round <= window_; ++round) {
    for (const Key key : keys) {
      if (in_flight_ >= opening_) return out;
      Peer& peer = peers_.at(key);
      if (peer.claims.size() >= (peer.sits ? 1 : round)) continue;
      if (const auto piece = choose(peer, now)) show(peer, key, *piece, now, out);
    }
  }
  return out;
}

}  // namespace roost::swarm
