// A whole fleet inside one test process: a real tracker, real publishers, real
// peers, real sockets on loopback, real directories below one temporary one.
//
//   Cluster cluster{{.nodes = 5}};
//   auto publisher = cluster.publish("web@1.0.0", {.mebibytes = 8});
//   cluster.await_active("web@1.0.0");
//
// Everything is ended by the destructor. Waiting is on conditions, with a
// deadline that fails the test by an exception that names what was awaited.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/crypto/keys.hpp"
#include "peer/agent.hpp"
#include "peer/fetch.hpp"
#include "seeder/publish.hpp"
#include "tests/support/peer_ca.hpp"
#include "tests/support/temp_dir.hpp"
#include "tracker/tracker.hpp"

namespace roost::flow {

void await(const std::string& what, const std::function<bool()>& condition,
           std::chrono::seconds limit = std::chrono::seconds(60));

class TrackerThread {
 public:
  TrackerThread(const std::filesystem::path& data, const Endpoint& listen);
  Endpoint endpoint() const { return tracker_.endpoint(); }

 private:
  tracker::Tracker tracker_;
  std::jthread thread_;
};

// A publish that runs on a thread of its own.
class PublisherThread : seeder::PublishObserver {
 public:
  PublisherThread(seeder::PublishOptions options, const crypto::SecretKey& key);

  void await_registered();
  double copies() const { return copies_; }  // distributed, as it last saw them
  void leave();                              // as Ctrl-C does; returns once it has gone
  seeder::PublishResult result();            // waits for the end; throws what it threw

 private:
  void on_registered(const seeder::PublishResult&) override { registered_ = true; }
  void on_seeding(const seeder::SeedingNews& news) override { copies_ = news.facts.copies; }

  std::atomic<bool> registered_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<double> copies_ = 0;
  std::optional<seeder::PublishResult> result_;
  std::exception_ptr failure_;
  std::jthread thread_;
};

class NodeThread {
 public:
  explicit NodeThread(peer::AgentConfig config);
  std::string id() const { return agent_.node_id(); }

 private:
  peer::Agent agent_;
  std::jthread thread_;
};

struct ClusterOptions {
  unsigned nodes = 5;
  std::vector<std::string> follows = {"web/prod"};
  std::uint64_t node_upload_limit = 0;  // bytes a second
  bool tls = false;                     // between peers
};

struct PublishSpec {
  unsigned mebibytes = 4;
  unsigned seed = 1;  // other contents for another seed
  std::uint64_t upload_limit = 0;
  seeder::Goal goal = seeder::Forever{};
  // A release whose artifact this one's begins as: the seed then says what changes in it.
  std::string changed_from = {};
  unsigned runs = 1;  // of 16 KiB that it changes, each in another file
  std::vector<std::string> channels = {"prod"};
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options);
  ~Cluster();

  std::unique_ptr<PublisherThread> publish(const std::string& release, const PublishSpec& spec);

  void start_node(unsigned number);
  void stop_node(unsigned number) { nodes_.at(number).reset(); }
  void stop_tracker() { tracker_.reset(); }
  void start_tracker();  // on the same address and data

  // The node's release directory name that NAME's current points to; empty: none.
  std::string current(unsigned node, const std::string& name) const;
  std::uint64_t pieces(unsigned node, const std::string& release) const;  // by its status
  std::string state(unsigned node, const std::string& release) const;     // likewise
  std::filesystem::path root(unsigned node) const;
  std::uint64_t received(unsigned node, const std::string& release) const;  // bytes, likewise
  // Bytes that came from images of other releases on the node, likewise.
  std::map<std::string, std::uint64_t> reused(unsigned node, const std::string& release) const;
  // Where the node keeps the release's index and image.
  std::filesystem::path image_dir(unsigned node, const std::string& release) const;
  std::filesystem::path artifact(const std::string& release) const;

  net::Url tracker_url() const;
  std::string offer_of(const std::string& release) const;  // the tracker's JSON
  peer::FetchResult fetch(const std::string& what, const net::Url& tracker) const;  // a fresh root

  // What another member of a fleet with TLS shows.
  swarm::PeerTls member(const std::string& name) const;
  bool is_whole(unsigned node, const std::string& release) const;       // its image
  std::string reason(unsigned node, const std::string& release) const;  // by its status
  void start_plain_node(unsigned number);                               // without a certificate

  void await_following();  // every live node is known to the tracker
  void await_active(const std::string& release, std::vector<unsigned> nodes = {});

  // Every entry of current equals the published tree, and its signature holds.
  void expect_equal(const std::string& release, unsigned node) const;

 private:
  peer::NodeConfig node_config(const std::filesystem::path& root) const;
  void run_node(unsigned number, peer::NodeConfig config);
  nlohmann::json transfer(unsigned node, const std::string& release) const;

  ClusterOptions options_;
  test::TempDir scratch_;
  std::optional<test::PeerCa> ca_;
  crypto::SecretKey key_ = crypto::SecretKey::generate();
  Endpoint tracker_address_{"127.0.0.1", 0};
  std::unique_ptr<TrackerThread> tracker_;
  std::vector<std::unique_ptr<NodeThread>> nodes_;
};

}  // namespace roost::flow
