// What the hosts do: ask for pieces, pass blocks on, say what they have.
//
// A node follows libtorrent as core/swarm sets it up: whole pieces, rarest first, from
// each neighbour that has some; as many open requests as the neighbour allows; a block
// from a second one only when everything was asked for. Links wake up when libtorrent's
// do: when a block comes, or a piece from one that had nothing of interest. The seeder
// shows what the RevealingStrategy says. One thread.
#pragma once

#include <optional>
#include <vector>

#include "bench/simulator/origin.hpp"
#include "bench/simulator/pieces.hpp"
#include "bench/simulator/simulate.hpp"
#include "bench/simulator/wire.hpp"
#include "core/swarm/request_depth.hpp"

namespace roost::bench::simulator {

// The release as pieces and blocks.
struct Content {
  std::uint32_t pieces = 0;
  std::uint32_t blocks = 0;
  std::uint32_t piece_blocks = 0;  // in each but the last

  std::uint32_t blocks_of(std::uint32_t piece) const {
    return piece + 1 < pieces ? piece_blocks : blocks - piece * piece_blocks;
  }
};

struct NodeState {
  std::uint32_t have = 0;   // pieces
  std::uint32_t taken = 0;  // of them asked for, or there
  std::uint64_t redundant = 0;
  std::optional<Time> first;
  std::optional<Time> done;
};

class Swarm final : public Wire::Ends {
 public:
  Swarm(const Topology& topology, const Content& content, const SimulateOptions& options,
        EventQueue& events, SimulateWatcher& watcher);

  void begin();
  void handle(const Event& event);

  std::size_t done() const noexcept { return done_; }
  const NodeState& node(HostId host) const { return nodes_[host]; }
  bool complete(HostId host) const;  // every block of every piece came
  const Wire& wire() const noexcept { return wire_; }
  std::optional<Time> opened() const noexcept { return opened_; }

  void received(LinkId link, Message message) override;
  void block_left(LinkId link) override;

 private:
  enum Kind : std::uint32_t { ready = Wire::kKinds, verified, tick, reveal };

  // One end of a connection, as its owner sees the remote.
  struct Peer {
    std::uint32_t wanted = 0;  // pieces that it showed and we lack
    std::uint32_t run = 0;     // blocks chosen and not yet asked for: [run, run_end)
    std::uint32_t run_end = 0;
    std::uint32_t came = 0;                                 // blocks
    std::uint16_t allowed = swarm::RequestDepth::kInitial;  // what it takes
    std::uint16_t open = 0;                                 // requests
    bool interested = false;                                // as we said
    bool choked = true;                                     // by it
    bool dry = false;                                       // found nothing to ask for
    Time asked = 0;                                         // last
  };

  void link_ready(bool far);
  void on_have(LinkId link, std::uint32_t piece);
  void on_have_all(LinkId link);
  bool leave_to_zone(LinkId link, std::uint32_t piece) const;
  void on_block(LinkId link, std::uint32_t piece, std::uint32_t block);
  void on_verified(HostId host, std::uint32_t piece);
  void on_tick(HostId host);
  void wake(LinkId link);
  void reconsider(LinkId link);
  void fill(LinkId link);
  bool choose(LinkId link);
  bool ask_again(LinkId link);
  void ask(LinkId link, std::uint32_t block);
  std::uint32_t longest_run(LinkId link) const;
  void reveal_due();
  void carry_out_reveals();

  const Content content_;
  EventQueue& events_;
  SimulateWatcher& watcher_;
  Wire wire_;
  Time near_, far_;
  bool zones_named_;
  std::vector<unsigned> zones_;          // by host
  std::vector<std::uint32_t> leads_to_;  // by host: the zones that its links lead to, as bits
  Random random_;
  std::optional<Origin> origin_;
  bool reveal_pending_ = false;
  bool ready_[2] = {false, false};  // near, far connections
  std::vector<NodeState> nodes_;
  std::vector<Peer> peers_;
  std::vector<swarm::RequestDepth> depths_;
  Table have_, taken_, blocks_, shown_;  // by host, by host, by host, by link
  std::vector<std::uint16_t> availability_;
  std::vector<LinkId> audience_;
  std::size_t done_ = 0;
  std::optional<Time> opened_;
};

}  // namespace roost::bench::simulator
