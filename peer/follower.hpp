// Listens to the tracker's events for the channels that a node follows.
//
// A thread of its own keeps one event stream open and passes on what comes; when
// the tracker is away it says so once, tries again with jittered back-off for as
// long as it lives, and says when it is back. Callbacks run on that thread; what
// they throw is logged. Destruction interrupts and joins.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "core/net/url.hpp"
#include "core/proto/api.hpp"

namespace roost::peer {

class Follower {
 public:
  struct Events {
    std::function<void(const proto::ReleaseOffer&)> on_offer;
    std::function<void(const proto::UnpublishNotice&)> on_unpublish;
  };

  Follower(net::Url tracker, std::vector<release::ChannelRef> follows, proto::Caller caller,
           Events events);

  bool connected() const noexcept { return connected_; }

 private:
  void work(const std::stop_token& stop);
  void read_stream(std::string& last_id, const std::stop_token& stop);
  void pass_on(const std::string& kind, const std::string& data) const;

  const net::Url tracker_;
  const std::vector<release::ChannelRef> follows_;
  const proto::Caller caller_;
  const Events events_;
  std::atomic<bool> connected_ = false;
  std::jthread thread_;
};

}  // namespace roost::peer
