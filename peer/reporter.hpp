// Tells the tracker how far this node is: at once when something changed, every
// second while something is being fetched, now and then otherwise.
//
// A thread of its own; a tracker that is away costs nothing but the report.
// snapshot is called on that thread. Destruction interrupts and joins.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "core/net/url.hpp"
#include "core/proto/report.hpp"

namespace roost::peer {

class Reporter {
 public:
  Reporter(net::Url tracker, std::function<proto::NodeReport()> snapshot);

  void changed();  // any thread

 private:
  void work(const std::stop_token& stop);

  const net::Url tracker_;
  const std::function<proto::NodeReport()> snapshot_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool changed_ = true;  // the first report goes out at once
  std::jthread thread_;
};

}  // namespace roost::peer
