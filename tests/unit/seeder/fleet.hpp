// A tracker on loopback, trees to publish, and a node that fetches: what the
// seeder's tests need of the rest of the house, as the real thing.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/crypto/keys.hpp"
#include "core/swarm/session.hpp"
#include "seeder/publish.hpp"
#include "seeder/tracker_client.hpp"
#include "tests/support/temp_dir.hpp"
#include "tracker/tracker.hpp"

namespace roost::seeder {

using namespace std::chrono_literals;

using test::TempDir;

inline bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = 20s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

inline std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Bytes that don't compress, the same for the same seed.
inline std::string noise(std::size_t size, std::uint64_t seed) {
  std::string text(size, '\0');
  for (auto& c : text) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(seed >> 56U);
  }
  return text;
}

class SourceTree {
 public:
  SourceTree() : dir_(std::make_unique<TempDir>()) {}

  void add(const std::string& path, const std::string& text) {
    const auto file = dir_->path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  std::string path() const { return dir_->path().string(); }

 private:
  std::unique_ptr<TempDir> dir_;
};

class RunningTracker {
 public:
  RunningTracker() : tracker_(config(data_.path())) {
    thread_ = std::jthread([this](const std::stop_token& stop) { tracker_.run(stop); });
  }

  net::Url url() const { return net::Url::parse("http://" + tracker_.endpoint().str()); }

 private:
  static tracker::TrackerConfig config(const std::filesystem::path& data) {
    tracker::TrackerConfig config;
    config.data = data;
    config.listen = {"127.0.0.1", 0};
    return config;
  }

  TempDir data_;
  tracker::Tracker tracker_;
  std::jthread thread_;
};

// A node as far as a publisher can tell: follows, fetches, reports.
class Node {
 public:
  Node(const net::Url& tracker, std::string id)
      : id_(std::move(id)), client_(tracker), http_(tracker), session_(config()) {}

  void follow(const std::string& channel) {
    follows_.push_back(release::ChannelRef::parse(channel));
    report({});
  }

  void report(std::vector<proto::TransferReport> transfers) {
    const proto::NodeReport report{
        id_, session_.local_endpoint(), {}, follows_, std::move(transfers)};
    const auto answer =
        http_.post(proto::report_path(id_), proto::to_json(report), Deadline::in(5s));
    ASSERT_TRUE(answer.ok()) << answer.body;
  }

  void report_staged(const release::ReleaseRef& release) {
    const auto summary = client_.release(release);
    report({{release, summary->release_id, proto::TransferState::staged, 0, 0, 0, 0, {}, {}}});
  }

  // Fetches index and image by swarm alone; true if both came in time.
  bool fetch(const release::ReleaseRef& release) {
    const auto offer = client_.offer(release, {id_, session_.local_endpoint(), {}});
    index_.emplace(session_, offer.index_torrent, dir_.path() / "index", offer.neighbours);
    if (offer.image_torrent) {
      image_.emplace(session_, *offer.image_torrent, dir_.path() / "image", offer.neighbours);
    }
    return index_->wait() && (!image_ || image_->wait());
  }

  // Likewise its patches, which must be there.
  bool fetch_patches(const release::ReleaseRef& release) {
    const auto offer = client_.offer(release, {id_, session_.local_endpoint(), {}});
    patches_.emplace(session_, offer.patches_torrent.value(), dir_.path() / "patches",
                     offer.neighbours);
    return patches_->wait();
  }

  std::string patches() const { return contents(dir_.path() / "patches"); }
  std::string index() const { return contents(dir_.path() / "index"); }
  std::string image() const { return contents(dir_.path() / "image"); }

 private:
  class Fetch : swarm::TransferListener {
   public:
    Fetch(swarm::Session& session, const Bytes& torrent, const std::filesystem::path& file,
          const std::vector<proto::Neighbour>& neighbours) {
      swarm::TransferOptions options;
      options.file = file;
      for (const auto& peer : neighbours) {
        options.neighbours.push_back({peer.endpoint, peer.seeder});
      }
      transfer_ = session.add(torrent, options, *this);
    }
    void on_complete() override {
      const std::lock_guard lock(mutex_);
      complete_ = true;
      changed_.notify_all();
    }
    bool wait() {
      std::unique_lock lock(mutex_);
      return changed_.wait_for(lock, 20s, [this] { return complete_; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool complete_ = false;
    std::unique_ptr<swarm::Transfer> transfer_;
  };

  static swarm::SessionConfig config() {
    swarm::SessionConfig config;
    config.listen = {"127.0.0.1", 0};
    return config;
  }

  TempDir dir_;
  std::string id_;
  TrackerClient client_;
  net::HttpClient http_;
  std::vector<release::ChannelRef> follows_;
  swarm::Session session_;
  std::optional<Fetch> index_, image_, patches_;
};

// A publish on a thread of its own, so that a test can act meanwhile.
class Publishing : public PublishObserver {
 public:
  Publishing(
      PublishOptions options, const crypto::SecretKey& key,
      std::function<void(Phase)> on_phase = [](Phase) {})
      : options_(std::move(options)), key_(key), phase_(std::move(on_phase)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~Publishing() override { stop(); }

  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

  bool registered() {
    return eventually([this] {
      const std::lock_guard lock(mutex_);
      return registered_ || error_;
    });
  }

  // The result, or nothing if it ended in an error.
  std::optional<PublishResult> result() {
    if (thread_.joinable()) thread_.join();
    return result_;
  }
  std::optional<Error> error() {
    result();
    return error_;
  }
  std::string news() {
    const std::lock_guard lock(mutex_);
    return news_;
  }

  void on_phase(Phase phase) override { phase_(phase); }
  void on_registered(const PublishResult& /*so_far*/) override {
    const std::lock_guard lock(mutex_);
    registered_ = true;
  }
  void on_seeding(const SeedingNews& news) override {
    const std::lock_guard lock(mutex_);
    news_ = news.text;
  }

 private:
  void run(const std::stop_token& stop) {
    std::optional<PublishResult> result;
    std::optional<Error> failure;
    try {
      result = publish(options_, key_, *this, stop);
    } catch (const Error& error) {
      failure = error;
    }
    const std::lock_guard lock(mutex_);
    result_ = std::move(result);
    error_ = std::move(failure);
  }

  PublishOptions options_;
  const crypto::SecretKey& key_;
  std::function<void(Phase)> phase_;
  std::mutex mutex_;
  bool registered_ = false;
  std::string news_;
  std::optional<PublishResult> result_;
  std::optional<Error> error_;
  std::jthread thread_;
};

}  // namespace roost::seeder
