// One release, once: what `roost fetch` does.
//
// The same journey as the daemon's, on the caller's thread: ask the tracker for
// an offer, verify, fetch, expand, stage, activate if told so, share for a while.
// Holds the root's lock; a root whose daemon runs is a conflict. Errors: those of
// the delivery; deadline when `timeout` passes first; not_found from the tracker.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "peer/delivery.hpp"
#include "peer/node.hpp"

namespace roost::peer {

struct FetchOptions {
  NodeConfig node;
  std::variant<release::ReleaseRef, release::ChannelRef> what;
  bool activate = false;
  std::chrono::milliseconds seed_for{0};
  std::optional<std::chrono::milliseconds> timeout;
  // Called about four times a second, on another thread than the caller's; may be empty.
  std::function<void(const VerifiedOffer&, const DeliveryProgress&, const HoldingStats&)> progress;
};

struct FetchResult {
  release::ReleaseRef release;
  release::ReleaseId id;
  std::string path;  // of the staged tree
  bool already_staged = false;
  bool activated = false;
  std::uint64_t bytes_seeder = 0;
  std::uint64_t bytes_peers = 0;
  std::map<std::string, std::uint64_t> reused = {};  // bytes of the image by NAME@VERSION
  DeliveryTimes times;
  CauseTimes causes;
};

FetchResult fetch(const FetchOptions& options, const std::stop_token& stop);

}  // namespace roost::peer
