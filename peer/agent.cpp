#include "peer/agent.hpp"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "core/base/log.hpp"

namespace roost::peer {
namespace {

AgentConfig checked(AgentConfig config) {
  if (config.node.trust.empty()) {
    throw Error(Errc::usage, "start peer: no trusted key", "give --trust KEYFILE.pub");
  }
  std::set<release::Name> names;
  for (const auto& channel : config.follows) {
    if (names.insert(channel.name).second) continue;
    throw Error(Errc::usage,
                "follow " + channel.str() + ": another channel of " + channel.name.str() +
                    " is followed already",
                "a node follows one channel of a name; use two roots for two");
  }
  return config;
}

nlohmann::json to_object(const proto::TransferReport& transfer) {
  return {
      {"release", transfer.release.str()},
      {"release_id", transfer.release_id.hex()},
      {"state", proto::to_text(transfer.state)},
      {"pieces", transfer.pieces},
      {"pieces_total", transfer.pieces_total},
      {"bytes_seeder", transfer.bytes_seeder},
      {"bytes_peers", transfer.bytes_peers},
      {"seconds_to_staged", transfer.seconds_to_staged ? nlohmann::json(*transfer.seconds_to_staged)
                                                       : nlohmann::json(nullptr)},
      {"reason", transfer.reason},
      {"rate", transfer.rate},
      {"bound_by", transfer.bound_by},
      {"shares", transfer.shares},
      {"reused", transfer.reused}};
}

}  // namespace

Agent::Agent(AgentConfig config) : config_(checked(std::move(config))), node_(config_.node) {}

void Agent::run(const std::stop_token& stop) {
  reporter_ = std::make_unique<Reporter>(config_.node.tracker, [this] { return report(); });
  node_.images().on_whole([this] { reporter_->changed(); });
  for (const auto& channel : config_.follows) {
    AppWorker::Events events{[this] { reporter_->changed(); }, config_.on_staged,
                             config_.on_activated};
    workers_.emplace(channel.name, std::make_unique<AppWorker>(node_, channel, config_.stage_only,
                                                               std::move(events)));
  }
  follower_ = std::make_unique<Follower>(
      config_.node.tracker, config_.follows,
      proto::Caller{node_.id(), node_.address(), config_.node.zone},
      Follower::Events{[this](const auto& offer) { on_offer(offer); },
                       [this](const auto& notice) { on_unpublish(notice); }});
  control_ = std::make_unique<ControlServer>(
      node_.root().path(), [this](const std::string& request) { return on_command(request); });

  // Last: after a reboot it reads every image, and an operator must not wait for that.
  std::jthread sharing([this](const std::stop_token& done) {
    node_.hold_all_again(done);
    reporter_->changed();
  });

  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });

  // What feeds others goes first.
  sharing.request_stop();
  sharing.join();
  control_.reset();
  follower_.reset();
  workers_.clear();
  node_.images().on_whole({});
  reporter_.reset();
}

void Agent::on_offer(const proto::ReleaseOffer& offer) {
  const auto verified = verify_offer(offer, config_.node.trust);
  const auto name = verified.descriptor().release.name;
  auto* worker = worker_of(name);
  if (worker == nullptr || !verified.channel() ||
      verified.channel()->statement().channel != worker->channel()) {
    throw Error(Errc::integrity,
                "take offer of " + offer.release.str() + ": it is for no channel followed here");
  }
  const auto& statement = verified.channel()->statement();
  node_.floors().check_channel(statement.channel, statement.version, statement.release_id);
  worker->offer(verified);
}

void Agent::on_unpublish(const proto::UnpublishNotice& notice) {
  const auto verified = release::verify_unpublish(notice.statement, config_.node.trust);
  const auto& statement = verified.statement();
  if (auto* worker = worker_of(statement.release.name)) worker->withdraw(statement.release_id);
}

std::string Agent::on_command(const std::string& request) {
  const auto command = parse_command(request);
  if (command.verb == Verb::status) return live_status(command);
  std::string answer;
  {
    const std::lock_guard lock(node_.switching());
    answer =
        command.verb == Verb::gc ? collected_json(node_.collect()) : execute(command, node_.root());
  }
  node_.refresh_states();
  if (command.name) {
    if (auto* worker = worker_of(*command.name)) worker->reconsider();
  }
  reporter_->changed();
  return answer;
}

std::string Agent::live_status(const Command& command) {
  auto status = nlohmann::json::parse(execute(command, node_.root()));
  auto transfers = nlohmann::json::array();
  for (const auto& transfer : node_.transfers()) {
    if (!command.name || transfer.release.name == *command.name) {
      transfers.push_back(to_object(transfer));
    }
  }
  auto follows = nlohmann::json::array();
  for (const auto& channel : config_.follows) follows.push_back(channel.str());
  status["daemon"] = {{"tracker", config_.node.tracker.str()},
                      {"connected", follower_ && follower_->connected()},
                      {"listen", node_.address().str()},
                      {"follows", std::move(follows)},
                      {"transfers", std::move(transfers)}};
  return status.dump();
}

proto::NodeReport Agent::report() const {
  return {node_.id(), node_.address(), config_.node.zone, config_.follows, node_.transfers()};
}

AppWorker* Agent::worker_of(const release::Name& name) {
  const auto it = workers_.find(name);
  return it == workers_.end() ? nullptr : it->second.get();
}

}  // namespace roost::peer
