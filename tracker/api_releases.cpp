// What is registered: releases, names, channels, offers.
#include <algorithm>

#include "core/proto/api.hpp"
#include "tracker/api.hpp"

namespace roost::tracker {
namespace {

net::Response json(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

net::Response torrent(const Bytes& bytes) {
  return {200, "application/x-bittorrent", std::string(as_text(bytes)), {}};
}

[[noreturn]] void not_registered(const std::string& what) {
  throw Error(Errc::not_found, "look up " + what + ": it is not registered");
}

}  // namespace

const CatalogueEntry& Api::entry_named(const std::string& text) const {
  const bool by_id = text.find('@') == std::string::npos;
  if (by_id && text.size() != 64) {
    throw Error(Errc::usage, "look up release: '" + text.substr(0, 100) + "' names none",
                "write NAME@VERSION or the 64 digits of a release id");
  }
  const auto* entry = by_id ? state_.catalogue.find(release::ReleaseId::parse(text))
                            : state_.catalogue.find(release::ReleaseRef::parse(text));
  if (entry == nullptr) not_registered("release " + text);
  return *entry;
}

proto::ReleaseSummary Api::summary(const CatalogueEntry& entry) {
  proto::ReleaseSummary result{entry.descriptor.release,
                               entry.id,
                               entry.descriptor.sequence,
                               entry.descriptor.tree_digest,
                               entry.descriptor.tree_bytes,
                               entry.descriptor.files,
                               entry.index,
                               entry.image,
                               entry.patches,
                               entry.descriptor.provenance.created,
                               {},
                               state_.nodes.counts(entry.id)};
  const auto channels = state_.catalogue.channels_naming(entry);
  for (const auto& ref : channels) result.channels.push_back(ref.channel);
  result.nodes.following = live_followers(channels);
  return result;
}

net::Response Api::list_releases(const net::Request& request) {
  const auto wanted = request.query_value("name");
  const auto name = wanted ? std::optional(release::Name::parse(*wanted)) : std::nullopt;
  std::vector<proto::ReleaseSummary> summaries;
  for (const auto* entry : state_.catalogue.newest_first()) {
    if (!name || entry->descriptor.release.name == *name) summaries.push_back(summary(*entry));
  }
  return json(proto::to_json(summaries));
}

net::Response Api::get_release(Path path) {
  const auto& entry = entry_named(path[0]);
  if (path.size() == 1) return json(proto::to_json(summary(entry)));
  const auto record = state_.registry.release(entry.id);
  if (!record) not_registered("release " + path[0]);
  if (path[1] == "descriptor") return json(crypto::serialise(record->envelope));
  if (path[1] == "index.torrent") return torrent(record->index_torrent);
  if (path[1] == "image.torrent" && record->image_torrent) return torrent(*record->image_torrent);
  if (path[1] == "patches.torrent" && record->patches_torrent) {
    return torrent(*record->patches_torrent);
  }
  throw Error(Errc::not_found, "look up " + entry.descriptor.release.str() + ": it has no " +
                                   path[1].substr(0, 100));
}

net::Response Api::get_name(const std::string& name) {
  const auto state = state_.registry.name(release::Name::parse(name));
  if (!state) not_registered("name " + name);
  return json(proto::to_json(*state));
}

net::Response Api::get_channel(Path path) {
  const release::ChannelRef ref{release::Name::parse(path[0]), release::Channel::parse(path[1])};
  const auto info = state_.registry.channel(ref);
  if (!info) throw Error(Errc::not_found, "look up channel " + ref.str() + ": there is none");
  return json(proto::to_json(*info));
}

net::Response Api::get_offer(const net::Request& request, Path path) {
  const auto hello = hello_of(request);
  std::shared_ptr<const OfferText> offer;
  std::optional<release::ChannelRef> channel;
  if (path.size() == 2) {
    channel = release::ChannelRef{release::Name::parse(path[0]), release::Channel::parse(path[1])};
    offer = state_.offers.of(*channel);
    if (!offer) throw Error(Errc::not_found, "offer " + channel->str() + ": no such channel");
  } else {
    offer = state_.offers.of(entry_named(path[0]).id);
  }
  const auto now = std::chrono::steady_clock::now();
  if (!hello.id.empty()) state_.nodes.heard(hello, now);
  const auto* entry = offer ? state_.catalogue.find(offer->id) : nullptr;
  if (entry == nullptr) not_registered("the release");
  const auto neighbours =
      state_.introducer.introduce(*entry, {hello.id, hello.address}, now, state_.rng);
  return json(*offer->head + proto::OfferTemplate::tail(neighbours));
}

}  // namespace roost::tracker
