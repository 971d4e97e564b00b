// What a Roost peer says in its hand-shake after the first one, heard by a client that
// has libtorrent and a plug-in of its own, and none of our code.
#include <gtest/gtest.h>

#include <algorithm>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/bdecode.hpp>
#include <libtorrent/entry.hpp>
#include <libtorrent/extensions.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/session_params.hpp>
#include <libtorrent/settings_pack.hpp>
#include <libtorrent/torrent_info.hpp>

#include "core/base/guarded.hpp"
#include "core/swarm/request_depth.hpp"
#include "tests/unit/swarm/swarm_fixture.hpp"

namespace roost::swarm::test {
namespace {

namespace lt = libtorrent;

using Queues = Guarded<std::vector<std::int64_t>>;  // each "reqq" that came

class Listener : public lt::peer_plugin {
 public:
  Listener(std::shared_ptr<Queues> heard, bool speaks_roost)
      : heard_(std::move(heard)), speaks_roost_(speaks_roost) {}

  void add_handshake(lt::entry& handshake) override {
    if (!speaks_roost_) return;
    handshake["roost"]["v"] = 1;
    handshake["roost"]["id"] = std::string(16, 'x');
  }
  bool on_extension_handshake(const lt::bdecode_node& handshake) override {
    heard_->with([&](auto& heard) { heard.push_back(handshake.dict_find_int_value("reqq", 0)); });
    return true;
  }

 private:
  std::shared_ptr<Queues> heard_;
  bool speaks_roost_;
};

class ListenerFactory : public lt::torrent_plugin {
 public:
  ListenerFactory(std::shared_ptr<Queues> heard, bool speaks_roost)
      : heard_(std::move(heard)), speaks_roost_(speaks_roost) {}
  std::shared_ptr<lt::peer_plugin> new_connection(const lt::peer_connection_handle&) override {
    return std::make_shared<Listener>(heard_, speaks_roost_);
  }

 private:
  std::shared_ptr<Queues> heard_;
  bool speaks_roost_;
};

// What a client that fetches a whole release was told it may ask for at once.
std::vector<std::int64_t> queues_heard(bool speaks_roost, const Parts& without = {}) {
  const TempDir dir;
  const Release release = make_release(8 << 20, 64 << 10);
  SessionConfig config = Node::loopback();
  config.without = without;
  const auto origin = start_origin(dir, release, config);
  const auto heard = std::make_shared<Queues>();
  lt::settings_pack settings;
  settings.set_str(lt::settings_pack::listen_interfaces, "127.0.0.1:0");
  settings.set_bool(lt::settings_pack::enable_dht, false);
  settings.set_bool(lt::settings_pack::enable_lsd, false);
  lt::session session{lt::session_params(settings)};
  lt::add_torrent_params params;
  const auto text = as_text(release.torrent);
  params.ti = std::make_shared<lt::torrent_info>(
      lt::span<const char>(text.data(), static_cast<std::ptrdiff_t>(text.size())), lt::from_span);
  params.save_path = dir.path().string();
  params.extensions.push_back([&](const lt::torrent_handle&, lt::client_data_t) {
    return std::make_shared<ListenerFactory>(heard, speaks_roost);
  });
  const auto handle = session.add_torrent(params);
  const auto at = origin->session->local_endpoint();
  handle.connect_peer({lt::make_address(at.address), at.port});
  EXPECT_TRUE(eventually([&] { return handle.status().is_seeding; }));
  return heard->with([](const auto& queues) { return queues; });
}

TEST(Amendment, TellsARoostPeerHowManyBlocksItMayAskFor) {
  const auto queues = queues_heard(true);
  ASSERT_GE(queues.size(), 3U) << "the hand-shake, a first and a measured length";
  EXPECT_EQ(queues[1], RequestDepth::kInitial) << "before anything is known of the link";
  EXPECT_GT(*std::max_element(queues.begin() + 2, queues.end()), RequestDepth::kInitial)
      << "loopback is fast";
}

TEST(Amendment, LeavesForeignClientsAlone) {
  EXPECT_EQ(queues_heard(false).size(), 1U);
}

TEST(Amendment, IsNotMadeWhenThatPartIsLeftOut) {
  EXPECT_EQ(queues_heard(true, {Part::request_depth}).size(), 1U);
}

}  // namespace
}  // namespace roost::swarm::test
