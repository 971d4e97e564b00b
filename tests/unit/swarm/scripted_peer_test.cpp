#include "tests/unit/swarm/scripted_peer.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <libtorrent/span.hpp>
#include <libtorrent/torrent_info.hpp>
#include <list>

namespace roost::swarm::test {
namespace {

constexpr std::size_t kHandshake = 68;  // BEP 3
constexpr std::uint32_t kBlock = 16 << 10;
constexpr std::size_t kPipeline = 8;
constexpr std::uint8_t kUnchoke = 1, kInterested = 2, kHave = 4, kBitfield = 5, kRequest = 6,
                       kPiece = 7, kCancel = 8, kHaveAll = 0x0e, kReject = 0x10;

std::uint32_t number(BytesView at) {
  return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 |
         std::uint32_t{at[3]};
}

void put(Bytes& out, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

Bytes about(std::uint8_t type, const ScriptedPeer::Request& request, BytesView data = {}) {
  Bytes out;
  const bool piece = type == kPiece;
  put(out, static_cast<std::uint32_t>(9 + (piece ? data.size() : 4)));
  out.push_back(type);
  put(out, request.piece);
  put(out, request.begin);
  if (!piece) put(out, request.length);
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// As hand-shakes name it (BEP 52).
std::string info_hash(const Release& release) {
  const auto text = as_text(release.torrent);
  const libtorrent::torrent_info info(
      libtorrent::span<const char>(text.data(), static_cast<std::ptrdiff_t>(text.size())),
      libtorrent::from_span);
  return info.info_hashes().v2.to_string().substr(0, 20);
}

}  // namespace

struct ScriptedPeer::Connection {
  UniqueFd socket;
  bool greeted = false;
  Bytes in;
  Bytes out;
  std::list<Request> open;
  bool unchoked = false;
  std::list<Request> wanted, asked;
  Clock::time_point paid = Clock::now();  // up to then the rate is used up

  void send(const Bytes& bytes) const {
    ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
};

ScriptedPeer::ScriptedPeer(const Release& release, std::uint64_t rate)
    : release_(release),
      rate_(rate),
      info_hash_(info_hash(release)),
      first_lacking_(release.pieces()) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  ::listen(listener_.get(), 16);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ScriptedPeer::~ScriptedPeer() {
  thread_.request_stop();
  thread_.join();
}

std::vector<ScriptedPeer::Request> ScriptedPeer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int ScriptedPeer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

int ScriptedPeer::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

std::vector<ScriptedPeer::Clock::time_point> ScriptedPeer::blocks() const {
  const std::lock_guard lock(mutex_);
  return blocks_;
}

// With its line full the kernel drops what else asks to be let in, and who asks tries again.
void ScriptedPeer::hold_dials() {
  held_ = true;
  ::listen(listener_.get(), 0);
  const sockaddr_in address = loopback(port_);
  first_in_line_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ::connect(first_in_line_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void ScriptedPeer::take_dials() {
  ::listen(listener_.get(), 16);
  held_ = false;
}

void ScriptedPeer::run(const std::stop_token& stop) {
  std::list<Connection> connections;
  while (!stop.stop_requested()) {
    std::vector<pollfd> fds{{held_ ? -1 : listener_.get(), POLLIN, 0}};
    for (const auto& c : connections) fds.push_back({c.socket.get(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), 20);
    std::size_t at = 1;
    for (auto it = connections.begin(); it != connections.end(); ++at) {
      const bool lives = (fds[at].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || receive(*it);
      if (lives) serve(*it);
      it = lives ? std::next(it) : connections.erase(it);
    }
    if ((fds[0].revents & POLLIN) != 0 && !held_) {
      connections.emplace_back().socket.reset(
          ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }
  }
}

bool ScriptedPeer::receive(Connection& connection) {
  std::uint8_t buffer[4096];
  const auto got = ::recv(connection.socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
  if (got <= 0) return false;
  Bytes& in = connection.in;
  in.insert(in.end(), buffer, buffer + got);
  if (!connection.greeted && in.size() >= kHandshake) {
    if (as_text(BytesView(in).subspan(28, info_hash_.size())) != info_hash_) {
      const std::lock_guard lock(mutex_);
      ++refused_;
      return false;
    }
    Bytes answer(in.begin(), in.begin() + kHandshake);  // the same protocol and info-hash
    std::fill(answer.begin() + 20, answer.begin() + 28, std::uint8_t{0});
    answer[27] = 0x14;  // the fast extension, version 2
    std::fill(answer.begin() + 48, answer.end(), std::uint8_t{'x'});
    answer[48] = static_cast<std::uint8_t>(port_ >> 8);  // an id of its own
    answer[49] = static_cast<std::uint8_t>(port_);
    connection.send(answer);
    greet(connection);
    connection.greeted = true;
    in.erase(in.begin(), in.begin() + kHandshake);
    const std::lock_guard lock(mutex_);
    ++connections_;
  }
  while (connection.greeted && in.size() >= 4 && in.size() >= 4 + number(in)) {
    const std::size_t length = number(in);
    handle(connection, BytesView(in).subspan(4, length));
    in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(4 + length));
  }
  return true;
}

void ScriptedPeer::greet(Connection& connection) {
  const std::uint32_t has = first_lacking_;
  if (has == release_.pieces()) {
    connection.send({0, 0, 0, 1, kHaveAll});
  } else {
    Bytes field((release_.pieces() + 7) / 8);
    for (std::uint32_t i = 0; i < has; ++i) {
      field[i / 8] = static_cast<std::uint8_t>(field[i / 8] | 0x80 >> i % 8);
    }
    Bytes message;
    put(message, static_cast<std::uint32_t>(1 + field.size()));
    message.push_back(kBitfield);
    message.insert(message.end(), field.begin(), field.end());
    connection.send(message);
    connection.send({0, 0, 0, 1, kInterested});
  }
  connection.send({0, 0, 0, 1, kUnchoke});
}

void ScriptedPeer::want(Connection& connection, std::uint32_t piece) {
  if (piece < first_lacking_ || piece >= release_.pieces()) return;
  const auto size = static_cast<std::uint32_t>(release_.piece(piece).size());
  for (std::uint32_t begin = 0; begin < size; begin += kBlock) {
    if (got_.contains({piece, begin})) continue;
    connection.wanted.push_back({piece, begin, std::min(kBlock, size - begin), {}});
  }
}

void ScriptedPeer::ask(Connection& connection) {
  while (connection.unchoked && !connection.wanted.empty() && connection.asked.size() < kPipeline) {
    connection.send(about(kRequest, connection.wanted.front()));
    connection.asked.splice(connection.asked.end(), connection.wanted, connection.wanted.begin());
  }
}

void ScriptedPeer::handle(Connection& connection, BytesView message) {
  if (message.empty()) return;
  if (message[0] == kHaveAll) {
    for (std::uint32_t i = 0; i < release_.pieces(); ++i) want(connection, i);
  } else if (message[0] == kBitfield) {
    for (std::uint32_t i = 0; i < (message.size() - 1) * 8; ++i) {
      if ((message[1 + i / 8] & 0x80 >> i % 8) != 0) want(connection, i);
    }
  } else if (message[0] == kHave) {
    want(connection, number(message.subspan(1)));
  } else if (message[0] == kUnchoke) {
    connection.unchoked = true;
  } else if (message[0] == kPiece) {
    const Request block{number(message.subspan(1)), number(message.subspan(5)), 0, {}};
    std::erase(connection.asked, block);
    got_.insert({block.piece, block.begin});
    const std::lock_guard lock(mutex_);
    blocks_.push_back(Clock::now());
  }
  ask(connection);
  if (message.size() != 13) return;
  const Request request{number(message.subspan(1)), number(message.subspan(5)),
                        number(message.subspan(9)), Clock::now()};
  if (message[0] == kRequest) {
    connection.open.push_back(request);
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
  } else if (message[0] == kCancel && std::erase(connection.open, request) > 0) {
    connection.send(about(kReject, request));
  }
}

// A block is begun when its turn comes and goes out in small portions.
void ScriptedPeer::serve(Connection& connection) {
  const auto now = Clock::now();
  if (babbles_ && connection.greeted) connection.send(about(kReject, {0, 1, kBlock, {}}));
  const auto worth = std::chrono::duration<double>(now - connection.paid).count();
  const auto rate = rate_.load();
  if (rate == 0 || (connection.open.empty() && connection.out.empty())) {
    connection.paid = now;
    return;
  }
  if (connection.out.empty()) {
    const Request request = connection.open.front();
    connection.open.pop_front();
    const auto piece = release_.piece(request.piece);
    connection.out = about(kPiece, request, piece.subspan(request.begin, request.length));
  }
  const auto bytes =
      std::min(connection.out.size(), static_cast<std::size_t>(worth * static_cast<double>(rate)));
  if (bytes == 0) return;
  connection.paid = now;
  connection.send(
      Bytes(connection.out.begin(), connection.out.begin() + static_cast<std::ptrdiff_t>(bytes)));
  connection.out.erase(connection.out.begin(),
                       connection.out.begin() + static_cast<std::ptrdiff_t>(bytes));
}

}  // namespace roost::swarm::test
