// Links over TLS: who gets in, who doesn't, and what the refused are told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <libtorrent/torrent_info.hpp>

#include "core/base/process.hpp"
#include "tests/support/peer_ca.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

namespace lt = libtorrent;
using roost::test::PeerCa;
using roost::test::PeerFiles;
using testing::HasSubstr;

PeerTls read(const PeerFiles& files) {
  return {roost::test::read_file(files.ca), roost::test::read_file(files.cert),
          roost::test::read_file(files.key)};
}

SessionConfig with(const PeerTls& tls) {
  SessionConfig config = Node::loopback();
  config.tls = tls;
  return config;
}

class TlsSwarm : public testing::Test {
 protected:
  std::unique_ptr<Node> fetcher(const std::string& name, const PeerTls& tls, const Node& from) {
    auto node = std::make_unique<Node>(dir_ / name, with(tls));
    TransferOptions options;
    options.neighbours = {from.as_neighbour(true)};
    node->start(release_, options);
    return node;
  }

  // Nothing came, and the words say why.
  void expect_refused(const Node& node, const std::string& words) {
    EXPECT_TRUE(eventually([&] {
      return node.transfer->stats().stall_reason.find(words) != std::string::npos;
    })) << node.transfer->stats().stall_reason;
    const auto stats = node.transfer->stats();
    EXPECT_EQ(stats.bytes_origin + stats.bytes_peers + stats.bytes_redundant, 0U);
    EXPECT_EQ(stats.peers, 0U);
    ASSERT_EQ(node.recorder.problems().size(), 1U);
    EXPECT_EQ(node.recorder.problems()[0].kind, ProblemKind::refused_peer);
    EXPECT_THAT(node.recorder.problems()[0].error.what(), HasSubstr(words));
  }

