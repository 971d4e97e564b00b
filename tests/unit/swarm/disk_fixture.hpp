// A disk back end with a network thread's io_context that the test runs itself, and one
// transfer's file under it. Blocks hold bytes that tell where they belong.
#pragma once

#include <utility>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/hasher.hpp>
#include <libtorrent/peer_request.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/swarm/disk/disk_io.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {

namespace lt = libtorrent;

inline Bytes pattern(std::size_t size, unsigned seed = 7) {
  Bytes out(size);
  unsigned state = seed;
  for (auto& byte : out)
    byte = static_cast<std::uint8_t>((state = state * 1103515245 + 12345) >> 16);
  return out;
}

// Counts the calls; a test may put its own in their place.
struct Calls : FileCalls {
  using Write = std::function<ssize_t(int, const iovec*, int, std::int64_t)>;

  ssize_t write(int fd, const iovec* parts, int count, std::int64_t offset) override {
    ++writes;
    return on_write ? on_write(fd, parts, count, offset)
                    : FileCalls::write(fd, parts, count, offset);
  }
  ssize_t read(int fd, const iovec* parts, int count, std::int64_t offset, int flags) override {
    if (flags == 0) ++reads;
    if (flags != 0 && cold) return -1;
    return FileCalls::read(fd, parts, count, offset, flags);
  }

  Write on_write;
  std::atomic<bool> cold{false};  // nothing is in the page cache
  std::atomic<int> writes{0};
  std::atomic<int> reads{0};  // that may have to wait for the disk
};

class Disk {
 public:
  static constexpr int kPiece = 64 << 10;

  explicit Disk(std::int64_t size, const DiskLimits& limits = {}, std::int64_t padding = 0)
      : data(pattern(static_cast<std::size_t>(size))), io(network, limits, calls) {
    files.set_piece_length(kPiece);
    files.add_file("t/image", size);
    if (padding != 0) files.add_file("t/.pad/0", padding, lt::file_storage::flag_pad_file);
    files.set_num_pieces(static_cast<int>((size + padding + kPiece - 1) / kPiece));
    std::filesystem::create_directory(dir / "t");
    add();
  }

  void add() {
    const lt::aux::vector<lt::download_priority_t, lt::file_index_t> priorities;
    const std::string path = dir.path().string();
    holder = io.new_torrent(lt::storage_params(files, nullptr, path, lt::storage_mode_sparse,
                                               priorities, lt::sha1_hash()),
                            nullptr);
  }

  std::filesystem::path file() const { return dir / "t" / "image"; }

  // Runs the network thread until it is so; false after ten seconds.
  bool run_until(const std::function<bool()>& fact) {
    io.submit_jobs();
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!fact()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      network.run_one_for(100ms);
    }
    return true;
  }

  int length(int piece, int block) const {
    const auto at =
        static_cast<std::size_t>(piece) * kPiece + static_cast<std::size_t>(block) * kBlockBytes;
    return static_cast<int>(std::min<std::size_t>(kBlockBytes, data.size() - at));
  }
  const char* bytes(int piece, int block) const {
    return reinterpret_cast<const char*>(data.data()) + static_cast<std::size_t>(piece) * kPiece +
           static_cast<std::size_t>(block) * kBlockBytes;
  }
  int blocks(int piece) const {
    const auto left = data.size() - static_cast<std::size_t>(piece) * kPiece;
    return static_cast<int>((std::min<std::size_t>(left, kPiece) + kBlockBytes - 1) / kBlockBytes);
  }

  // True: the peer has to wait.
  bool write(int piece, int block, std::shared_ptr<lt::disk_observer> observer = nullptr) {
    return io.async_write(holder,
                          {lt::piece_index_t(piece), block * kBlockBytes, length(piece, block)},
                          bytes(piece, block), std::move(observer),
                          [this](const lt::storage_error& error) { written.push_back(error); }, {});
  }
  void write_piece(int piece) {
    for (int i = 0; i < blocks(piece); ++i) write(piece, i);
  }

  struct Hashed {
    std::vector<lt::sha256_hash> blocks;
    lt::sha1_hash sha1;
    lt::storage_error error;
    std::size_t written_before = 0;
  };

  void ask_hash(int piece, std::function<void(Hashed)> answer, bool v1 = false) {
    auto result = std::make_shared<Hashed>();
    result->blocks.resize(static_cast<std::size_t>(blocks(piece)));
    io.async_hash(holder, lt::piece_index_t(piece), result->blocks,
                  v1 ? lt::disk_interface::v1_hash : lt::disk_job_flags_t{},
                  [this, result, answer](lt::piece_index_t, const lt::sha1_hash& sha1,
                                         const lt::storage_error& error) {
                    result->sha1 = sha1;
                    result->error = error;
                    result->written_before = written.size();
                    answer(*result);
                  });
  }
  std::optional<Hashed> hash(int piece, bool v1 = false) {
    std::optional<Hashed> out;
    ask_hash(
        piece, [&](Hashed h) { out = std::move(h); }, v1);
    run_until([&] { return out.has_value(); });
    return out;
  }
  std::vector<lt::sha256_hash> right_hashes(int piece) const {
    std::vector<lt::sha256_hash> out;
    for (int i = 0; i < blocks(piece); ++i) {
      out.push_back(lt::hasher256(bytes(piece, i), length(piece, i)).final());
    }
    return out;
  }

  struct Read {
    Bytes bytes;
    lt::storage_error error;
  };
  void ask_read(int piece, int start, int size, std::function<void(Read)> answer) {
    io.async_read(holder, {lt::piece_index_t(piece), start, size},
                  [answer](lt::disk_buffer_holder buffer, const lt::storage_error& error) {
                    const auto* got = reinterpret_cast<const std::uint8_t*>(buffer.data());
                    answer({error ? Bytes() : Bytes(got, got + buffer.size()), error});
                  },
                  {});
  }
  std::optional<Read> read(int piece, int start, int size) {
    std::optional<Read> out;
    ask_read(piece, start, size, [&](Read r) { out = std::move(r); });
    run_until([&] { return out.has_value(); });
    return out;
  }
  Bytes right_bytes(int piece, int start, int size) const {
    const auto at = data.begin() + std::ptrdiff_t{piece} * kPiece + start;
    return {at, at + size};
  }

  bool clear(int piece) {
    bool done = false;
    io.async_clear_piece(holder, lt::piece_index_t(piece), [&](lt::piece_index_t) { done = true; });
    return run_until([&] { return done; });
  }
  bool stop() {
    bool done = false;
    io.async_stop_torrent(holder, [&] { done = true; });
    return run_until([&] { return done; });
  }

  TempDir dir;
  Bytes data;
  Calls calls;
  boost::asio::io_context network;
  lt::file_storage files;
  std::vector<lt::storage_error> written;  // answers to writes
  DiskIo io;
  lt::storage_holder holder;
};

}  // namespace roost::swarm::test
