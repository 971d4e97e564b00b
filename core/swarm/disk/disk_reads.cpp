#include <utility>

#include <algorithm>
#include <cerrno>
#include <libtorrent/operations.hpp>
#include <libtorrent/peer_request.hpp>

#include "core/swarm/disk/disk_io.hpp"

// DiskIo's reads: from memory, from the page cache, from the disk.
namespace roost::swarm {
namespace lt = libtorrent;

// libtorrent's own back end answers from memory at once, too, and the caller says that
// it may; a post a block would be a good part of a block's cost.
void DiskIo::async_read(lt::storage_index_t index, const lt::peer_request& request,
                        ReadHandler handler, lt::disk_job_flags_t) {
  const Store& from = store(index);
  const int piece = static_cast<int>(request.piece);
  const int block = request.start / kBlockBytes;
  if (request.start < 0 || request.length <= 0 || request.length > kBlockBytes) {
    handler({}, disk_error(EINVAL, lt::operation_t::file_read));
    return;
  }
  if (request.start % kBlockBytes != 0 ||
      request.length > from.geometry.stored_length(piece, block)) {
    read_part(from, request, std::move(handler));
    return;
  }
  const PieceKey key{from.id, piece};
  if (const BlockRef there = cache_.get(key, block)) {
    handler(there.share(request.length), {});
    return;
  }
  const auto wanted = wanted_.find({key, block});
  if (wanted != wanted_.end()) {
    wanted->second.push_back({request.length, std::move(handler)});
    return;
  }
  std::vector<BlockRead> run = make_run(from, key, block);
  if (read_cached(from, key, block, run)) {
    handler(run.front().bytes.share(request.length), {});
    return;
  }
  wanted_[{key, block}].push_back({request.length, std::move(handler)});
  submit_run(from, key, block, std::move(run));
}

// Foreign peers may ask for bytes across blocks, or with padding.
void DiskIo::read_part(const Store& from, const lt::peer_request& request, ReadHandler handler) {
  std::vector<BlockRead> blocks;
  blocks.push_back({cache_.take(), request.length, {}});
  jobs_.submit(std::make_unique<ReadJob>(
      from.file, from.geometry.offset(static_cast<int>(request.piece), request.start),
      std::move(blocks), [h = std::move(handler)](std::vector<BlockRead>& read) {
        const BlockRead& only = read.front();
        h(only.error ? lt::disk_buffer_holder() : only.bytes.share(only.length), only.error);
      }));
}

// From this block on what is neither in memory nor being read.
std::vector<BlockRead> DiskIo::make_run(const Store& from, PieceKey key, int block) {
  const int end = std::min(from.geometry.blocks(key.piece), block + limits_.read_ahead);
  std::vector<BlockRead> run;
  for (int i = block; i < end; ++i) {
    if (i != block && (cache_.get(key, i) || wanted_.contains({key, i}))) break;
    run.push_back({cache_.take(), from.geometry.stored_length(key.piece, i), {}});
  }
  return run;
}

// True when at least the first block was in the page cache.
bool DiskIo::read_cached(const Store& from, PieceKey key, int block, std::vector<BlockRead>& run) {
  std::int64_t left =
      from.file->read_cached(parts_of(run), from.geometry.offset(key.piece, block * kBlockBytes));
  for (std::size_t i = 0; i < run.size() && left >= run[i].length; ++i) {
    cache_.put(key, block + static_cast<int>(i), run[i].bytes);
    left -= run[i].length;
  }
  return static_cast<bool>(cache_.get(key, block));
}

void DiskIo::submit_run(const Store& from, PieceKey key, int block, std::vector<BlockRead> run) {
  for (std::size_t i = 0; i < run.size(); ++i) wanted_[{key, block + static_cast<int>(i)}];
  jobs_.submit(std::make_unique<ReadJob>(
      from.file, from.geometry.offset(key.piece, block * kBlockBytes), std::move(run),
      [this, key, block](std::vector<BlockRead>& read) {
        for (std::size_t i = 0; i < read.size(); ++i) {
          const int at = block + static_cast<int>(i);
          const auto waiters = wanted_.extract({key, at});
          if (!read[i].error && !cache_.get(key, at)) cache_.put(key, at, read[i].bytes);
          if (waiters.empty()) continue;
          for (const Waiter& waiter : waiters.mapped()) {
            waiter.handler(
                read[i].error ? lt::disk_buffer_holder() : read[i].bytes.share(waiter.length),
                read[i].error);
          }
        }
      }));
}

}  // namespace roost::swarm
