// The registered releases as the tracker needs them at every request: what they
// are, which swarms are theirs, and who seeds them. A picture of the registry in
// memory, without the torrents.
//
// Pure values; owned by one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/proto/summary.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/names.hpp"
#include "tracker/announce.hpp"
#include "tracker/peer_address.hpp"
#include "tracker/registry.hpp"

namespace roost::tracker {

struct CatalogueEntry {
  release::ReleaseId id;
  release::Descriptor descriptor;
  proto::FileSummary index;
  std::optional<proto::FileSummary> image;
  std::optional<proto::FileSummary> patches;
  std::vector<InfoHash> swarms;  // every info-hash that is announced under
  InfoHash main;                 // the swarm of the bytes that count: the image's, v2
  PeerAddress seeder;            // not usable() once it has said that it stops
  std::string seeder_zone;       // empty: not told
  std::int64_t registered = 0;
};

class Catalogue {
 public:
  // Adds or replaces. The entry stays where it is until it is removed.
  CatalogueEntry& put(const ReleaseRecord& record);
  // The info-hashes that no other release has.
  std::vector<InfoHash> remove(const release::ReleaseId& id);

  // Where a channel is now.
  void point(const release::ChannelRef& channel, const release::ReleaseId& id) {
    channels_[channel.name].insert_or_assign(channel.channel, id);
  }
  std::vector<release::ChannelRef> channels_naming(const CatalogueEntry& entry) const;

  const CatalogueEntry* find(const release::ReleaseId& id) const;
  const CatalogueEntry* find(const release::ReleaseRef& ref) const;
  const CatalogueEntry* find(const InfoHash& swarm) const;
  std::vector<const CatalogueEntry*> newest_first() const;
  std::size_t size() const noexcept { return entries_.size(); }

  // A seeder that leaves its swarm is handed to nobody from then on.
  void seeder_stopped(const InfoHash& swarm, const PeerAddress& seeder);

 private:
  std::unordered_map<release::ReleaseId, CatalogueEntry> entries_;
  std::map<release::ReleaseRef, release::ReleaseId> by_ref_;
  std::map<release::Name, std::map<release::Channel, release::ReleaseId>> channels_;
  std::unordered_map<InfoHash, release::ReleaseId> by_swarm_;
};

}  // namespace roost::tracker
