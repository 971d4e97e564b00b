// What the parts of one running peer share: root, swarm session, trust, and the
// releases it holds.
//
// Opening a Node takes the root's lock and recovers from a crash before anything
// touches the network. Thread-safe; one per process and root. The switching lock
// is held around everything that moves `current` or collects releases, so that a
// command and a worker never do so at once.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/crypto/keys.hpp"
#include "core/net/url.hpp"
#include "core/proto/report.hpp"
#include "core/store/retention.hpp"
#include "core/store/staging.hpp"
#include "core/store/trust.hpp"
#include "core/swarm/session.hpp"
#include "peer/holding.hpp"
#include "peer/image_maker.hpp"

namespace roost::peer {

struct NodeConfig {
  std::filesystem::path root;
  net::Url tracker;
  std::vector<crypto::PublicKey> trust;  // one of them signed whatever runs here
  std::string zone;
  swarm::SessionConfig swarm;
  store::StageOptions stage;
  store::RetentionPolicy retention;
};

class Node {
 public:
  explicit Node(NodeConfig config);

  const NodeConfig& config() const noexcept { return config_; }
  const store::Root& root() const noexcept { return root_; }
  store::TrustState& floors() noexcept { return floors_; }
  ImageMaker& images() noexcept { return images_; }
  std::mutex& switching() noexcept { return switching_; }
  const std::string& id() const noexcept { return root_.node_id(); }
  Endpoint address() const;  // where peers reach it, as far as it knows
  swarm::TransferLimits limits() const noexcept {
    return {config_.swarm.upload_limit, config_.swarm.download_limit};
  }

  // Joins the release's swarm, or returns the holding that is there already, with
  // the offer's neighbours dialled either way. Error{unavailable} while another
  // thread opens it, no_space when index, image and tree would not fit.
  // An image that is not whole waits for what other images here hold of it: for the delivery, or
  // images().add(). Who delivers also fetches the patches that make more of these.
  enum class Purpose { share, deliver };
  std::shared_ptr<Holding> hold(const VerifiedOffer& offer, Purpose purpose,
                                const std::stop_token& stop);

  std::shared_ptr<Holding> find(const release::ReleaseId& id) const;  // nullptr: not held

  // Dials an offer's neighbours if the release is held here, or joins again if it is staged.
  void greet(const VerifiedOffer& offer, const std::stop_token& stop);

  // Waits while the image of a staged release is being made; false at the deadline or stop.
  bool await_image(const release::ReleaseId& id, Deadline deadline, const std::stop_token& stop);

  // Shares again every image on the disk whose offer still verifies. After a reboot
  // that reads the images, so it may take long.
  void hold_all_again(const std::stop_token& stop);
  void drop(const release::ReleaseId& id);

  // Leaves the swarm of a release that failed, but goes on reporting it; the next
  // hold() opens it anew. True when pieces on the disk proved to be damaged and
  // will be fetched again.
  bool fail(const VerifiedOffer& offer, const Error& error, const std::stop_token& stop);

  void set_state(const release::ReleaseId& id, proto::TransferState state,
                 const std::string& reason = {},
                 std::optional<double> seconds_to_staged = std::nullopt);
  std::vector<proto::TransferReport> transfers() const;

  // After a command moved `current`: which of the held releases is active now.
  void refresh_states();

  // Removes what retention allows. Needs the switching lock.
  store::Collected collect();

 private:
  struct Share {
    std::optional<release::ReleaseRef> release;
    std::shared_ptr<Holding> holding;  // none while it is opened, or after it failed
    bool opening = false;
    std::uint32_t pieces = 0;  // of its image
    proto::TransferState state = proto::TransferState::fetching;
    std::string reason;
    std::optional<double> seconds_to_staged;
  };

  std::map<release::ReleaseId, proto::TransferState> staged_here() const;
  void hold_again(const release::ReleaseId& id, proto::TransferState state,
                  const std::stop_token& stop);
  void check_space(const VerifiedOffer& offer) const;

  NodeConfig config_;
  store::Root root_;
  store::TrustState floors_;
  swarm::Session session_;
  std::mutex switching_;
  Guarded<std::map<release::ReleaseId, Share>> shares_;
  ImageMaker images_;  // last: it uses what is above
};

}  // namespace roost::peer
