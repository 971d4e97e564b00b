#include "tests/flow/cluster.hpp"

#include <gtest/gtest.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "core/base/tree_compare.hpp"
#include "core/crypto/certificates.hpp"
#include "core/net/http_client.hpp"
#include "core/proto/api.hpp"
#include "peer/command.hpp"
#include "peer/verify_staged.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::flow {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string name_of(const std::string& release) {
  return release.substr(0, release.find('@'));
}
std::string version_of(const std::string& release) {
  return release.substr(release.find('@') + 1) + "-";
}

// Incompressible files, so that sizes are what they seem, and a few small ones.
void write_artifact(const fs::path& top, const PublishSpec& spec) {
  fs::create_directories(top / "bin");
  fs::create_directories(top / "empty");
  std::mt19937_64 random(spec.seed);
  for (unsigned i = 0; i < spec.mebibytes; ++i) {
    std::ofstream file(top / "bin" / ("part-" + std::to_string(i)), std::ios::binary);
    for (int word = 0; word < (1 << 20) / 8; ++word) {
      const auto value = random();
      file.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  std::ofstream(top / "version") << spec.seed << '\n';
  fs::create_symlink("bin/part-0", top / "link");
}

// What the next build would change: a run in the middle of some files, and the version.
void change_artifact(const fs::path& top, const PublishSpec& spec) {
  std::mt19937_64 random(spec.seed);
  for (unsigned run = 0; run < spec.runs; ++run) {
    std::fstream file(top / "bin" / ("part-" + std::to_string(run)),
                      std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(200'000 + 100'000 * (spec.seed % 5)));
    for (int word = 0; word < 2048; ++word) {
      const auto value = random();
      file.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  std::ofstream(top / "version") << spec.seed << '\n';
}

}  // namespace

void await(const std::string& what, const std::function<bool()>& condition,
           std::chrono::seconds limit) {
  for (const auto deadline = Deadline::in(limit); !deadline.expired();) {
    if (condition()) return;
    std::this_thread::yield();
    std::this_thread::sleep_for(5ms);
  }
  throw std::runtime_error("waited in vain for: " + what);
}

TrackerThread::TrackerThread(const fs::path& data, const Endpoint& listen)
    : tracker_([&] {
        tracker::TrackerConfig config;
        config.data = data;
        config.listen = listen;
        return config;
      }()),
      thread_([this](const std::stop_token& stop) { tracker_.run(stop); }) {}

PublisherThread::PublisherThread(seeder::PublishOptions options, const crypto::SecretKey& key)
    : thread_([this, options = std::move(options), &key](const std::stop_token& stop) {
        try {
          result_ = seeder::publish(options, key, *this, stop);
        } catch (...) {
          failure_ = std::current_exception();
        }
        ended_ = true;
      }) {}

void PublisherThread::await_registered() {
  await("the registration", [this] { return registered_ || ended_; });
  if (!registered_) result();
}

void PublisherThread::leave() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

seeder::PublishResult PublisherThread::result() {
  await("the publisher's end", [this] { return ended_.load(); });
  if (failure_) std::rethrow_exception(failure_);
  return *result_;
}

NodeThread::NodeThread(peer::AgentConfig config)
    : agent_(std::move(config)),
      thread_([this](const std::stop_token& stop) { agent_.run(stop); }) {}

Cluster::Cluster(ClusterOptions options) : options_(std::move(options)) {
  if (options_.tls) ca_.emplace(scratch_.path() / "ca");
  start_tracker();
  nodes_.resize(options_.nodes);
  for (unsigned i = 0; i < options_.nodes; ++i) start_node(i);
  await_following();
}

Cluster::~Cluster() = default;

std::unique_ptr<PublisherThread> Cluster::publish(const std::string& release,
                                                  const PublishSpec& spec) {
  if (fs::exists(artifact(release))) {
    // Published before: the same again.
  } else if (spec.changed_from.empty()) {
    write_artifact(artifact(release), spec);
  } else {
    fs::copy(artifact(spec.changed_from), artifact(release),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    change_artifact(artifact(release), spec);
  }
  std::vector<release::Channel> channels;
  for (const auto& channel : spec.channels) channels.push_back(release::Channel::parse(channel));
  seeder::PublishOptions publish{.path = artifact(release).string(),
                                 .release = release::ReleaseRef::parse(release),
                                 .tracker = tracker_url(),
                                 .channels = std::move(channels),
                                 .goal = spec.goal,
                                 .seeder = {},
                                 .base = {},
                                 .excludes = {},
                                 .work_dir = {},
                                 .swarm = {},
                                 .builder = {},
                                 .created = {}};
  publish.swarm.listen = {"127.0.0.1", 0};
  publish.swarm.upload_limit = spec.upload_limit;
  if (ca_) publish.swarm.tls = member("publisher");
  auto publisher = std::make_unique<PublisherThread>(std::move(publish), key_);
  publisher->await_registered();
  return publisher;
}

peer::NodeConfig Cluster::node_config(const fs::path& root) const {
  peer::NodeConfig config{.root = root,
                          .tracker = tracker_url(),
                          .trust = {key_.public_key()},
                          .zone = {},
                          .swarm = {},
                          .stage = {},
                          .retention = {}};
  config.swarm.listen = {"127.0.0.1", 0};
  config.swarm.upload_limit = options_.node_upload_limit;
  return config;
}

swarm::PeerTls Cluster::member(const std::string& name) const {
  const auto files = ca_->issue(name);
  auto read = crypto::load_credentials({files.ca, files.cert, files.key});
  return {std::move(read.ca), std::move(read.cert), std::move(read.key)};
}

void Cluster::start_node(unsigned number) {
  auto config = node_config(root(number));
  if (ca_) config.swarm.tls = member("node-" + std::to_string(number));
  run_node(number, std::move(config));
}

void Cluster::start_plain_node(unsigned number) {
  run_node(number, node_config(root(number)));
}

void Cluster::run_node(unsigned number, peer::NodeConfig node) {
  peer::AgentConfig config{.node = std::move(node), .follows = {}, .stage_only = false};
  for (const auto& channel : options_.follows) {
    config.follows.push_back(release::ChannelRef::parse(channel));
  }
  nodes_.at(number) = std::make_unique<NodeThread>(std::move(config));
}

void Cluster::start_tracker() {
  tracker_ = std::make_unique<TrackerThread>(scratch_.path() / "tracker", tracker_address_);
  tracker_address_ = tracker_->endpoint();
}

std::string Cluster::current(unsigned node, const std::string& name) const {
  std::error_code none;
  return fs::read_symlink(root(node) / "apps" / name / "current", none).filename().string();
}

nlohmann::json Cluster::transfer(unsigned node, const std::string& release) const {
  const auto status = nlohmann::json::parse(peer::run_command(root(node), {}));
  if (!status.contains("daemon")) return {};
  for (const auto& transfer : status["daemon"]["transfers"]) {
    if (transfer["release"] == release) return transfer;
  }
  return {};
}

std::uint64_t Cluster::pieces(unsigned node, const std::string& release) const {
  const auto found = transfer(node, release);
  return found.is_null() ? 0 : found["pieces"].get<std::uint64_t>();
}

std::string Cluster::state(unsigned node, const std::string& release) const {
  const auto found = transfer(node, release);
  return found.is_null() ? "" : found["state"].get<std::string>();
}

std::uint64_t Cluster::received(unsigned node, const std::string& release) const {
  const auto found = transfer(node, release);
  return found.is_null() ? 0
                         : found["bytes_seeder"].get<std::uint64_t>() +
                               found["bytes_peers"].get<std::uint64_t>();
}

std::map<std::string, std::uint64_t> Cluster::reused(unsigned node,
                                                     const std::string& release) const {
  const auto found = transfer(node, release);
  if (found.is_null() || !found.contains("reused")) return {};
  return found["reused"].get<std::map<std::string, std::uint64_t>>();
}

bool Cluster::is_whole(unsigned node, const std::string& release) const {
  const auto found = transfer(node, release);
  return !found.is_null() && found["pieces"] == found["pieces_total"];
}

fs::path Cluster::image_dir(unsigned node, const std::string& release) const {
  return root(node) / "images" / transfer(node, release)["release_id"].get<std::string>();
}

std::string Cluster::reason(unsigned node, const std::string& release) const {
  const auto found = transfer(node, release);
  return found.is_null() ? "" : found["reason"].get<std::string>();
}

std::string Cluster::offer_of(const std::string& release) const {
  net::HttpClient client(tracker_url());
  const proto::Caller nobody{"test", {"127.0.0.1", 1}, {}};
  return client
      .get(proto::offer_path(release::ReleaseRef::parse(release), nobody), Deadline::in(10s))
      .body;
}

peer::FetchResult Cluster::fetch(const std::string& what, const net::Url& tracker) const {
  const auto place = scratch_.path() / "fetched";
  auto config = node_config(place);
  config.tracker = tracker;
  std::variant<release::ReleaseRef, release::ChannelRef> asked =
      release::ReleaseRef::parse("web@1.0.0");
  if (what.find('@') != std::string::npos) {
    asked = release::ReleaseRef::parse(what);
  } else {
    asked = release::ChannelRef::parse(what);
  }
  return peer::fetch({.node = std::move(config), .what = asked, .timeout = 20s, .progress = {}},
                     {});
}

fs::path Cluster::root(unsigned node) const {
  return scratch_.path() / ("node-" + std::to_string(node));
}

void Cluster::await_following() {
  seeder::TrackerClient client(tracker_url());
  const auto alive =
      std::ranges::count_if(nodes_, [](const auto& node) { return node != nullptr; });
  await("the nodes to follow", [&] {
    return std::ranges::count_if(client.nodes(), [](const auto& view) {
             return view.live && !view.report.follows.empty();
           }) >= alive;
  });
}

void Cluster::await_active(const std::string& release, std::vector<unsigned> nodes) {
  if (nodes.empty()) {
    for (unsigned i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i]) nodes.push_back(i);
    }
  }
  for (const auto node : nodes) {
    await("node " + std::to_string(node) + " to activate " + release,
          [&] { return current(node, name_of(release)).starts_with(version_of(release)); });
    expect_equal(release, node);
  }
}

void Cluster::expect_equal(const std::string& release, unsigned node) const {
  const auto tree = root(node) / "apps" / name_of(release) / "current";
  const auto comparison = compare_trees(artifact(release), fs::canonical(tree), ".roost");
  EXPECT_GT(comparison.entries, 0U);
  EXPECT_EQ(comparison.differences, std::vector<std::string>{}) << "on node " << node;
  const auto keys = std::vector{key_.public_key()};
  EXPECT_TRUE(peer::verify_staged(tree, keys, {}).mismatches.empty()) << "on node " << node;
}

fs::path Cluster::artifact(const std::string& release) const {
  return scratch_.path() / "artifacts" / release;
}

net::Url Cluster::tracker_url() const {
  return net::Url::parse("http://" + tracker_address_.str());
}

}  // namespace roost::flow
