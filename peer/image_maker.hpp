// Makes images whole behind the trees that are staged already.
//
// A tree may be staged before its image (peer/delivery), and a node may be stopped before an image
// is whole. One thread of low priority packs what images of other releases and patches give, one
// release after the other, and joins the image's swarm, which brings the rest; until it is whole
// its verified pieces are saved and its links looked after. What fails is logged and costs bytes:
// the swarm is joined with the pieces that were verified. Thread-safe; destruction interrupts what
// is being made and joins the thread. The root outlives it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "core/base/deadline.hpp"
#include "peer/holding.hpp"
#include "peer/peer_need.hpp"

namespace roost::peer {

class ImageMaker {
 public:
  explicit ImageMaker(const store::Root& root);
  ~ImageMaker();
  ImageMaker(const ImageMaker&) = delete;
  ImageMaker& operator=(const ImageMaker&) = delete;

  // Called on its thread when an image became whole; must be quick, and is not called any more when
  // another was set.
  void on_whole(std::function<void()> listener);

  void add(std::shared_ptr<Holding> holding);  // nothing happens if it is whole, or here already
  // Lets go of it: when this returns nothing of it is written any more.
  void drop(const release::ReleaseId& id);

  // Waits while what this node can make of that image is not made, which it does next then; false
  // at the deadline or stop.
  bool await_made(const release::ReleaseId& id, Deadline deadline, const std::stop_token& stop);

 private:
  struct Item {
    std::shared_ptr<Holding> holding;
    Monotonic due{};                    // not before: after an error
    Monotonic resume{};                 // likewise, of what the disk stopped
    std::optional<PeerNeed> need = {};  // once its swarm is joined
    std::ptrdiff_t saved = -1;          // pieces that `have` on the disk tells of
  };

  void work(const std::stop_token& stop);
  void make_next(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  bool make(Item& item, const std::stop_token& stop);
  static bool note(Item& item);
  static bool tend(Item& item);
  void tell();

  const store::Root& root_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Item> to_make_;
  std::deque<Item> unfinished_;  // their swarms are joined
  std::optional<release::ReleaseId> making_;
  std::stop_source drop_making_;
  std::mutex telling_;  // never taken inside mutex_
  std::function<void()> on_whole_;
  std::jthread thread_;
};

}  // namespace roost::peer
