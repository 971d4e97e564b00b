#include "tracker/offers.hpp"

#include "core/proto/offer.hpp"

namespace roost::tracker {
namespace {

constexpr std::size_t kKeptReleases = 64;  // of about 100 KiB each

}  // namespace

std::shared_ptr<const OfferText> OfferBook::make(const release::ReleaseId& id,
                                                 const crypto::Envelope* statement) {
  auto record = registry_.release(id);
  if (!record) return nullptr;
  proto::ReleaseOffer offer{record->descriptor.release,       record->id,
                            std::move(record->envelope),      std::nullopt,
                            std::move(record->index_torrent), std::move(record->image_torrent),
                            std::move(record->index_bytes),   {}};
  if (statement != nullptr) offer.channel = *statement;
  auto head = std::make_shared<const std::string>(proto::OfferTemplate(offer).head());
  return std::make_shared<const OfferText>(OfferText{id, std::move(head)});
}

std::shared_ptr<const OfferText> OfferBook::of(const release::ReleaseId& id) {
  const auto found = releases_.find(id);
  if (found != releases_.end()) return found->second;
  auto made = make(id, nullptr);
  if (!made) return nullptr;
  if (releases_.size() >= kKeptReleases) releases_.clear();
  releases_.emplace(id, made);
  return made;
}

std::shared_ptr<const OfferText> OfferBook::of(const release::ChannelRef& channel) {
  const auto found = channels_.find(channel);
  if (found != channels_.end()) return found->second;
  const auto info = registry_.channel(channel);
  return info ? moved(*info) : nullptr;
}

std::shared_ptr<const OfferText> OfferBook::moved(const proto::ChannelInfo& info) {
  auto made = make(info.state.release_id, &info.statement);
  channels_.insert_or_assign(info.channel, made);
  return made;
}

}  // namespace roost::tracker
