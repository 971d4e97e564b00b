// What crosses between zones (docs/protocol.md, "Between zones"): of what a far peer has
// libtorrent sees only what our own zone neither has nor is about to fetch.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/entry.hpp>

#include "core/swarm/convert.hpp"
#include "core/swarm/plugin.hpp"
#include "core/swarm/rendezvous.hpp"

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

using namespace std::chrono_literals;

constexpr auto kSilence = 2s;    // without a block, while the zone is to give us some
constexpr auto kPatience = 60s;  // with one piece that the zone is to give us
constexpr std::size_t kMostZones = 32;
constexpr std::size_t kMostZoneLength = 64;

std::uint64_t weight(const SessionId& session, std::uint32_t piece) {
  std::uint64_t candidate = 0;
  std::memcpy(&candidate, session.data(), sizeof candidate);
  return rendezvous_weight(candidate, piece);
}

}  // namespace

// The zones that links of ours lead to.
std::set<std::string> TransferPlugin::zones_linked() const {
  std::set<std::string> zones;
  for (const LinkPlugin* link : links_) {
    if (link->far_ && !link->origin_ && !link->gone_) zones.insert(link->zone_);
    if (zones.size() == kMostZones) break;
  }
  return zones;
}

// Gateways of one zone share what crosses among them, so each has to know of the others.
void TransferPlugin::tell_zones() {
  if (identity_.zone.empty()) return;
  const auto zones = zones_linked();
  const auto links = links_;
  for (LinkPlugin* link : links) {
    if (!link->near_ || link->origin_ || link->told_zones_ == zones) continue;
    link->told_zones_ = zones;
    lt::entry amendment;
    auto& list = amendment["roost"]["leads_to"].list();
    for (const auto& zone : zones) list.emplace_back(zone);
    std::string text;
    lt::bencode(std::back_inserter(text), amendment);
    link->say(text);
  }
}

// Of the gateways that lead to where the piece is one is to fetch it; those that know of
// each other come to the same verdict.
bool TransferPlugin::is_anothers(const LinkPlugin& far, std::uint32_t piece) const {
  const auto ours = weight(identity_.session, piece);
  return std::any_of(links_.begin(), links_.end(), [&](const LinkPlugin* link) {
    return link->near_ && !link->gone_ && link->leads_to_.contains(far.zone_) &&
           weight(*link->remote_, piece) > ours;
  });
}

// A piece that this link shows need not be asked of it.
bool TransferPlugin::leave_to_others(const LinkPlugin& link, std::uint32_t piece) const {
  if (!lifted_.empty() && lifted_[piece]) return false;
  return leave_to_zone(link, piece) ||
         (was_left(link) && others_show(link, piece, std::chrono::steady_clock::now()));
}

bool TransferPlugin::leave_to_zone(const LinkPlugin& far, std::uint32_t piece) const {
  if (!far.far_ || far.origin_ || strategy_) return false;
  const bool anothers = is_anothers(far, piece);
  return state_->progress.with([piece, anothers](const Progress& p) {
    if (!p.lacks(piece)) return false;
    return anothers || std::any_of(p.links.begin(), p.links.end(), [piece](const auto& entry) {
             const Link& link = entry.second;
             return link.near && !link.origin && piece < link.held.size() && link.held[piece];
           });
  });
}

// Once a second. What the zone no longer has, or doesn't deliver, is needed from afar after
// all; only the far peer can say it again, at the start of a connection.
void TransferPlugin::look_afar() {
  if (std::all_of(links_.begin(), links_.end(),
                  [](const LinkPlugin* link) { return link->withheld_.empty(); })) {
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  const Monotonic last_block(std::chrono::nanoseconds(state_->last_block.load()));
  const auto missing = state_->progress.with([](const Progress& p) { return p.missing(); });
  const auto links = links_;
  for (LinkPlugin* link : links) {
    std::erase_if(link->withheld_, [&](const auto& entry) { return !missing[entry.first]; });
    if (link->withheld_.empty() || link->gone_ || link->connection_.is_disconnecting()) continue;
    bool needed = false;
    for (const auto& [piece, since] : link->withheld_) {
      const auto waited = now - since;
      if (waited > kPatience || (waited > kSilence && now - last_block > kSilence)) {
        lifted_.resize(missing.size(), false);
        lifted_[piece] = true;
      }
      needed = needed || !leave_to_others(*link, piece);
    }
    if (!needed) continue;
    const auto endpoint = to_tcp(link->endpoint_);
    link->connection_.disconnect(lt::errors::optimistic_disconnect, lt::operation_t::bittorrent);
    handle_.connect_peer(endpoint);
  }
}

void LinkPlugin::note_zone(const lt::bdecode_node& roost) {
  const auto& own = transfer_->identity_.zone;
  const auto zone = roost.dict_find_string_value("zone");
  if (own.empty() || zone.empty() || zone.size() > kMostZoneLength) return;
  zone_ = zone.to_string();
  near_ = zone_ == own;
  far_ = !near_;
}

void LinkPlugin::note_zones_linked(const lt::bdecode_node& roost) {
  const auto list = roost ? roost.dict_find_list("leads_to") : lt::bdecode_node();
  if (!list) return;
  leads_to_.clear();
  for (int i = 0; i < list.list_size() && leads_to_.size() < kMostZones; ++i) {
    const auto zone = list.list_string_value_at(i);
    if (zone.size() <= kMostZoneLength) leads_to_.insert(zone.to_string());
  }
}

// Withholds one piece that it says it has; false if libtorrent may know.
bool LinkPlugin::withhold(std::uint32_t piece) {
  if (!transfer_->leave_to_others(*this, piece)) return false;
  withheld_.try_emplace(piece, std::chrono::steady_clock::now());
  return true;
}

// A statement of a whole field is withheld as a whole, or not at all.
bool LinkPlugin::withhold_all(const Bitmap& field) {
  const bool sorted = (far_ && !origin_) || transfer_->was_left(*this);
  if (!sorted || gone_ || transfer_->strategy_) return false;
  Bitmap missing;
  Bitmap shown;
  edit([&](Progress& p, const Link& link) {
    missing = p.missing();
    shown = link.shown;
  });
  std::vector<std::uint32_t> news;
  for (std::uint32_t piece = 0; piece < field.size(); ++piece) {
    const bool seen = piece < shown.size() && shown[piece];
    if (field[piece] && missing[piece] && !seen) news.push_back(piece);
  }
  const bool all = !news.empty() && std::all_of(news.begin(), news.end(), [this](auto piece) {
    return transfer_->leave_to_others(*this, piece);
  });
  if (all) {
    const auto now = std::chrono::steady_clock::now();
    for (const auto piece : news) withheld_.try_emplace(piece, now);
  } else {
    withheld_.clear();
  }
  return all;
}

}  // namespace roost::swarm
