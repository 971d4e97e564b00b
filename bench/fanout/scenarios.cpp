#include "bench/fanout/scenarios.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <string>

#include "core/base/error.hpp"

namespace roost::bench {
namespace {

constexpr double kZoneRoundTrip = 0.04;
constexpr double kSlow = 0.01;
constexpr std::uint64_t kWideTrunk = 10'000'000'000;  // where only its delay counts

template <class Change>
constexpr Scenario scenario(std::string_view name, std::string_view about, Change change) {
  Scenario made;
  made.name = name;
  made.about = about;
  change(made);
  return made;
}

constexpr std::array kScenarios{
    scenario("equal", "every link the same", [](Scenario&) {}),
    scenario("slow-seeder", "the seeder's link a quarter of a node's",
             [](Scenario& s) { s.seeder = 0.25; }),
    scenario("fast-origin", "the seeder's link ten times a node's",
             [](Scenario& s) { s.seeder = 10; }),
    scenario("late", "a third of the nodes joins at half the bound",
             [](Scenario& s) { s.late = 1.0 / 3; }),
    scenario("churn",
             "a tenth of the nodes is killed and started again, and the seeder leaves after two "
             "distributed copies",
             [](Scenario& s) {
               s.churned = 0.1;
               s.seeder_leaves = true;
             }),
    scenario("tracker-dies", "the tracker is killed soon after the start",
             [](Scenario& s) { s.tracker_dies = true; }),
    scenario("slow-peer", "one node's link has 1 % of the rate; it need not finish",
             [](Scenario& s) { s.slow_peer = true; }),
    scenario("liar", "one node serves corrupt blocks", [](Scenario& s) { s.liar = true; }),
    scenario("zones", "half of the nodes 40 ms away, behind a trunk of twice a node's rate",
             [](Scenario& s) {
               s.two_zones = true;
               s.trunk = 2;
               s.rtt_s = kZoneRoundTrip;
             }),
};

std::uint64_t scaled(std::uint64_t rate, double factor) {
  return static_cast<std::uint64_t>(std::llround(static_cast<double>(rate) * factor));
}

// The numbers of all nodes, in an order that follows from the seed alone.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::mt19937_64 rng(seed);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[rng() % i]);
  return order;
}

std::size_t share_of(std::size_t count, double share) {
  return share == 0
             ? 0
             : static_cast<std::size_t>(std::ceil(static_cast<double>(count) * share - 1e-9));
}

}  // namespace

std::span<const Scenario> scenarios() {
  return kScenarios;
}

const Scenario& find_scenario(std::string_view name) {
  const auto found = std::ranges::find(kScenarios, name, &Scenario::name);
  if (found != kScenarios.end()) return *found;
  std::string known;
  for (const auto& each : kScenarios) known += (known.empty() ? "" : ", ") + std::string(each.name);
  throw Error(Errc::usage, fmt::format("find scenario '{}': unknown", name), "one of " + known);
}

Plan make_plan(const Scenario& scenario, const PlanInput& input) {
  Plan plan{.scenario = scenario,
            .seeder = input.seed_rate.value_or(scaled(input.rate, scenario.seeder)),
            .nodes = {},
            .trunk = std::nullopt};
  NodePlan usual;
  usual.up = usual.down = input.rate;
  plan.nodes.assign(input.nodes, usual);
  if (scenario.two_zones || input.rtt_s > 0) {
    plan.trunk = TrunkPlan{scenario.trunk == 0 ? kWideTrunk : scaled(input.rate, scenario.trunk),
                           input.rtt_s > 0 ? input.rtt_s : scenario.rtt_s};
    // The seeder is in zone 0, so half of all hosts are in each.
    for (std::size_t i = input.nodes / 2; i < input.nodes; ++i) plan.nodes[i].zone = 1;
  }
  const auto order = shuffled(input.nodes, input.seed);
  std::size_t next = 0;
  const auto take = [&](std::size_t count, auto change) {
    for (; count > 0 && next < order.size(); --count) change(plan.nodes[order[next++]]);
  };
  take(share_of(input.nodes, scenario.late), [](NodePlan& node) { node.late = true; });
  take(share_of(input.nodes, scenario.churned), [](NodePlan& node) { node.churned = true; });
  take(scenario.slow_peer ? 1 : 0, [](NodePlan& node) {
    node.up = scaled(node.up, kSlow);
    node.down = scaled(node.down, kSlow);
    node.must_finish = false;
  });
  take(scenario.liar ? 1 : 0, [](NodePlan& node) {
    node.liar = true;
    node.must_finish = false;
  });
  return plan;
}

std::vector<Action> timeline(const Plan& plan) {
  std::vector<Action> actions;
  if (plan.scenario.tracker_dies) actions.push_back({0.1, ActionKind::end_tracker, 0});
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    if (plan.nodes[i].late) actions.push_back({0.5, ActionKind::join, i});
    if (plan.nodes[i].churned) {
      actions.push_back({0.4, ActionKind::kill, i});
      actions.push_back({0.6, ActionKind::restart, i});
    }
  }
  std::ranges::stable_sort(actions, {}, &Action::at);
  return actions;
}

}  // namespace roost::bench
