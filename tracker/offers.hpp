// The texts of offers, serialised once and shared by all who are sent one.
//
// An offer is its head (descriptor, torrents, index and patches where small for the number of
// those who read it: the same for everybody) and a tail of neighbours (proto::OfferTemplate). Heads
// of channels are kept while the channel stays; of other releases, the last few that were asked
// for. Owned by one thread. Throws what the registry throws.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/proto/registration.hpp"
#include "core/release/names.hpp"
#include "tracker/registry.hpp"

namespace roost::tracker {

struct OfferText {
  release::ReleaseId id;
  std::shared_ptr<const std::string> head;
};

class OfferBook {
 public:
  // `inlines`: small indices and patches travel inside offers; else none do.
  explicit OfferBook(Registry& registry, bool inlines = true)
      : registry_(registry), inlines_(inlines) {}

  // Nothing for a release that is not registered, a channel that never moved.
  std::shared_ptr<const OfferText> of(const release::ReleaseId& id);
  std::shared_ptr<const OfferText> of(const release::ChannelRef& channel);

  // The channel is elsewhere now; returns its new offer, for so many followers at once.
  std::shared_ptr<const OfferText> moved(const proto::ChannelInfo& info, std::size_t followers);
  void withdrawn(const release::ReleaseId& id) { releases_.erase(id); }

 private:
  std::shared_ptr<const OfferText> make(const release::ReleaseId& id,
                                        const crypto::Envelope* statement, std::size_t readers);

  Registry& registry_;
  const bool inlines_;
  std::map<release::ReleaseId, std::shared_ptr<const OfferText>> releases_;
  std::map<release::ChannelRef, std::shared_ptr<const OfferText>> channels_;
};

}  // namespace roost::tracker
