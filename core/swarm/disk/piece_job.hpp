// What the worker does for one piece: hashes blocks while they are in memory, writes
// them in as few calls as their order allows, and then, if asked, answers for the hashes
// of the piece. Only blocks that were in the file before are read back.
//
// A good answer means that every block is written: the answers of the writes go out
// first. After a failed write the piece's hash is not told, but `operation_aborted`,
// which libtorrent takes for no verdict. Private to core/swarm.
#pragma once

#include <functional>
#include <libtorrent/sha1_hash.hpp>
#include <libtorrent/span.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "core/swarm/disk/block_cache.hpp"
#include "core/swarm/disk/data_file.hpp"
#include "core/swarm/disk/geometry.hpp"
#include "core/swarm/disk/job_thread.hpp"

namespace roost::swarm {

// A piece's block hashes as they come to be known, on the worker only.
struct Digests {
  std::vector<libtorrent::sha256_hash> blocks;  // zeros: not known
  bool write_failed = false;
};

struct BlockWrite {
  int block;
  BlockRef bytes;
  std::function<void(const libtorrent::storage_error&)> answer;
  libtorrent::storage_error error;
};

struct HashRequest {
  int first_block = 0;
  libtorrent::span<libtorrent::sha256_hash> blocks;  // to be filled; lives as long as `answer`
  bool whole_sha1 = false;
  std::function<void(const libtorrent::sha1_hash&, const libtorrent::storage_error&)> answer;
  std::vector<BlockRef> in_memory;  // by block; may be short
  libtorrent::sha1_hash sha1;
  libtorrent::storage_error error;
};

class PieceJob final : public Job {
 public:
  PieceJob(std::shared_ptr<DataFile> file, const Geometry& geometry, int piece,
           std::shared_ptr<Digests> digests, std::function<void(std::size_t)> on_written)
      : file_(std::move(file)),
        geometry_(geometry),
        piece_(piece),
        digests_(std::move(digests)),
        on_written_(std::move(on_written)) {}

  std::vector<BlockWrite> writes;
  std::optional<HashRequest> hash;

  void work() override;
  void finish() override;

 private:
  void digest(int block, const char* bytes);
  void write_run(std::vector<BlockWrite>::iterator begin, std::vector<BlockWrite>::iterator end);
  void answer_hash();
  void add_to_sha1();
  const char* bytes_of(int block);  // null after an error

  std::shared_ptr<DataFile> file_;
  Geometry geometry_;
  int piece_;
  std::shared_ptr<Digests> digests_;
  std::function<void(std::size_t)> on_written_;  // network thread, with the number of blocks
  std::vector<char> read_back_;
};

}  // namespace roost::swarm
