#include "tests/unit/swarm/swarm_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/hasher.hpp>
#include <random>
#include <thread>

namespace roost::swarm::test {
namespace lt = libtorrent;

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "roost-swarm-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

BytesView Release::piece(std::uint32_t index) const {
  const std::size_t begin = std::size_t{index} * piece_length;
  return BytesView(data).subspan(begin, std::min<std::size_t>(piece_length, data.size() - begin));
}

namespace {

// BEP 52: the piece's root over its blocks' hashes; a piece that isn't the only
// one is padded with zero hashes to its full width.
lt::sha256_hash piece_root(BytesView piece, std::size_t leaves) {
  constexpr std::size_t kBlock = 16 * 1024;
  std::vector<lt::sha256_hash> layer;
  for (std::size_t at = 0; at < piece.size(); at += kBlock) {
    const auto block = as_text(piece.subspan(at, std::min(kBlock, piece.size() - at)));
    layer.push_back(lt::hasher256(block.data(), static_cast<int>(block.size())).final());
  }
  layer.resize(leaves);
  while (layer.size() > 1) {
    std::vector<lt::sha256_hash> up;
    for (std::size_t i = 0; i < layer.size(); i += 2) {
      lt::hasher256 hasher;
      hasher.update(layer[i]);
      hasher.update(layer[i + 1]);
      up.push_back(hasher.final());
    }
    layer = std::move(up);
  }
  return layer.front();
}

std::size_t power_of_two(std::size_t least) {
  std::size_t power = 1;
  while (power < least) power *= 2;
  return power;
}

}  // namespace

Release make_release(std::size_t size, std::uint32_t piece_length, unsigned seed, bool hybrid,
                     const std::string& ca) {
  Release release{{}, Bytes(size), piece_length};
  std::mt19937 random(seed);
  std::generate(release.data.begin(), release.data.end(),
                [&random] { return static_cast<std::uint8_t>(random()); });
  lt::file_storage files;
  files.add_file("image", static_cast<std::int64_t>(size));
  lt::create_torrent creator(files, static_cast<int>(piece_length),
                             hybrid ? lt::create_flags_t{} : lt::create_torrent::v2_only);
  creator.set_priv(true);
  if (!ca.empty()) creator.set_root_cert(ca);
  const std::size_t blocks = (size + 16 * 1024 - 1) / (16 * 1024);
  const std::size_t leaves = std::min(piece_length / (16UL * 1024), power_of_two(blocks));
  for (std::uint32_t i = 0; i < release.pieces(); ++i) {
    creator.set_hash2(lt::file_index_t(0), lt::piece_index_t::diff_type(static_cast<int>(i)),
                      piece_root(release.piece(i), leaves));
    const auto text = as_text(release.piece(i));
    if (hybrid) {
      creator.set_hash(lt::piece_index_t(static_cast<int>(i)),
                       lt::hasher(text.data(), static_cast<int>(text.size())).final());
    }
  }
  std::vector<char> out;
  lt::bencode(std::back_inserter(out), creator.generate());
  release.torrent.assign(out.begin(), out.end());
  return release;
}

void write_file(const std::filesystem::path& path, BytesView data) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(as_text(data).data(), static_cast<std::streamsize>(data.size()));
  if (!out.flush()) throw std::runtime_error("write " + path.string());
}

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

bool eventually(const std::function<bool()>& fact, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

void Recorder::on_piece(std::uint32_t piece) {
  if (also_on_piece) also_on_piece(piece);
  const std::lock_guard lock(mutex_);
  if (pieces_.empty()) first_piece = std::chrono::steady_clock::now();
  pieces_.push_back(piece);
  changed_.notify_all();
}

void Recorder::on_complete() {
  const std::lock_guard lock(mutex_);
  ++completions_;
  changed_.notify_all();
}

void Recorder::on_problem(const Problem& problem) {
  const std::lock_guard lock(mutex_);
  problems_.push_back(problem);
  changed_.notify_all();
}

bool Recorder::wait_complete(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return completions_ > 0; });
}

bool Recorder::wait_pieces(std::size_t count, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return pieces_.size() >= count; });
}

bool Recorder::wait_problem(ProblemKind kind, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] {
    return std::any_of(problems_.begin(), problems_.end(),
                       [&](const Problem& p) { return p.kind == kind; });
  });
}

std::vector<std::uint32_t> Recorder::pieces() const {
  const std::lock_guard lock(mutex_);
  return pieces_;
}

std::vector<Problem> Recorder::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

int Recorder::completions() const {
  const std::lock_guard lock(mutex_);
  return completions_;
}

Node::Node(std::filesystem::path path, SessionConfig config)
    : file(std::move(path)), session(std::make_unique<Session>(config)) {}

SessionConfig Node::loopback() {
  SessionConfig config;
  config.listen = {"127.0.0.1", 0};
  return config;
}

void Node::start(const Release& release, TransferOptions options) {
  options.file = file;
  transfer = session->add(release.torrent, std::move(options), recorder);
}

std::unique_ptr<Node> start_origin(const TempDir& dir, const Release& release,
                                   std::uint64_t upload_limit, bool origin) {
  SessionConfig config = Node::loopback();
  config.upload_limit = upload_limit;
  return start_origin(dir, release, config, origin);
}

std::unique_ptr<Node> start_origin(const TempDir& dir, const Release& release,
                                   const SessionConfig& config, bool origin) {
  auto node = std::make_unique<Node>(dir / "origin", config);
  write_file(node->file, release.data);
  TransferOptions options;
  options.complete = true;
  options.origin = origin;
  node->start(release, options);
  return node;
}

std::unique_ptr<Node> start_liar(const TempDir& dir, const Release& release,
                                 std::uint64_t upload_limit) {
  SessionConfig config = Node::loopback();
  config.upload_limit = upload_limit;
  auto liar = std::make_unique<Node>(dir / "liar", config);
  Bytes lies = release.data;
  for (std::size_t at = 0; at < lies.size(); at += 16 << 10) lies[at] ^= 1;
  write_file(liar->file, lies);
  TransferOptions complete;
  complete.complete = true;
  liar->start(release, complete);
  return liar;
}

}  // namespace roost::swarm::test
