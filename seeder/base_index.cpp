#include "seeder/base_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/deadline.hpp"
#include "core/crypto/merkle.hpp"
#include "core/proto/metainfo.hpp"

namespace roost::seeder {
namespace {

// Waits for a transfer to be complete, as long as something arrives.
class Completion : public swarm::TransferListener {
 public:
  void on_piece(std::uint32_t /*piece*/) override {
    const std::lock_guard lock(mutex_);
    last_news_ = std::chrono::steady_clock::now();
  }

  void on_complete() override {
    const std::lock_guard lock(mutex_);
    complete_ = true;
    changed_.notify_all();
  }

  void on_problem(const swarm::Problem& problem) override {
    const std::lock_guard lock(mutex_);
    if (problem.stops()) fatal_ = problem.error;
    changed_.notify_all();
  }

  // False when the patience is over.
  bool wait(const IndexPatience& patience, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto end = std::chrono::steady_clock::now() + patience.in_all;
    while (!complete_ && !fatal_ && !stop.stop_requested()) {
      const auto limit = std::min(end, last_news_ + patience.silence);
      if (std::chrono::steady_clock::now() >= limit) return false;
      changed_.wait_until(lock, stop, limit, [this] { return complete_ || fatal_; });
    }
    if (fatal_) throw Error(*fatal_);
    if (!complete_) throw Error(Errc::interrupted, "fetch index: stopped");
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Monotonic last_news_ = std::chrono::steady_clock::now();
  bool complete_ = false;
  std::optional<Error> fatal_;
};

// The descriptor of an offer, if the offer is of the release that is registered.
release::Descriptor checked_descriptor(const proto::ReleaseOffer& offer,
                                       const release::ReleaseId& registered,
                                       const crypto::PublicKey* key) {
  if (release::release_id_of(offer.descriptor.payload) != registered) {
    throw Error(Errc::integrity, "check offer: it is not of the release that is registered");
  }
  bool ours = false;
  if (key != nullptr) {
    for (const auto& signature : offer.descriptor.signatures) ours |= signature.key_id == key->id();
  }
  if (ours) return release::verify_descriptor(offer.descriptor, std::span(key, 1)).descriptor();
  return release::parse_descriptor(offer.descriptor.payload);
}

Bytes read_all(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) throw_errno("read " + file.string());
  return bytes;
}

constexpr const char* kNobodyHelps =
    "a node or seeder that has the base must be up; with --base none all counts as new";

// From the neighbours alone: nodes must not be told of one that leaves at once.
Bytes fetch_by_swarm(const proto::ReleaseOffer& offer, swarm::Session& session,
                     const BaseFetch& fetch, const std::stop_token& stop) {
  if (offer.neighbours.empty()) {
    throw Error(Errc::unavailable, "fetch index: nobody who has it is up", kNobodyHelps);
  }
  swarm::TransferOptions options;
  options.file = fetch.file;
  for (const auto& peer : offer.neighbours) {
    options.neighbours.push_back({peer.endpoint, peer.seeder});
  }
  Completion completion;
  const auto transfer = session.add(offer.index_torrent, options, completion);
  if (!completion.wait(fetch.patience, stop)) {
    const auto stats = transfer->stats();
    throw Error(Errc::unavailable,
                "fetch index: " + (stats.stall_reason.empty()
                                       ? fmt::format("not complete in time, {} peers", stats.peers)
                                       : stats.stall_reason),
                kNobodyHelps);
  }
  return read_all(fetch.file);
}

Base fetch_checked(TrackerClient& tracker, swarm::Session& session, const BaseFetch& fetch,
                   const std::stop_token& stop) {
  const auto registered = tracker.release(fetch.release);
  if (!registered) {
    throw Error(Errc::not_found, tracker.url().str() + " has no such release",
                "`roost releases --tracker URL` lists what there is");
  }
  const auto offer = tracker.offer(fetch.release, {{}, {"0.0.0.0", 0}, {}});
  const auto descriptor = checked_descriptor(offer, registered->release_id, fetch.key);
  proto::Metainfo::parse(offer.index_torrent).require(descriptor.index, "index torrent");

  const auto bytes = offer.index ? *offer.index : fetch_by_swarm(offer, session, fetch, stop);
  crypto::MerkleHasher hasher;
  hasher.update(bytes);
  if (release::FilePart::of(hasher.finish()) != descriptor.index) {
    throw Error(Errc::integrity, "check index: it is not the one that was signed");
  }
  auto index = release::parse_index(bytes);
  if (index.tree_digest() != descriptor.tree_digest) {
    throw Error(Errc::integrity, "check index: it is of another tree than was signed");
  }
  return {{fetch.release, registered->release_id}, std::move(index)};
}

}  // namespace

Base fetch_base(TrackerClient& tracker, swarm::Session& session, const BaseFetch& fetch,
                const std::stop_token& stop) {
  try {
    return fetch_checked(tracker, session, fetch, stop);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("use base {}: {}", fetch.release.str(), error.what()),
                error.help());
  }
}

}  // namespace roost::seeder
