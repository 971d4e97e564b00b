// Releases, directories and listeners for tests of core/swarm; real sessions on loopback.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/swarm/session.hpp"

namespace roost::swarm::test {

using namespace std::chrono_literals;

class TempDir {
 public:
  TempDir();
  ~TempDir();
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A file of pseudo-random bytes and its private v2 .torrent.
struct Release {
  Bytes torrent;
  Bytes data;
  std::uint32_t piece_length;
  std::uint32_t pieces() const {
    return static_cast<std::uint32_t>((data.size() + piece_length - 1) / piece_length);
  }
  BytesView piece(std::uint32_t index) const;
};

Release make_release(std::size_t size, std::uint32_t piece_length, unsigned seed = 1,
                     bool hybrid = false, const std::string& ca = {});

void write_file(const std::filesystem::path& path, BytesView data);
Bytes read_file(const std::filesystem::path& path);

// Polls a fact that no callback tells. False when the time is up.
bool eventually(const std::function<bool()>& fact, std::chrono::milliseconds limit = 20s);

// Records what it is told; waits for it.
class Recorder : public TransferListener {
 public:
  void on_piece(std::uint32_t piece) override;
  void on_complete() override;
  void on_problem(const Problem& problem) override;

  bool wait_complete(std::chrono::milliseconds limit = 60s);
  bool wait_pieces(std::size_t count, std::chrono::milliseconds limit = 60s);
  bool wait_problem(ProblemKind kind, std::chrono::milliseconds limit = 30s);

  std::vector<std::uint32_t> pieces() const;
  std::vector<Problem> problems() const;
  int completions() const;

  std::function<void(std::uint32_t)> also_on_piece;
  std::chrono::steady_clock::time_point first_piece;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint32_t> pieces_;
  std::vector<Problem> problems_;
  int completions_ = 0;
};

// One process of the swarm: a session, one transfer, its file. Members are
// destroyed in the right order.
struct Node {
  explicit Node(std::filesystem::path path, SessionConfig config = loopback());
  static SessionConfig loopback();

  void start(const Release& release, TransferOptions options = {});
  Neighbour as_neighbour(bool seeder = false) const { return {session->local_endpoint(), seeder}; }

  std::filesystem::path file;
  Recorder recorder;
  std::unique_ptr<Session> session;
  std::unique_ptr<Transfer> transfer;
};

// A node that has the release and seeds it.
std::unique_ptr<Node> start_origin(const TempDir& dir, const Release& release,
                                   std::uint64_t upload_limit = 0, bool origin = true);
std::unique_ptr<Node> start_origin(const TempDir& dir, const Release& release,
                                   const SessionConfig& config, bool origin = true);

// One that says it has the release, and has changed a byte of every block.
std::unique_ptr<Node> start_liar(const TempDir& dir, const Release& release,
                                 std::uint64_t upload_limit = 0);

}  // namespace roost::swarm::test
