// A raw BitTorrent peer on loopback that has a whole release and serves it as told: never,
// or at a rate, which may change while it runs. It speaks the fast extension (BEP 6) and nothing
// of ours.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/fd.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {

class ScriptedPeer {
 public:
  using Clock = std::chrono::steady_clock;
  struct Request {
    std::uint32_t piece, begin, length;
    Clock::time_point at;
    bool operator==(const Request& other) const {
      return piece == other.piece && begin == other.begin;
    }
  };

  // 0 bytes a second: accepts requests, stays connected, sends nothing.
  ScriptedPeer(const Release& release, std::uint64_t rate);
  ~ScriptedPeer();

  // Before anybody dials: it has the first pieces only, and asks for the others whoever shows them.
  void lack_from(std::uint32_t piece) { first_lacking_ = piece; }
  // Rejects from now on what it never was asked for.
  void babble() { babbles_ = true; }
  void serve_at(std::uint64_t rate) { rate_ = rate; }
  // Whoever dials from now on is kept waiting for TCP's own answer, until take_dials().
  void hold_dials();
  void take_dials();
  Neighbour as_neighbour() const { return {{"127.0.0.1", port_}, false}; }
  std::vector<Request> requests() const;          // all that ever came, on any connection
  int connections() const;                        // hand-shakes done
  int refused() const;                            // hand-shakes for another torrent
  std::vector<Clock::time_point> blocks() const;  // when those came that it asked for

 private:
  struct Connection;
  void run(const std::stop_token& stop);
  bool receive(Connection& connection);  // false: closed
  void handle(Connection& connection, BytesView message);
  void serve(Connection& connection);
  void greet(Connection& connection);
  void want(Connection& connection, std::uint32_t piece);
  void ask(Connection& connection);

  const Release& release_;
  std::atomic<std::uint64_t> rate_;
  const std::string info_hash_;
  UniqueFd listener_, first_in_line_;
  std::atomic<bool> held_{false}, babbles_{false};
  std::atomic<std::uint32_t> first_lacking_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  int connections_ = 0, refused_ = 0;
  std::set<std::pair<std::uint32_t, std::uint32_t>> got_;  // piece and begin; its thread's
  std::vector<Clock::time_point> blocks_;
  std::jthread thread_;
};

}  // namespace roost::swarm::test
