// The nodes the tracker has heard of: where they accept peers, what they follow
// and how far they are with each release.
//
// Soft state, filled by event streams, long polls and reports; time is an
// argument. A node is live while it holds a stream or was heard of lately; else
// it is lost: shown, but handed to nobody. Owned by one thread. Throws
// Error{unavailable} when there are more nodes than it will hold.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/proto/report.hpp"
#include "core/proto/summary.hpp"
#include "core/release/names.hpp"
#include "tracker/peer_address.hpp"

namespace roost::tracker {

inline constexpr std::size_t kMaxNodes = 100'000;

struct Node {
  std::string id;
  PeerAddress address;  // unusable() while the node has not told
  std::string zone;
  std::vector<release::ChannelRef> follows;
  std::vector<proto::TransferReport> transfers;
  Monotonic heard{};
  std::uint32_t streams = 0;
};

struct NodeHello {
  std::string id;
  PeerAddress address;
  std::string zone;
  std::vector<release::ChannelRef> follows;
};

class NodeTable {
 public:
  NodeTable(std::chrono::seconds lost_after, std::chrono::seconds forgotten_after)
      : lost_after_(lost_after), forgotten_after_(forgotten_after) {}

  // Heard of: a stream, poll or report. An unusable address or an empty zone or
  // list of channels leaves what is known.
  Node& heard(const NodeHello& hello, Monotonic now);
  void stream_opened(const std::string& id);
  void stream_closed(const std::string& id, Monotonic now);

  // Replaces the node's transfers.
  void report(const std::string& id, std::vector<proto::TransferReport> transfers);

  bool live(const Node& node, Monotonic now) const noexcept;
  // Followers of a channel, lost ones included; valid until the next change.
  const std::vector<Node*>& followers(const release::ChannelRef& channel) const;
  const Node* find(const std::string& id) const;
  bool is_node(const PeerAddress& address) const { return addresses_.contains(address); }
  proto::NodeCounts counts(const release::ReleaseId& release) const;  // `following` is 0
  std::vector<const Node*> all() const;                               // by id
  std::size_t size() const noexcept { return nodes_.size(); }

  // Drops nodes not heard of for long.
  void forget(Monotonic now);

 private:
  void follow(Node& node, const std::vector<release::ChannelRef>& channels);
  void unfollow(Node& node);
  void count(const Node& node, int direction);
  void move_to(Node& node, const PeerAddress& address);

  std::chrono::seconds lost_after_;
  std::chrono::seconds forgotten_after_;
  std::unordered_map<std::string, std::unique_ptr<Node>> nodes_;
  std::map<release::ChannelRef, std::vector<Node*>> followers_;
  std::unordered_map<PeerAddress, std::uint32_t> addresses_;
  std::unordered_map<release::ReleaseId, proto::NodeCounts> counts_;
};

}  // namespace roost::tracker
