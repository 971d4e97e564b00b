#include "tracker/offers.hpp"

#include <algorithm>
#include <limits>

#include "core/proto/offer.hpp"

namespace roost::tracker {
namespace {

constexpr std::size_t kKeptReleases = 64;  // of about 100 KiB each

// A part inside the offer saves a node one swarm and a round of hand-shakes, but all copies
// leave the tracker's one link: a large part goes to as many as that link bears.
constexpr std::size_t kSmall = 16UL * 1024;
// Of each of the two parts that may ride.
constexpr std::size_t kInlineBudget = 64UL * 1024 * 1024;

bool is_inlined(std::size_t size, std::size_t readers) {
  return size <= kSmall || size <= kInlineBudget / std::max<std::size_t>(readers, 1);
}

constexpr auto kUnknown = std::numeric_limits<std::size_t>::max();

}  // namespace

std::shared_ptr<const OfferText> OfferBook::make(const release::ReleaseId& id,
                                                 const crypto::Envelope* statement,
                                                 std::size_t readers) {
  auto record = registry_.release(id);
  if (!record) return nullptr;
  proto::ReleaseOffer offer{record->descriptor.release,       record->id,
                            std::move(record->envelope),      std::nullopt,
                            std::move(record->index_torrent), std::move(record->image_torrent),
                            std::move(record->index_bytes),   std::move(record->patches_torrent),
                            std::move(record->patches_bytes), {}};
  for (auto* part : {&offer.index, &offer.patches}) {
    if (*part && !(inlines_ && is_inlined((*part)->size(), readers))) part->reset();
  }
  if (statement != nullptr) offer.channel = *statement;
  auto head = std::make_shared<const std::string>(proto::OfferTemplate(offer).head());
  return std::make_shared<const OfferText>(OfferText{id, std::move(head)});
}

std::shared_ptr<const OfferText> OfferBook::of(const release::ReleaseId& id) {
  const auto found = releases_.find(id);
  if (found != releases_.end()) return found->second;
  auto made = make(id, nullptr, kUnknown);
  if (!made) return nullptr;
  if (releases_.size() >= kKeptReleases) releases_.clear();
  releases_.emplace(id, made);
  return made;
}

std::shared_ptr<const OfferText> OfferBook::of(const release::ChannelRef& channel) {
  const auto found = channels_.find(channel);
  if (found != channels_.end()) return found->second;
  const auto info = registry_.channel(channel);
  if (!info) return nullptr;
  auto made = make(info->state.release_id, &info->statement, kUnknown);
  channels_.insert_or_assign(channel, made);
  return made;
}

std::shared_ptr<const OfferText> OfferBook::moved(const proto::ChannelInfo& info,
                                                  std::size_t followers) {
  channels_.erase(info.channel);  // who asks later is not counted here
  return make(info.state.release_id, &info.statement, followers);
}

}  // namespace roost::tracker
