// What a session does for its process: address, limits, refusals, exit.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "core/base/fd.hpp"
#include "core/swarm/sockets.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

// A tracker that gives every request the same answer, or none.
class FakeTracker {
 public:
  explicit FakeTracker(std::string body) : body_(std::move(body)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(listener_.get(), 16);
    port_ = ntohs(address.sin_port);
    if (!body_.empty()) thread_ = std::thread([this] { serve(); });
  }
  ~FakeTracker() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/announce"; }

 private:
  void serve() {
    while (true) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      char request[4096];
      if (::recv(client.get(), request, sizeof request, 0) <= 0) continue;
      const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                                 std::to_string(body_.size()) + "\r\n\r\n" + body_;
      ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  std::string body_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Errc code_of(const std::function<void()>& action, std::string* what = nullptr) {
  try {
    action();
  } catch (const Error& error) {
    if (what != nullptr) *what = error.what();
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return Errc::failed;
}

TEST(Session, TellsItsRealPort) {
  const Session one(Node::loopback());
  EXPECT_EQ(one.local_endpoint().address, "127.0.0.1");
  EXPECT_NE(one.local_endpoint().port, 0);
  SessionConfig any;
  const Session two(any);
  EXPECT_EQ(two.local_endpoint().address, "0.0.0.0");
  EXPECT_NE(two.local_endpoint().port, 0);
}

TEST(Session, PortInUseIsAConflictThatNamesTheAddress) {
  const Session one(Node::loopback());
  SessionConfig config;
  config.listen = one.local_endpoint();
  std::string what;
  EXPECT_EQ(code_of([&] { Session two(config); }, &what), Errc::conflict);
  EXPECT_NE(what.find(config.listen.str()), std::string::npos) << what;
}

TEST(Session, ForeignAddressIsAnError) {
  SessionConfig config;
  config.listen = {"192.0.2.1", 0};
  EXPECT_EQ(code_of([&] { Session session(config); }), Errc::failed);
}

TEST(Session, RefusesWhatIsNoTorrentOfOurs) {
  const TempDir dir;
  Session session(Node::loopback());
  Recorder recorder;
  TransferOptions options;
  options.file = dir / "image";
  const Bytes garbage(100, 'x');
  EXPECT_EQ(code_of([&] { session.add(garbage, options, recorder); }), Errc::integrity);
  Release release = make_release(1 << 20, 64 << 10);
  options.have = Bitmap(3, true);
  EXPECT_EQ(code_of([&] { session.add(release.torrent, options, recorder); }), Errc::usage);
  options.have.clear();
  const auto transfer = session.add(release.torrent, options, recorder);
  EXPECT_EQ(code_of([&] { session.add(release.torrent, options, recorder); }), Errc::conflict);
  std::string text(release.torrent.begin(), release.torrent.end());
  text.erase(text.find("7:privatei1e"), std::string("7:privatei1e").size());
  EXPECT_EQ(code_of([&] { session.add(as_bytes(text), options, recorder); }), Errc::integrity);
}

TEST(Session, UploadCapHoldsOnLoopback) {
  const TempDir dir;
  const Release release = make_release(4 << 20, 64 << 10);
  const auto origin = start_origin(dir, release, 4 << 20, false);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour()};
  const auto begin = std::chrono::steady_clock::now();
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took.count(), 0.85);
  EXPECT_LT(took.count(), 5);
}

TEST(Session, DownloadCapHoldsOnLoopback) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  Node node(dir / "image");
  node.session->set_limits({0, 2 << 20});
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  const auto begin = std::chrono::steady_clock::now();
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_GT(took.count(), 0.85);
  EXPECT_LT(took.count(), 5);
}

TEST(Session, MarksItsPacketsAndSendsSmallOnesAtOnce) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  SessionConfig config = Node::loopback();
  config.dscp = 10;  // AF11
  Node node(dir / "image", config);
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_complete());
  int marked = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0) continue;
    if (peer.sin_family != AF_INET ||
        ntohs(peer.sin_port) != origin->session->local_endpoint().port)
      continue;
    int tos = 0;
    int no_delay = 0;
    socklen_t length = sizeof tos;
    ::getsockopt(fd, IPPROTO_IP, IP_TOS, &tos, &length);
    ::getsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &no_delay, &length);
    EXPECT_EQ(tos, 10 << 2);
    EXPECT_EQ(no_delay, 1);
    ++marked;
  }
  EXPECT_EQ(marked, 1);
}

TEST(Session, TrackersRefusalComesInItsOwnWords) {
  const TempDir dir;
  const FakeTracker tracker("d14:failure reason18:unknown info-hash!e");
  const Release release = make_release(1 << 20, 64 << 10);
  Node node(dir / "image");
  TransferOptions options;
  options.announce_url = tracker.url();
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_problem(ProblemKind::tracker));
  const Problem problem = node.recorder.problems().front();
  EXPECT_NE(std::string(problem.error.what()).find("unknown info-hash!"), std::string::npos)
      << problem.error.what();
  EXPECT_NE(std::string(problem.error.what()).find(tracker.url()), std::string::npos);
  EXPECT_FALSE(problem.stops());
  EXPECT_EQ(node.transfer->stats().state, TransferState::fetching);
}

TEST(Session, EndsSoonThoughTheTrackerIsDeaf) {
  const TempDir dir;
  const FakeTracker deaf("");
  const Release release = make_release(1 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  auto node = std::make_unique<Node>(dir / "image");
  TransferOptions options;
  options.announce_url = deaf.url();
  options.neighbours = {origin->as_neighbour(true)};
  node->start(release, options);
  ASSERT_TRUE(node->recorder.wait_complete());
  const auto begin = std::chrono::steady_clock::now();
  node.reset();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("ended in %.2f s\n", took.count());
  EXPECT_LT(took.count(), 1);
}

TEST(Session, FullDiskStopsATransferAndResumeTriesAgain) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "small");
  const std::string small = (dir / "small").string();
  if (::mount("none", small.c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "needs to mount a tmpfs";
  }
  const Release release = make_release(4 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  {
    Node node(dir / "small/image");
    TransferOptions options;
    options.neighbours = {origin->as_neighbour(true)};
    node.start(release, options);
    EXPECT_TRUE(node.recorder.wait_problem(ProblemKind::disk_full));
    EXPECT_EQ(node.transfer->stats().state, TransferState::stopped);
    EXPECT_EQ(node.transfer->stats().stall_reason, "disk full");
    EXPECT_EQ(node.recorder.problems().front().error.code(), Errc::no_space);
    EXPECT_EQ(node.recorder.problems().size(), 1U) << "one report a stop";
    ::mount("none", small.c_str(), "tmpfs", MS_REMOUNT, "size=8m");
    node.transfer->resume();
    EXPECT_TRUE(node.recorder.wait_complete());
    EXPECT_EQ(read_file(node.file), release.data);
  }
  ::umount2(small.c_str(), MNT_DETACH);
}

TEST(Session, UnwritableFileIsNamed) {
  const TempDir dir;
  const Release release = make_release(1 << 20, 64 << 10);
  const auto origin = start_origin(dir, release);
  std::filesystem::create_directory(dir / "image");  // not a file
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  node.start(release, options);
  ASSERT_TRUE(node.recorder.wait_problem(ProblemKind::file));
  EXPECT_NE(std::string(node.recorder.problems().front().error.what()).find("image"),
            std::string::npos);
}

}  // namespace
}  // namespace roost::swarm::test
