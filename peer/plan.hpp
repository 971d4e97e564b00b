// What a node does next about one followed name: a pure decision.
//
// Table-tested; no I/O, no clock. The caller observes, asks, and acts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/release/names.hpp"

namespace roost::peer {

// What the channel says, already verified.
struct Desired {
  release::ReleaseId release;
  std::uint64_t channel_version = 0;
  bool stage_only = false;  // this node activates on command alone
};

// What is on the node.
struct Observed {
  std::optional<release::ReleaseId> current;
  std::vector<release::ReleaseId> staged;  // complete under releases/
  // After a local rollback: the channel version that the operator went back from.
  std::optional<std::uint64_t> held_at;

  // Was activated at that channel version, and failed by itself.
  struct Rejection {
    release::ReleaseId release;
    std::uint64_t version = 0;
    std::string reason;  // of core/store/reasons.hpp
  };
  std::optional<Rejection> rejected = {};
  bool fault = false;  // nothing moves before an operator clears it
};

struct UpToDate {};
struct Fetch {};     // get and stage it, then ask again
struct Activate {};  // it is staged; switch to it
struct Held {        // an operator rolled back; wait for a newer channel version or a resume
  std::uint64_t at = 0;
};

// It failed here already: the node stays where it is until the channel's version rises, or an
// operator activates it or resumes. Else the two releases would take turns for ever.
struct Rejected {
  std::string reason;
};
struct Faulted {};  // it is staged; an operator must look first

using Plan = std::variant<UpToDate, Fetch, Activate, Held, Rejected, Faulted>;

Plan plan(const Desired& desired, const Observed& observed);

}  // namespace roost::peer
