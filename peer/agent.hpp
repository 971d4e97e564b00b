// The peer daemon: follows channels and keeps a node at what they say.
//
// The constructor takes the root's lock, recovers, listens for peers and shares
// what is on the disk; run() then follows the tracker until it is stopped. A
// tracker that is away, a full disk or a hostile peer do not end it.
// Errors of the constructor: conflict (the root or the address is in use), usage
// (two channels of one name, no trusted key), what core/store throws.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <vector>

#include "peer/app_worker.hpp"
#include "peer/command.hpp"
#include "peer/control.hpp"
#include "peer/follower.hpp"
#include "peer/node.hpp"
#include "peer/reporter.hpp"

namespace roost::peer {

struct AgentConfig {
  NodeConfig node;
  std::vector<release::ChannelRef> follows;
  bool stage_only = false;
  // For each release that was fetched; called on several threads, must be quick. May be empty.
  std::function<void(const Delivered&)> on_staged = {};
  std::function<void(const release::ReleaseRef&)> on_activated = {};
};

class Agent {
 public:
  explicit Agent(AgentConfig config);

  Endpoint endpoint() const { return node_.address(); }
  const std::string& node_id() const { return node_.id(); }

  void run(const std::stop_token& stop);

 private:
  void on_offer(const proto::ReleaseOffer& offer);
  void on_unpublish(const proto::UnpublishNotice& notice);
  std::string on_command(const std::string& request);
  std::string live_status(const Command& command);
  proto::NodeReport report() const;
  AppWorker* worker_of(const release::Name& name);

  AgentConfig config_;
  Node node_;
  std::unique_ptr<Reporter> reporter_;
  std::map<release::Name, std::unique_ptr<AppWorker>> workers_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<ControlServer> control_;
};

}  // namespace roost::peer
