// The disk back end of a session: one write per run of blocks, hashes taken from memory,
// no disk waited for on the network thread (only when a transfer stops: then until its
// blocks are written, so that nothing touches the file afterwards).
//
// A block that arrives is copied once and kept; when a piece is complete, or a batch of
// its blocks is there, the worker hashes and writes it. So a piece that libtorrent holds
// for verified is in the file. Reads come from memory, else from the page cache with
// reading ahead, else from the disk by the worker. Errors are errno with its operation.
// Each torrent is one file; moving, renaming and deleting it are refused.
// Threads as libtorrent's disk_interface.hpp says. Private to core/swarm.
#pragma once

#include <utility>

#include <libtorrent/disk_interface.hpp>
#include <libtorrent/disk_observer.hpp>
#include <libtorrent/io_context.hpp>
#include <map>
#include <memory>
#include <vector>

#include "core/swarm/disk/block_cache.hpp"
#include "core/swarm/disk/data_file.hpp"
#include "core/swarm/disk/geometry.hpp"
#include "core/swarm/disk/job_thread.hpp"
#include "core/swarm/disk/piece_job.hpp"
#include "core/swarm/disk/read_job.hpp"

namespace roost::swarm {

struct DiskLimits {
  int blocks = 1024;    // 16 MiB in memory; beyond it live only what send buffers hold
  int unwritten = 512;  // 8 MiB; peers that bring more have to wait
  int batch = 16;       // blocks of one piece that are worth a call
  int read_ahead = 16;  // blocks, within the piece
};

class DiskIo final : public libtorrent::disk_interface {
 public:
  explicit DiskIo(libtorrent::io_context& network, const DiskLimits& limits = {},
                  FileCalls& calls = FileCalls::real());
  ~DiskIo() override;

  int blocks_in_use() const noexcept { return cache_.in_use(); }

  libtorrent::storage_holder new_torrent(const libtorrent::storage_params& params,
                                         const std::shared_ptr<void>& torrent) override;
  void remove_torrent(libtorrent::storage_index_t index) override;
  void async_read(
      libtorrent::storage_index_t index, const libtorrent::peer_request& request,
      std::function<void(libtorrent::disk_buffer_holder, const libtorrent::storage_error&)> handler,
      libtorrent::disk_job_flags_t flags) override;
  bool async_write(libtorrent::storage_index_t index, const libtorrent::peer_request& request,
                   const char* bytes, std::shared_ptr<libtorrent::disk_observer> observer,
                   std::function<void(const libtorrent::storage_error&)> handler,
                   libtorrent::disk_job_flags_t flags) override;
  void async_hash(libtorrent::storage_index_t index, libtorrent::piece_index_t piece,
                  libtorrent::span<libtorrent::sha256_hash> v2, libtorrent::disk_job_flags_t flags,
                  std::function<void(libtorrent::piece_index_t, const libtorrent::sha1_hash&,
                                     const libtorrent::storage_error&)>
                      handler) override;
  void async_hash2(libtorrent::storage_index_t index, libtorrent::piece_index_t piece, int offset,
                   libtorrent::disk_job_flags_t flags,
                   std::function<void(libtorrent::piece_index_t, const libtorrent::sha256_hash&,
                                      const libtorrent::storage_error&)>
                       handler) override;
  void async_move_storage(libtorrent::storage_index_t index, std::string path,
                          libtorrent::move_flags_t flags,
                          std::function<void(libtorrent::status_t, const std::string&,
                                             const libtorrent::storage_error&)>
                              handler) override;
  void async_release_files(libtorrent::storage_index_t index,
                           std::function<void()> handler) override;
  void async_check_files(
      libtorrent::storage_index_t index, const libtorrent::add_torrent_params* resume_data,
      libtorrent::aux::vector<std::string, libtorrent::file_index_t> links,
      std::function<void(libtorrent::status_t, const libtorrent::storage_error&)> handler) override;
  void async_stop_torrent(libtorrent::storage_index_t index,
                          std::function<void()> handler) override;
  void async_rename_file(libtorrent::storage_index_t index, libtorrent::file_index_t file,
                         std::string name,
                         std::function<void(const std::string&, libtorrent::file_index_t,
                                            const libtorrent::storage_error&)>
                             handler) override;
  void async_delete_files(libtorrent::storage_index_t index, libtorrent::remove_flags_t flags,
                          std::function<void(const libtorrent::storage_error&)> handler) override;
  void async_set_file_priority(
      libtorrent::storage_index_t index,
      libtorrent::aux::vector<libtorrent::download_priority_t, libtorrent::file_index_t> priorities,
      std::function<
          void(const libtorrent::storage_error&,
               libtorrent::aux::vector<libtorrent::download_priority_t, libtorrent::file_index_t>)>
          handler) override;
  void async_clear_piece(libtorrent::storage_index_t index, libtorrent::piece_index_t piece,
                         std::function<void(libtorrent::piece_index_t)> handler) override;
  void update_stats_counters(libtorrent::counters&) const override {}
  std::vector<libtorrent::open_file_state> get_status(libtorrent::storage_index_t) const override {
    return {};
  }
  void abort(bool wait) override;
  void submit_jobs() override;
  void settings_updated() override {}

 private:
  using ReadHandler =
      std::function<void(libtorrent::disk_buffer_holder, const libtorrent::storage_error&)>;

  struct Store {
    std::uint32_t id;  // libtorrent's storage index; never used twice
    Geometry geometry;
    std::shared_ptr<DataFile> file;
  };

  // A piece whose blocks arrive.
  struct Making {
    std::shared_ptr<Digests> digests = std::make_shared<Digests>();
    std::vector<BlockWrite> waiting;  // not yet submitted
  };

  struct Waiter {
    int length;
    ReadHandler handler;
  };

  // A block that the worker is reading, and who wants it.
  using Wanted = std::map<std::pair<PieceKey, int>, std::vector<Waiter>>;

  Store& store(libtorrent::storage_index_t index);
  std::unique_ptr<PieceJob> piece_job(PieceKey key, std::shared_ptr<Digests> digests);
  void submit_waiting(PieceKey key, Making& making);
  void submit_store(std::uint32_t id);  // whatever waits of this transfer
  void submit_hash(PieceKey key, HashRequest request);
  void written(std::size_t blocks);
  void then(std::function<void()> finish);  // behind all jobs submitted so far

  void read_part(const Store& store, const libtorrent::peer_request& request, ReadHandler handler);
  bool read_cached(const Store& store, PieceKey key, int block, std::vector<BlockRead>& run);
  std::vector<BlockRead> make_run(const Store& store, PieceKey key, int block);
  void submit_run(const Store& store, PieceKey key, int block, std::vector<BlockRead> run);

  const DiskLimits limits_;
  FileCalls& calls_;
  libtorrent::io_context& network_;
  BlockCache cache_;
  std::map<std::uint32_t, Store> stores_;
  std::uint32_t next_id_ = 0;
  std::map<PieceKey, Making> making_;
  Wanted wanted_;
  int unwritten_ = 0;  // blocks
  int waiting_ = 0;    // of those, not yet submitted
  std::vector<std::weak_ptr<libtorrent::disk_observer>> held_up_;
  JobThread jobs_;  // last: its jobs hold blocks
};

std::unique_ptr<libtorrent::disk_interface> make_disk_io(libtorrent::io_context& network,
                                                         const libtorrent::settings_interface&,
                                                         libtorrent::counters&);

}  // namespace roost::swarm