  TempDir dir_;
  PeerCa ca_{dir_ / "ca"};
  PeerCa other_ca_{dir_ / "other-ca"};
  PeerTls good_ = read(ca_.issue("good"));
  PeerTls expired_ = read(ca_.issue("expired", -1));
  // Knows our CA, which is no secret, but has a certificate of another.
  PeerTls stranger_ = [this] {
    auto tls = read(other_ca_.issue("stranger"));
    tls.ca = good_.ca;
    return tls;
  }();
  Release release_ = make_release(600'000, 16 * 1024, 1, false, good_.ca);
};

TEST_F(TlsSwarm, FetchesFromAnOriginAndFromPeers) {
  const auto origin = start_origin(dir_, release_, with(good_));
  const auto first = fetcher("first", read(ca_.issue("first")), *origin);
  ASSERT_TRUE(first->recorder.wait_complete());
  const auto second = fetcher("second", read(ca_.issue("second")), *first);
  ASSERT_TRUE(second->recorder.wait_complete());
  EXPECT_EQ(read_file(second->file), release_.data);
  EXPECT_GT(second->transfer->stats().bytes_peers, 0U);
  EXPECT_TRUE(origin->recorder.problems().empty());
}

TEST_F(TlsSwarm, FetchesAHybridToo) {
  release_ = make_release(200'000, 16 * 1024, 1, true, good_.ca);
  const auto origin = start_origin(dir_, release_, with(good_));
  const auto node = fetcher("node", good_, *origin);
  EXPECT_TRUE(node->recorder.wait_complete());
}

TEST_F(TlsSwarm, RefusesACertificateOfAnotherCa) {
  const auto origin = start_origin(dir_, release_, with(good_));
  const auto node = fetcher("node", stranger_, *origin);
  expect_refused(*node, "their CA did not sign it");
}

TEST_F(TlsSwarm, RefusesAnExpiredCertificate) {
  const auto origin = start_origin(dir_, release_, with(good_));
  const auto node = fetcher("node", expired_, *origin);
  expect_refused(*node, "it has expired");
}

TEST_F(TlsSwarm, TakesNothingFromAnOriginThatIsNotOfItsCa) {
  for (const auto& tls : {stranger_, expired_}) {
    const auto origin = start_origin(dir_, release_, with(tls));
    const auto node = fetcher("node", good_, *origin);
    expect_refused(*node, "is not signed by our CA, or has expired");
  }
}

TEST_F(TlsSwarm, SaysNoMoreOfTheRefusedOnceAnotherPeerIsThere) {
  const auto bad = start_origin(dir_, release_, with(stranger_));
  const auto node = fetcher("node", good_, *bad);
  ASSERT_TRUE(node->recorder.wait_problem(ProblemKind::refused_peer));
  const auto origin = std::make_unique<Node>(dir_ / "origin", with(good_));
  TransferOptions empty;
  empty.origin = true;
  origin->start(release_, empty);  // has nothing to give
  node->transfer->connect(origin->as_neighbour(true));
  EXPECT_TRUE(eventually([&] { return node->transfer->stats().peers == 1; }));
  EXPECT_EQ(node->transfer->stats().stall_reason.find("CA"), std::string::npos);
}

TEST_F(TlsSwarm, KeepsPlainPeersOut) {
  const auto origin = start_origin(dir_, release_, with(good_));
  release_ = make_release(600'000, 16 * 1024);
  Node plain(dir_ / "plain");
  TransferOptions options;
  options.neighbours = {origin->as_neighbour(true)};
  plain.start(release_, options);
  EXPECT_TRUE(
      eventually([&] { return plain.transfer->stats().stall_reason == "no peer can be reached"; }));
  EXPECT_EQ(plain.transfer->stats().bytes_origin, 0U);
}

std::string refusal(Session& session, const Bytes& torrent, Errc code) {
  Recorder recorder;
  TransferOptions options;
  options.file = "/nonexistent/file";
  try {
    session.add(torrent, options, recorder);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    EXPECT_THROW(session.admit(torrent), Error);
    return std::string(error.what()) + "; " + error.help();
  }
  return "taken";
}

TEST_F(TlsSwarm, TakesOnlyTorrentsThatAreGuardedAsItIs) {
  Session plain(Node::loopback());
  Session guarded(with(good_));
  EXPECT_THAT(refusal(plain, release_.torrent, Errc::usage), HasSubstr("--peer-cert"));
  EXPECT_THAT(refusal(guarded, make_release(60'000, 16 * 1024).torrent, Errc::integrity),
              HasSubstr("has no TLS"));
  const auto foreign = read(other_ca_.issue("foreign"));
  EXPECT_THAT(refusal(guarded, make_release(60'000, 16 * 1024, 1, false, foreign.ca).torrent,
                      Errc::integrity),
              HasSubstr("its CA is another"));
  EXPECT_NO_THROW(guarded.admit(release_.torrent));
}

std::string server_name(const Release& release) {
  const auto text = as_text(release.torrent);
  const lt::torrent_info info({text.data(), static_cast<std::ptrdiff_t>(text.size())},
                              lt::from_span);
  const auto hash = info.info_hashes().get_best();
  return to_hex(as_bytes(std::string_view(hash.data(), 20)));
}

// What a hand-shake of openssl's with the node comes to: both its outputs.
std::string shake_hands(const Node& node, const Release& release, std::vector<std::string> more) {
  ChildOptions options;
  options.argv = {"openssl",     "s_client",
                  "-connect",    node.session->local_endpoint().str(),
                  "-servername", server_name(release)};
  options.argv.insert(options.argv.end(), more.begin(), more.end());
  const auto done = run_child(options, Deadline::in(20s));
  return done.out + done.err;
}

TEST_F(TlsSwarm, SpeaksTls13AndNothingOlder) {
  const auto origin = start_origin(dir_, release_, with(good_));
  const std::vector<std::string> ours{"-cert",   dir_ / "ca/good.pem", "-key", dir_ / "ca/good.key",
                                      "-CAfile", dir_ / "ca/ca.pem"};
  const auto good = shake_hands(*origin, release_, ours);
  EXPECT_THAT(good, HasSubstr("TLSv1.3, Cipher is TLS_"));
  EXPECT_THAT(good, HasSubstr("Verify return code: 0 (ok)"));
  auto old = ours;
  old.emplace_back("-tls1_2");
  EXPECT_THAT(shake_hands(*origin, release_, old), HasSubstr("alert protocol version"));
}

TEST_F(TlsSwarm, AsksEveryClientForACertificate) {
  const auto origin = start_origin(dir_, release_, with(good_));
  // TLS 1.3 tells the client after its own last word, so it must wait for an answer.
  EXPECT_THAT(shake_hands(*origin, release_, {"-ign_eof"}), HasSubstr("certificate required"));
}

// A server of openssl's in a peer's place. What it says of the hand-shake until it has
// said one of the words; everything if it never does.
std::string dialled_by_node(const TempDir& dir, const Release& release, const PeerTls& tls,
                            std::vector<std::string> more, const std::string& words) {
  ChildOptions options;
  options.argv = {
      "openssl",         "s_server",          "-rev", "-accept",           "127.0.0.1:0",
      "-cert",           dir / "ca/good.pem", "-key", dir / "ca/good.key", "-CAfile",
      dir / "ca/ca.pem", "-Verify",           "1"};
  options.argv.insert(options.argv.end(), more.begin(), more.end());
  Child server(options);
  const std::string at = "ACCEPT 127.0.0.1:";
  server.wait_output(Deadline::in(20s), [&](const std::string& out, const std::string&) {
    return out.find('\n', out.find(at)) != std::string::npos;
  });
  const auto out = server.out();
  const auto port = std::stoul(out.substr(out.find(at) + at.size()));
  Node node(dir / "dialler", with(tls));
  TransferOptions neighbour;
  neighbour.neighbours = {{{"127.0.0.1", static_cast<std::uint16_t>(port)}, true}};
  node.start(release, neighbour);
  server.wait_output(Deadline::in(20s), [&](const std::string& text, const std::string& errors) {
    return (text + errors).find(words) != std::string::npos;
  });
  return server.out() + server.err();
}

TEST_F(TlsSwarm, DialsWithTheCheapestCipherFirst) {
  const auto said = dialled_by_node(dir_, release_, good_, {}, "Ciphersuite: ");
  EXPECT_THAT(said, HasSubstr("Protocol version: TLSv1.3"));
  EXPECT_THAT(said, HasSubstr("Ciphersuite: TLS_AES_128_GCM_SHA256"));
}

TEST_F(TlsSwarm, DialsWithTls13AndNothingOlder) {
  const auto said = dialled_by_node(dir_, release_, good_, {"-tls1_2"}, "unsupported protocol");
  EXPECT_THAT(said, HasSubstr("unsupported protocol"));
}

// TCP_NODELAY of every connection of this process that has the port at one end.
std::vector<bool> undelayed(std::uint16_t port) {
  std::vector<bool> found;
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in local{};
    sockaddr_in remote{};
    socklen_t size = sizeof local;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
    size = sizeof remote;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&remote), &size) != 0) continue;
    if (ntohs(local.sin_port) != port && ntohs(remote.sin_port) != port) continue;
    int on = 0;
    size = sizeof on;
    ::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size);
    found.push_back(on != 0);
  }
  return found;
}

TEST_F(TlsSwarm, DelaysNoSmallMessageAtEitherEnd) {
  const auto origin = start_origin(dir_, release_, with(good_));
  const auto node = fetcher("node", good_, *origin);
  ASSERT_TRUE(node->recorder.wait_complete());
  EXPECT_EQ(undelayed(origin->session->local_endpoint().port), (std::vector<bool>{true, true}));
}

}  // namespace
}  // namespace roost::swarm::test
