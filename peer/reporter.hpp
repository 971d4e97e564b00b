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

#include "core/net/http_client.hpp"
#include "core/proto/report.hpp"

namespace roost::peer {

class Reporter {
 public:
  Reporter(net::Url tracker, std::function<proto::NodeReport()> snapshot);

  void changed();  // any thread

  // Ends the thread and sends how things stand now, within two seconds or not at
  // all: for a process that is about to leave.
  void send_last(const std::stop_token& stop);

 private:
  void work(const std::stop_token& stop);
  void send(net::HttpClient& client, const proto::NodeReport& report, Deadline deadline,
            const std::stop_token& stop) const;

  const net::Url tracker_;
  const std::function<proto::NodeReport()> snapshot_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool changed_ = true;  // the first report goes out at once
  std::jthread thread_;
};

}  // namespace roost::peer
