#include "tracker/node_table.hpp"

#include <algorithm>

#include "core/base/error.hpp"

namespace roost::tracker {
namespace {

bool is_whole(const proto::TransferReport& transfer) {
  using proto::TransferState;
  return (transfer.state == TransferState::staged || transfer.state == TransferState::active) &&
         transfer.pieces == transfer.pieces_total;
}

}  // namespace

Node& NodeTable::heard(const NodeHello& hello, Monotonic now) {
  auto found = nodes_.find(hello.id);
  if (found == nodes_.end()) {
    if (nodes_.size() >= kMaxNodes) {
      throw Error(Errc::unavailable, "remember node " + hello.id + ": the table is full");
    }
    found = nodes_.emplace(hello.id, std::make_unique<Node>()).first;
    found->second->id = hello.id;
  }
  Node& node = *found->second;
  node.heard = now;
  if (hello.address.usable()) move_to(node, hello.address);
  if (!hello.zone.empty()) node.zone = hello.zone;
  if (!hello.follows.empty()) follow(node, hello.follows);
  return node;
}

void NodeTable::stream_opened(const std::string& id) {
  const auto found = nodes_.find(id);
  if (found != nodes_.end()) ++found->second->streams;
}

void NodeTable::stream_closed(const std::string& id, Monotonic now) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  Node& node = *found->second;
  if (node.streams > 0) --node.streams;
  node.heard = now;
}

void NodeTable::report(const std::string& id, std::vector<proto::TransferReport> transfers) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return;
  count(*found->second, -1);
  found->second->transfers = std::move(transfers);
  count(*found->second, +1);
}

bool NodeTable::live(const Node& node, Monotonic now) const noexcept {
  return node.streams > 0 || now - node.heard < lost_after_;
}

const std::vector<Node*>& NodeTable::followers(const release::ChannelRef& channel) const {
  static const std::vector<Node*> none;
  const auto found = followers_.find(channel);
  return found == followers_.end() ? none : found->second;
}

const Node* NodeTable::find(const std::string& id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second.get();
}

proto::NodeCounts NodeTable::counts(const release::ReleaseId& release) const {
  const auto found = counts_.find(release);
  return found == counts_.end() ? proto::NodeCounts{} : found->second;
}

std::vector<const Node*> NodeTable::all() const {
  std::vector<const Node*> nodes;
  nodes.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_) nodes.push_back(node.get());
  std::sort(nodes.begin(), nodes.end(), [](auto* a, auto* b) { return a->id < b->id; });
  return nodes;
}

void NodeTable::forget(Monotonic now) {
  for (auto at = nodes_.begin(); at != nodes_.end();) {
    Node& node = *at->second;
    if (node.streams > 0 || now - node.heard < forgotten_after_) {
      ++at;
      continue;
    }
    unfollow(node);
    count(node, -1);
    move_to(node, {});
    at = nodes_.erase(at);
  }
}

void NodeTable::follow(Node& node, const std::vector<release::ChannelRef>& channels) {
  if (node.follows == channels) return;
  unfollow(node);
  node.follows = channels;
  for (const auto& channel : node.follows) followers_[channel].push_back(&node);
}

void NodeTable::unfollow(Node& node) {
  for (const auto& channel : node.follows) {
    const auto found = followers_.find(channel);
    if (found == followers_.end()) continue;
    std::erase(found->second, &node);
    if (found->second.empty()) followers_.erase(found);
  }
  node.follows.clear();
}

void NodeTable::count(const Node& node, int direction) {
  const auto step = static_cast<std::uint32_t>(direction);  // wraps: unsigned is modular
  for (const auto& transfer : node.transfers) {
    proto::NodeCounts& counts = counts_[transfer.release_id];
    switch (transfer.state) {
      case proto::TransferState::fetching:
        counts.fetching += step;
        break;
      case proto::TransferState::staged:
        counts.staged += step;
        break;
      case proto::TransferState::active:
        counts.active += step;
        break;
      case proto::TransferState::failed:
        counts.failed += step;
        break;
    }
    if (is_whole(transfer)) counts.whole += step;
    if (counts.fetching + counts.staged + counts.active + counts.failed == 0) {
      counts_.erase(transfer.release_id);
    }
  }
}

void NodeTable::move_to(Node& node, const PeerAddress& address) {
  if (node.address == address) return;
  if (node.address.usable() && --addresses_[node.address] == 0) addresses_.erase(node.address);
  node.address = address;
  if (address.usable()) ++addresses_[address];
}

}  // namespace roost::tracker
