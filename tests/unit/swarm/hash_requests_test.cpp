// What a node asks of a peer whose pieces fail: never their block hashes, since a peer that
// declines makes libtorrent 2.0.8 write out of bounds.
#include <gtest/gtest.h>

#include <cstring>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>

#include "tests/unit/swarm/scripted_peer.hpp"

namespace roost::swarm::test {
namespace {

namespace lt = libtorrent;

// A libtorrent client without any code of ours that has everything.
class ForeignSeed {
 public:
  ForeignSeed(const TempDir& dir, const Release& release) {
    write_file(dir / "image", release.data);
    lt::settings_pack settings;
    settings.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
    settings.set_bool(lt::settings_pack::enable_dht, false);
    settings.set_bool(lt::settings_pack::enable_lsd, false);
    settings.set_int(lt::settings_pack::alert_queue_size, 1'000'000);
    settings.set_int(lt::settings_pack::alert_mask,
                     static_cast<int>(static_cast<std::uint32_t>(lt::alert_category::peer_log)));
    session_ = std::make_unique<lt::session>(lt::session_params(settings));
    lt::add_torrent_params params;
    const auto text = as_text(release.torrent);
    params.ti = std::make_shared<lt::torrent_info>(
        lt::span<const char>(text.data(), static_cast<std::ptrdiff_t>(text.size())), lt::from_span);
    params.save_path = dir.path().string();
    params.flags |= lt::torrent_flags::seed_mode;
    session_->add_torrent(params);
  }

  Neighbour as_neighbour() const { return {{"127.0.0.1", session_->listen_port()}, false}; }

  // Messages of that name that came since the last call.
  int heard(const char* message) {
    std::vector<lt::alert*> alerts;
    session_->pop_alerts(&alerts);
    int count = 0;
    for (const lt::alert* alert : alerts) {
      const auto* log = lt::alert_cast<lt::peer_log_alert>(alert);
      if (log != nullptr && log->direction == lt::peer_log_alert::incoming_message &&
          std::strcmp(log->event_type, message) == 0) {
        ++count;
      }
    }
    return count;
  }

 private:
  std::unique_ptr<lt::session> session_;
};

TEST(HashRequests, AreNotMadeWhenPiecesFail) {
  const TempDir dir;
  const TempDir foreign_dir;
  const Release release = make_release(8 << 20, 64 << 10);
  const auto liar = start_liar(dir, release);
  ForeignSeed foreign(foreign_dir, release);
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {liar->as_neighbour()};
  node.start(release, options);
  ASSERT_TRUE(eventually([&] { return node.transfer->stats().pieces_failed >= 1; }));
  node.transfer->connect(foreign.as_neighbour());
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  EXPECT_EQ(foreign.heard("HASH_REQUEST"), 0);
}

// The mark that keeps them from being made also says which info-hash a dial names: of one
// that is under way when a piece fails it isn't touched.
TEST(HashRequests, AreForbiddenWithoutHarmToADialUnderWay) {
  const TempDir dir;
  const Release release = make_release(2 << 20, 64 << 10);
  const auto liar = start_liar(dir, release);
  ScriptedPeer slow_to_answer(release, 64 << 20);
  slow_to_answer.hold_dials();
  Node node(dir / "image");
  TransferOptions options;
  options.neighbours = {slow_to_answer.as_neighbour()};
  node.start(release, options);
  ASSERT_TRUE(eventually([&] { return node.transfer->stats().stall_reason == "connecting"; }));
  node.transfer->connect(liar->as_neighbour());
  ASSERT_TRUE(eventually([&] { return node.transfer->stats().pieces_failed >= 1; }));
  slow_to_answer.take_dials();
  ASSERT_TRUE(node.recorder.wait_complete());
  EXPECT_EQ(read_file(node.file), release.data);
  EXPECT_EQ(slow_to_answer.refused(), 0);
  EXPECT_EQ(slow_to_answer.connections(), 1);
}

}  // namespace
}  // namespace roost::swarm::test
