// Until when a publisher seeds, as a pure judgement over what it can see.
//
// The default asks for two distributed copies, but never for more than there are
// nodes: with one follower one copy is all there can be. It is judged anew from
// facts each time, so a node that joins later counts. No I/O, no clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/base/error.hpp"
#include "core/proto/summary.hpp"

namespace roost::seeder {

// Whole copies out among the nodes, in pieces or at one node. The default.
struct Copies {
  std::uint32_t wanted = 2;
};

// So many nodes report that they have staged it.
struct Staged {
  std::uint32_t nodes = 1;
};

struct SeedFor {
  std::chrono::milliseconds time{0};
};

struct Forever {};

using Goal = std::variant<Copies, Staged, SeedFor, Forever>;

struct GoalFacts {
  double copies = 0;        // among the connected peers, of index and image both
  std::uint32_t peers = 0;  // connected
  proto::NodeCounts nodes;  // as the tracker last said
  std::chrono::milliseconds seeding{0};
  std::optional<std::chrono::milliseconds> limit;  // of the whole publish, if it has one
  std::string subject;                             // "web@1.2"
  std::string followed;                            // "web/prod, web/canary"; empty: no channel
};

struct Done {
  std::string text;
};
struct Waiting {
  std::string text;
};
using Verdict = std::variant<Done, Waiting>;

Verdict evaluate(const Goal& goal, const GoalFacts& facts);

// Nodes that have all of it, as far as anybody knows, to give it to others.
std::uint32_t holders(const GoalFacts& facts) noexcept;

// Nodes that have its tree; of its image some may still lack pieces.
std::uint32_t staged(const GoalFacts& facts) noexcept;

// Nodes that could come to have it; 0: nobody follows.
std::uint32_t audience(const GoalFacts& facts) noexcept;

// Whether the deadline of a publish ends it; a time to seed for is its own limit.
bool has_deadline(const Goal& goal) noexcept;

// What it means that the deadline passed while evaluate() still said Waiting, the
// release being registered: Error{partial}.
Error missed(const Goal& goal, const GoalFacts& facts);

}  // namespace roost::seeder
