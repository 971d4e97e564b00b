// Reads a run of blocks, or part of one, on the worker: what is not in the page cache.
// Each block has its own verdict, so that reading ahead past the end of a short file
// doesn't fail the blocks before it. Private to core/swarm.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/swarm/disk/blocks.hpp"
#include "core/swarm/disk/data_file.hpp"
#include "core/swarm/disk/job_thread.hpp"

namespace roost::swarm {

struct BlockRead {
  BlockRef bytes;
  int length = 0;
  libtorrent::storage_error error;
};

class ReadJob final : public Job {
 public:
  using Answer = std::function<void(std::vector<BlockRead>&)>;

  ReadJob(std::shared_ptr<DataFile> file, std::int64_t offset, std::vector<BlockRead> blocks,
          Answer answer)
      : file_(std::move(file)),
        offset_(offset),
        blocks_(std::move(blocks)),
        answer_(std::move(answer)) {}

  void work() override;
  void finish() override { answer_(blocks_); }

 private:
  std::shared_ptr<DataFile> file_;
  std::int64_t offset_;
  std::vector<BlockRead> blocks_;
  Answer answer_;
};

std::vector<iovec> parts_of(const std::vector<BlockRead>& blocks);

}  // namespace roost::swarm
