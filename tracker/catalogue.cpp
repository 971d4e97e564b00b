#include "tracker/catalogue.hpp"

#include <algorithm>

#include "core/proto/metainfo.hpp"

namespace roost::tracker {
namespace {

proto::FileSummary add_swarms(CatalogueEntry& entry, const proto::Metainfo& info) {
  for (const auto& hash : info.swarm_hashes()) entry.swarms.push_back({hash});
  return {info.length(), info.info_hash(), info.info_hash_v1()};
}

}  // namespace

CatalogueEntry& Catalogue::put(const ReleaseRecord& record) {
  CatalogueEntry entry{record.id, record.descriptor, {}, {}, {}, {}, {}, {}, {}, record.registered};
  const auto index = proto::Metainfo::parse(record.index_torrent);
  entry.index = add_swarms(entry, index);
  entry.main = {index.swarm_hashes().front()};
  if (record.image_torrent) {
    const auto image = proto::Metainfo::parse(*record.image_torrent);
    entry.image = add_swarms(entry, image);
    entry.main = {image.swarm_hashes().front()};
  }
  if (record.patches_torrent) {
    entry.patches = add_swarms(entry, proto::Metainfo::parse(*record.patches_torrent));
  }
  entry.seeder = PeerAddress::from(record.seeder);
  entry.seeder_zone = record.seeder_zone;
  by_ref_.insert_or_assign(record.descriptor.release, record.id);
  for (const auto& hash : entry.swarms) by_swarm_.insert_or_assign(hash, record.id);
  return entries_.insert_or_assign(record.id, std::move(entry)).first->second;
}

std::vector<InfoHash> Catalogue::remove(const release::ReleaseId& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  auto orphans = found->second.swarms;
  by_ref_.erase(found->second.descriptor.release);
  entries_.erase(found);
  for (const auto& [other, entry] : entries_) {
    for (const auto& hash : entry.swarms) std::erase(orphans, hash);
  }
  for (const auto& hash : orphans) by_swarm_.erase(hash);
  return orphans;
}

const CatalogueEntry* Catalogue::find(const release::ReleaseId& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const CatalogueEntry* Catalogue::find(const release::ReleaseRef& ref) const {
  const auto found = by_ref_.find(ref);
  return found == by_ref_.end() ? nullptr : find(found->second);
}

const CatalogueEntry* Catalogue::find(const InfoHash& swarm) const {
  const auto found = by_swarm_.find(swarm);
  return found == by_swarm_.end() ? nullptr : find(found->second);
}

std::vector<release::ChannelRef> Catalogue::channels_naming(const CatalogueEntry& entry) const {
  std::vector<release::ChannelRef> channels;
  const auto found = channels_.find(entry.descriptor.release.name);
  if (found == channels_.end()) return channels;
  for (const auto& [channel, id] : found->second) {
    if (id == entry.id) channels.push_back({found->first, channel});
  }
  return channels;
}

std::vector<const CatalogueEntry*> Catalogue::newest_first() const {
  std::vector<const CatalogueEntry*> entries;
  entries.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
    if (a->registered != b->registered) return a->registered > b->registered;
    if (a->descriptor.release.name != b->descriptor.release.name) {
      return a->descriptor.release.name < b->descriptor.release.name;
    }
    return a->descriptor.sequence > b->descriptor.sequence;
  });
  return entries;
}

void Catalogue::seeder_stopped(const InfoHash& swarm, const PeerAddress& seeder) {
  for (auto& [id, entry] : entries_) {
    if (entry.main == swarm && entry.seeder == seeder) entry.seeder = {};
  }
}

}  // namespace roost::tracker
