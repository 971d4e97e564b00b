// The situations in which methods are compared, as data.
//
// A Scenario says what is unusual; make_plan() turns it into the links of N nodes
// and into what happens to them while a run goes on. Which nodes it hits follows
// from the seed. Pure. find_scenario() throws Error{usage} with the known names.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace roost::bench {

struct Scenario {
  std::string_view name;
  std::string_view about;
  double seeder = 1;           // its link, in links of a node
  bool two_zones = false;      // half of the nodes behind a trunk
  double trunk = 0;            // its rate in links of a node; 0: not limited
  double rtt_s = 0;            // that it adds
  double late = 0;             // this share of the nodes joins at half the bound
  double churned = 0;          // this share is killed and started again
  bool seeder_leaves = false;  // once two distributed copies are out
  bool tracker_dies = false;   // soon after the start
  bool slow_peer = false;      // one node's link has 1 % of the rate
  bool liar = false;           // one node serves corrupt blocks

  bool steady() const noexcept {  // nothing happens while it runs
    return late == 0 && churned == 0 && !seeder_leaves && !tracker_dies && !liar;
  }
};

std::span<const Scenario> scenarios();
const Scenario& find_scenario(std::string_view name);

struct NodePlan {
  std::uint64_t up = 0;  // bits a second
  std::uint64_t down = 0;
  unsigned zone = 0;
  bool late = false;
  bool churned = false;
  bool liar = false;
  bool must_finish = true;  // not the slow one, nor the liar
};

struct TrunkPlan {
  std::uint64_t rate = 0;  // bits a second, each way
  double rtt_s = 0;
};

struct Plan {
  Scenario scenario;
  std::uint64_t seeder = 0;  // its link's rate, bits a second
  std::vector<NodePlan> nodes;
  std::optional<TrunkPlan> trunk;
};

struct PlanInput {
  unsigned nodes = 1;
  std::uint64_t rate = 0;                  // bits a second
  std::optional<std::uint64_t> seed_rate;  // instead of the scenario's
  double rtt_s = 0;                        // with it two zones, whatever the scenario
  std::uint64_t seed = 1;
};

Plan make_plan(const Scenario& scenario, const PlanInput& input);

// What happens while a run goes on; `at` counts in bounds from the instant.
enum class ActionKind { join, kill, restart, end_tracker };
struct Action {
  double at = 0;
  ActionKind kind = ActionKind::join;
  std::size_t node = 0;
  bool operator==(const Action&) const = default;
};

std::vector<Action> timeline(const Plan& plan);  // in order of time

}  // namespace roost::bench
