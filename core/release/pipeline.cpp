#include "core/release/pipeline.hpp"

#include <chrono>
#include <utility>

#include "core/crypto/sha256.hpp"
#include "core/release/chunk_packer.hpp"

namespace roost::release {
namespace {

void fill(StoredChunk& chunk, BytesView raw, BytesView packed) {
  chunk.bytes.assign(packed.begin(), packed.end());
  chunk.stored = packed.size() < raw.size() ? crypto::sha256(packed) : chunk.raw;
}

}  // namespace

void Pipeline::push(Cut cut) {
  auto owned = std::make_unique<Cut>(std::move(cut));
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return cancelled_ || bytes_ == 0 || bytes_ < limit_; });
  check();
  bytes_ += owned->raw.size();
  if (!owned->raw.empty()) {
    waiting_.push_back(owned.get());
    todo_.notify_one();
  }
  order_.push_back(std::move(owned));
}

void Pipeline::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  todo_.notify_all();
  done_.notify_all();
}

void Pipeline::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  room_.notify_all();
  todo_.notify_all();
  done_.notify_all();
}

Cut* Pipeline::take() {
  std::unique_lock lock(mutex_);
  todo_.wait(lock, [&] { return cancelled_ || closed_ || !waiting_.empty(); });
  check();
  if (waiting_.empty()) return nullptr;
  Cut* cut = waiting_.front();
  waiting_.pop_front();
  return cut;
}

// The chunk to fill when nobody has it yet. Otherwise the cut may be gone on return.
std::shared_ptr<StoredChunk> Pipeline::claim(Cut& cut, const Sha256& digest) {
  const std::lock_guard lock(mutex_);
  if (const auto known = written_.find(digest); known != written_.end()) {
    cut.number = known->second;
    done_.notify_one();
    return nullptr;
  }
  auto& chunk = in_flight_[static_cast<std::size_t>(cut.region)][digest];
  const bool mine = chunk == nullptr;
  if (mine) {
    chunk = std::make_shared<StoredChunk>();
    chunk->raw = digest;
  }
  cut.chunk = chunk;
  if (!mine) done_.notify_one();
  return mine ? chunk : nullptr;
}

void Pipeline::work(std::uint32_t max_chunk) {
  ChunkPacker packer(max_chunk);
  while (Cut* cut = take()) {
    const BytesView raw = cut->raw;
    const Region region = cut->region;
    const auto chunk = claim(*cut, crypto::sha256(raw));
    if (!chunk) continue;
    fill(*chunk, raw, packer.pack(region, raw));
    const std::lock_guard lock(mutex_);
    chunk->ready = true;
    done_.notify_one();
  }
}

Pipeline::Next Pipeline::next() {
  std::unique_lock lock(mutex_);
  const auto front_ready = [&] {
    if (order_.empty()) return closed_;
    const Cut& cut = *order_.front();
    return cut.raw.empty() || cut.number || (cut.chunk && cut.chunk->ready);
  };
  const bool ready = done_.wait_for(lock, std::chrono::milliseconds(50),
                                    [&] { return cancelled_ || front_ready(); });
  check();
  if (!ready) return {};
  if (order_.empty()) return {nullptr, true};
  auto cut = std::move(order_.front());
  order_.pop_front();
  bytes_ -= cut->raw.size();
  if (cut->chunk && !cut->number) {
    const auto known = written_.find(cut->chunk->raw);
    if (known != written_.end()) cut->number = known->second;
  }
  room_.notify_one();
  return {std::move(cut), false};
}

void Pipeline::written(const StoredChunk& chunk) {
  const std::lock_guard lock(mutex_);
  written_.emplace(chunk.raw, *chunk.number);
  for (auto& region : in_flight_) region.erase(chunk.raw);
}

}  // namespace roost::release
