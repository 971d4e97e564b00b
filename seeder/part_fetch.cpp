#include "seeder/part_fetch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"

namespace roost::seeder {
namespace {

// Waits for a transfer to be complete, as long as something arrives.
class Completion : public swarm::TransferListener {
 public:
  void on_piece(std::uint32_t /*piece*/) override {
    const std::lock_guard lock(mutex_);
    last_news_ = std::chrono::steady_clock::now();
    ++pieces_;
    changed_.notify_all();
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

  // False when the patience is over, or a stop came.
  bool wait(const PartFetch& fetch, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto end = std::chrono::steady_clock::now() + fetch.patience.in_all;
    std::uint32_t told = 0;
    while (!complete_ && !fatal_ && !stop.stop_requested()) {
      const auto limit = std::min(end, last_news_ + fetch.patience.silence);
      if (std::chrono::steady_clock::now() >= limit) return false;
      changed_.wait_until(lock, stop, limit,
                          [&] { return complete_ || fatal_ || pieces_ != told; });
      told = pieces_;
      if (!fetch.progress) continue;
      lock.unlock();
      fetch.progress(told);
      lock.lock();
    }
    if (fatal_) throw Error(*fatal_);
    return complete_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Monotonic last_news_ = std::chrono::steady_clock::now();
  std::uint32_t pieces_ = 0;
  bool complete_ = false;
  std::optional<Error> fatal_;
};

constexpr const char* kNobodyHelps =
    "a node or seeder that has the base must be up; with --base none all counts as new";

}  // namespace

void fetch_part(swarm::Session& session, const PartFetch& fetch, const std::stop_token& stop) {
  const auto verb = "fetch " + fetch.what;
  if (fetch.neighbours.empty()) {
    throw Error(Errc::unavailable, verb + ": nobody who has it is up", kNobodyHelps);
  }
  swarm::TransferOptions options;
  options.file = fetch.file;
  options.wanted = fetch.wanted;
  for (const auto& peer : fetch.neighbours) {
    options.neighbours.push_back({peer.endpoint, peer.seeder});
  }
  Completion completion;
  const auto transfer = session.add(fetch.torrent, options, completion);
  if (completion.wait(fetch, stop)) return;
  if (stop.stop_requested()) throw Error(Errc::interrupted, verb + ": stopped");
  const auto stats = transfer->stats();
  throw Error(
      Errc::unavailable,
      verb + ": " +
          (stats.stall_reason.empty() ? fmt::format("not complete in time, {} peers", stats.peers)
                                      : stats.stall_reason),
      kNobodyHelps);
}

}  // namespace roost::seeder
