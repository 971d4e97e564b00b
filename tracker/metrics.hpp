// The tracker's numbers for Prometheus: base units, names roost_tracker_*.
//
// Counters are raised where things happen; gauges are read from the state when
// somebody asks. Owned by one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace roost::tracker {

struct Gauges {
  std::size_t releases = 0;
  std::size_t swarms = 0;
  std::size_t peers = 0;
  std::size_t nodes_live = 0;
  std::size_t nodes_lost = 0;
  std::size_t event_streams = 0;
  std::size_t long_polls = 0;
  std::uint64_t events_sent = 0;
  std::uint64_t http_requests = 0;
  std::uint64_t http_connections = 0;
  std::uint64_t dropped_streams = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void announced(bool accepted, std::chrono::duration<double> took);
  void scraped();
  void registered(bool created);
  void refused_registration();
  void channel_moved(std::chrono::duration<double> told_all);
  void unpublished();

  std::string text(const Gauges& gauges);  // the exposition format

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::tracker
