#include "tracker/state.hpp"

namespace roost::tracker {

void State::load() {
  registry.each_release([this](const ReleaseRecord& record) { learn(record); });
  registry.each_channel([this](const proto::ChannelInfo& info) {
    catalogue.point(info.channel, info.state.release_id);
  });
}

const CatalogueEntry& State::learn(const ReleaseRecord& record) {
  const auto& entry = catalogue.put(record);
  for (const auto& hash : entry.swarms) swarms.add(hash);
  introducer.add(entry.id);
  // While it fetched, a seeder was one of those who are linked with each other.
  introducer.left(entry.id, entry.seeder);
  return entry;
}

void State::forget(const release::ReleaseId& id) {
  for (const auto& hash : catalogue.remove(id)) swarms.remove(hash);
  introducer.remove(id);
  offers.withdrawn(id);
}

}  // namespace roost::tracker
