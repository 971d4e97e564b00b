// The belt between the thread that reads and cuts, the workers that hash and compress,
// and the thread that writes: bounded in bytes, in order at its end, each distinct
// chunk compressed once. Private to core/release.
//
// push() and close() by one thread, work() by any number, next() and written() by one.
// After cancel() every one of them throws Cancelled, within a chunk's time.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {

struct Cancelled {};

// A chunk as it goes into the image.
struct StoredChunk {
  Sha256 raw;
  Sha256 stored;
  Bytes bytes;
  bool ready = false;  // guarded by the pipeline's lock until next() has handed it out
  std::optional<std::uint32_t> number;  // the writer's alone
};

// One segment of the tree stream on its way.
struct Cut {
  Region region = Region::small_files;
  std::uint64_t length = 0;
  BytesView raw;                       // empty: a hole
  std::shared_ptr<const Bytes> block;  // holds raw
  std::shared_ptr<StoredChunk> chunk;  // once hashed, unless `number` says it is written already
  std::optional<std::uint32_t> number;
};

class Pipeline {
 public:
  // At most so many raw bytes between push() and next(), or one cut.
  explicit Pipeline(std::uint64_t limit) : limit_(limit) {}

  void push(Cut cut);
  void close();

  void work(std::uint32_t max_chunk);  // until closed and empty

  struct Next {
    std::unique_ptr<Cut> cut;  // null: nothing yet, or the end
    bool end = false;
  };
  Next next();  // waits a short while only, so that the caller can report

  // The chunk lies in the image now: later equal cuts get its number and no bytes.
  void written(const StoredChunk& chunk);

  void cancel() noexcept;

 private:
  Cut* take();
  std::shared_ptr<StoredChunk> claim(Cut& cut, const Sha256& digest);
  void check() const {
    if (cancelled_) throw Cancelled{};
  }

  const std::uint64_t limit_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable todo_;
  std::condition_variable done_;
  std::deque<std::unique_ptr<Cut>> order_;
  std::deque<Cut*> waiting_;
  // Apart for each region: whichever of two equal chunks comes first in the tree says how both
  // are compressed, however the threads run.
  std::array<std::unordered_map<Sha256, std::shared_ptr<StoredChunk>>, 2> in_flight_;
  std::unordered_map<Sha256, std::uint32_t> written_;
  std::uint64_t bytes_ = 0;
  bool closed_ = false;
  bool cancelled_ = false;
};

}  // namespace roost::release
