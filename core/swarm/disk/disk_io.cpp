#include <utility>

#include "core/swarm/disk/disk_io.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/operations.hpp>
#include <libtorrent/peer_request.hpp>

namespace roost::swarm {
namespace lt = libtorrent;
namespace {

int number(lt::piece_index_t piece) {
  return static_cast<int>(piece);
}

// Something to be told once all that was submitted before it is done.
class Afterwards final : public Job {
 public:
  explicit Afterwards(std::function<void()> finish) : finish_(std::move(finish)) {}
  void work() override {}
  void finish() override {
    if (finish_) finish_();
  }

 private:
  std::function<void()> finish_;
};

}  // namespace

DiskIo::DiskIo(lt::io_context& network, const DiskLimits& limits, FileCalls& calls)
    : limits_(limits), calls_(calls), network_(network), cache_(limits.blocks), jobs_(network) {}

// A handler that was never called may hold the last reference to its torrent, which then
// calls remove_torrent(): all is still there for it.
DiskIo::~DiskIo() {
  const auto making = std::exchange(making_, {});
  const auto wanted = std::exchange(wanted_, {});
}

std::unique_ptr<lt::disk_interface> make_disk_io(lt::io_context& network,
                                                 const lt::settings_interface&, lt::counters&) {
  return std::make_unique<DiskIo>(network);
}

lt::storage_holder DiskIo::new_torrent(const lt::storage_params& params,
                                       const std::shared_ptr<void>&) {
  const lt::file_storage& files = params.files;
  const lt::file_storage& named = params.mapped_files != nullptr ? *params.mapped_files : files;
  const lt::file_index_t first(0);
  const std::uint32_t id = next_id_++;
  stores_[id] = {id,
                 {files.file_size(first), files.total_size(), files.piece_length()},
                 std::make_shared<DataFile>(named.file_path(first, params.path),
                                            files.file_size(first), calls_)};
  return {lt::storage_index_t(id), *this};
}

void DiskIo::remove_torrent(lt::storage_index_t index) {
  const std::uint32_t id = store(index).id;
  submit_store(id);
  making_.erase(making_.lower_bound({id, 0}), making_.lower_bound({id + 1, 0}));
  cache_.drop_store(id);
  stores_.erase(id);
}

DiskIo::Store& DiskIo::store(lt::storage_index_t index) {
  return stores_.at(static_cast<std::uint32_t>(index));
}

void DiskIo::then(std::function<void()> finish) {
  jobs_.submit(std::make_unique<Afterwards>(std::move(finish)));
}

bool DiskIo::async_write(lt::storage_index_t index, const lt::peer_request& request,
                         const char* bytes, std::shared_ptr<lt::disk_observer> observer,
                         std::function<void(const lt::storage_error&)> handler,
                         lt::disk_job_flags_t) {
  const PieceKey key{store(index).id, number(request.piece)};
  const int block = request.start / kBlockBytes;
  if (request.start % kBlockBytes != 0 || request.length > kBlockBytes) {
    lt::post(network_,
             [h = std::move(handler)] { h(disk_error(EINVAL, lt::operation_t::file_write)); });
    return false;
  }
  const BlockRef copy = cache_.take();
  std::memcpy(copy.data(), bytes, static_cast<std::size_t>(request.length));
  cache_.put(key, block, copy);
  const auto it = making_.try_emplace(key).first;
  it->second.waiting.push_back({block, copy, std::move(handler), {}});
  ++unwritten_;
  ++waiting_;
  if (it->second.waiting.size() >= static_cast<std::size_t>(limits_.batch)) {
    submit_waiting(key, it->second);
  }
  if (unwritten_ <= limits_.unwritten) return false;
  if (observer) held_up_.push_back(observer);
  return true;
}

std::unique_ptr<PieceJob> DiskIo::piece_job(PieceKey key, std::shared_ptr<Digests> digests) {
  const Store& of = stores_.at(key.store);
  return std::make_unique<PieceJob>(of.file, of.geometry, key.piece, std::move(digests),
                                    [this](std::size_t blocks) { written(blocks); });
}

void DiskIo::submit_waiting(PieceKey key, Making& making) {
  if (making.waiting.empty()) return;
  auto job = piece_job(key, making.digests);
  waiting_ -= static_cast<int>(making.waiting.size());
  job->writes = std::exchange(making.waiting, {});
  jobs_.submit(std::move(job));
}

void DiskIo::submit_store(std::uint32_t id) {
  for (auto it = making_.lower_bound({id, 0}); it != making_.end() && it->first.store == id; ++it) {
    submit_waiting(it->first, it->second);
  }
}

void DiskIo::written(std::size_t blocks) {
  unwritten_ -= static_cast<int>(blocks);
  if (held_up_.empty() || unwritten_ > limits_.unwritten / 2) return;
  for (const auto& observer : std::exchange(held_up_, {})) {
    if (const auto peer = observer.lock()) peer->on_disk();
  }
}

void DiskIo::submit_hash(PieceKey key, HashRequest request) {
  auto making = making_.extract(key);  // further blocks only come after a failure, and a clear
  auto job = piece_job(key, making.empty() ? std::make_shared<Digests>() : making.mapped().digests);
  if (!making.empty()) {
    waiting_ -= static_cast<int>(making.mapped().waiting.size());
    job->writes = std::move(making.mapped().waiting);
  }
  request.in_memory = cache_.get_all(key);
  job->hash = std::move(request);
  jobs_.submit(std::move(job));
}

void DiskIo::async_hash(
    lt::storage_index_t index, lt::piece_index_t piece, lt::span<lt::sha256_hash> v2,
    lt::disk_job_flags_t flags,
    std::function<void(lt::piece_index_t, const lt::sha1_hash&, const lt::storage_error&)>
        handler) {
  const Store& of = store(index);
  HashRequest request;
  request.blocks = v2.first(std::min<std::ptrdiff_t>(v2.size(), of.geometry.blocks(number(piece))));
  request.whole_sha1 = static_cast<bool>(flags & lt::disk_interface::v1_hash);
  request.answer = [piece, h = std::move(handler)](const lt::sha1_hash& sha1,
                                                   const lt::storage_error& error) {
    h(piece, sha1, error);
  };
  submit_hash({of.id, number(piece)}, std::move(request));
}

void DiskIo::async_hash2(
    lt::storage_index_t index, lt::piece_index_t piece, int offset, lt::disk_job_flags_t,
    std::function<void(lt::piece_index_t, const lt::sha256_hash&, const lt::storage_error&)>
        handler) {
  const auto result = std::make_shared<lt::sha256_hash>();
  HashRequest request;
  request.first_block = offset / kBlockBytes;
  request.blocks = {result.get(), 1};
  request.answer = [piece, result, h = std::move(handler)](const lt::sha1_hash&,
                                                           const lt::storage_error& error) {
    h(piece, *result, error);
  };
  submit_hash({store(index).id, number(piece)}, std::move(request));
}

void DiskIo::async_clear_piece(lt::storage_index_t index, lt::piece_index_t piece,
                               std::function<void(lt::piece_index_t)> handler) {
  const PieceKey key{store(index).id, number(piece)};
  const auto it = making_.find(key);
  if (it != making_.end()) {
    submit_waiting(key, it->second);
    making_.erase(it);
  }
  then([this, key, piece, h = std::move(handler)] {
    cache_.drop(key);
    h(piece);
  });
}

void DiskIo::async_stop_torrent(lt::storage_index_t index, std::function<void()> handler) {
  submit_store(store(index).id);
  async_release_files(index, std::move(handler));
  jobs_.settle();
}

void DiskIo::async_release_files(lt::storage_index_t index, std::function<void()> handler) {
  Store& of = store(index);
  // The old one closes when the last job that uses it has ended.
  of.file = std::make_shared<DataFile>(of.file->path(), of.file->size(), calls_);
  then(std::move(handler));
}

// Only asked for by a forced recheck: Roost says itself what is there.
void DiskIo::async_check_files(
    lt::storage_index_t index, const lt::add_torrent_params* resume_data,
    lt::aux::vector<std::string, lt::file_index_t>,
    std::function<void(lt::status_t, const lt::storage_error&)> handler) {
  struct stat found {};
  const bool told = resume_data != nullptr && !resume_data->have_pieces.empty();
  const bool there = ::stat(store(index).file->path().c_str(), &found) == 0;
  const auto status = told || !there ? lt::status_t::no_error : lt::status_t::need_full_check;
  then([status, h = std::move(handler)] { h(status, {}); });
}

void DiskIo::async_move_storage(
    lt::storage_index_t, std::string path, lt::move_flags_t,
    std::function<void(lt::status_t, const std::string&, const lt::storage_error&)> handler) {
  then([path = std::move(path), h = std::move(handler)] {
    h(lt::status_t::fatal_disk_error, path, disk_error(ENOTSUP, lt::operation_t::file_rename));
  });
}

void DiskIo::async_rename_file(
    lt::storage_index_t, lt::file_index_t file, std::string name,
    std::function<void(const std::string&, lt::file_index_t, const lt::storage_error&)> handler) {
  then([file, name = std::move(name), h = std::move(handler)] {
    h(name, file, disk_error(ENOTSUP, lt::operation_t::file_rename));
  });
}

void DiskIo::async_delete_files(lt::storage_index_t, lt::remove_flags_t,
                                std::function<void(const lt::storage_error&)> handler) {
  then([h = std::move(handler)] { h(disk_error(ENOTSUP, lt::operation_t::file_remove)); });
}

void DiskIo::async_set_file_priority(
    lt::storage_index_t, lt::aux::vector<lt::download_priority_t, lt::file_index_t> priorities,
    std::function<void(const lt::storage_error&,
                       lt::aux::vector<lt::download_priority_t, lt::file_index_t>)>
        handler) {
  then([p = std::move(priorities), h = std::move(handler)] { h({}, p); });
}

void DiskIo::abort(bool wait) {
  for (auto& [key, making] : making_) submit_waiting(key, making);
  if (wait) jobs_.settle();
  jobs_.close();
}

// Blocks of unfinished pieces wait for more of their kind, unless memory is short.
void DiskIo::submit_jobs() {
  if (waiting_ > limits_.unwritten / 2) {
    for (auto& [key, making] : making_) submit_waiting(key, making);
  }
  jobs_.kick();
}

}  // namespace roost::swarm
