// Keeps one followed name at what its channel says: the thread that fetches,
// stages and activates it.
//
// Give it offers and it works towards the newest; a newer one ends the fetching
// of an older. What fails for a passing reason (a full disk, say) is tried again
// with a back-off; what contradicts its signature, or failed by itself once it was
// active, is not. Thread-safe; destruction interrupts and joins.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "core/base/deadline.hpp"
#include "peer/node.hpp"
#include "peer/plan.hpp"

namespace roost::peer {

// How a release came here: moments by the machine's clock, and what was received for it.
struct Delivered {
  using Moment = std::chrono::system_clock::time_point;
  release::ReleaseRef release;
  release::ReleaseId id;
  Moment offered;                     // the tracker's event was verified
  std::optional<Moment> first_piece;  // nothing: no piece had to be fetched
  Moment complete;                    // what had to be fetched for the tree, verified
  Moment staged;
  std::chrono::duration<double> sync{0};  // the part before staged that waited for the disk
  HoldingStats received;
};

class AppWorker {
 public:
  // Called on the worker; must be quick. Any may be empty.
  struct Events {
    std::function<void()> changed;  // its state
    std::function<void(const Delivered&)> staged;
    std::function<void(const release::ReleaseRef&)> activated;
  };

  AppWorker(Node& node, release::ChannelRef channel, bool stage_only, Events events);
  ~AppWorker();
  AppWorker(const AppWorker&) = delete;
  AppWorker& operator=(const AppWorker&) = delete;

  const release::ChannelRef& channel() const noexcept { return channel_; }

  // Verified, and its channel statement is this channel's and not below the floor.
  void offer(const VerifiedOffer& offer);
  void withdraw(const release::ReleaseId& id);  // unpublished: stop fetching it
  void reconsider();                            // something local changed: plan again

 private:
  using Clock = std::chrono::steady_clock;
  struct Wanted {
    VerifiedOffer offer;
    Clock::time_point received;
  };

  void work(const std::stop_token& stop);
  std::optional<Wanted> next_wanted(const std::stop_token& stop, std::optional<Monotonic> retry);
  bool attend(const Wanted& wanted, const std::stop_token& stop);
  Observed observe(const store::App& app) const;
  std::shared_ptr<Holding> fetch(const Wanted& wanted, const std::stop_token& stop);
  bool activate(const Desired& desired, const VerifiedOffer& offer, const store::App& app,
                const std::stop_token& stop);
  void collect();
  void settle_state(const VerifiedOffer& offer, const store::App& app, const Plan& left);

  Node& node_;
  const release::ChannelRef channel_;
  const bool stage_only_;
  const Events events_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<Wanted> wanted_;
  bool again_ = false;
  std::stop_source fetching_;  // ends the fetch under way
  std::jthread thread_;        // last: it uses all of the above
};

}  // namespace roost::peer
