#include <algorithm>
#include <array>

#include "bench/results/summary.hpp"

namespace roost::bench {
namespace {

using Value = std::optional<double>;

constexpr double kMiB = 1024.0 * 1024;
constexpr double kGiB = 1024 * kMiB;

Value over(Value value, double divisor) {
  return value && divisor > 0 ? Value(*value / divisor) : std::nullopt;
}

template <Milestone kMilestone, int kPercent>
Value time(const Run& run) {
  return time_to_share(run, kPercent / 100.0, kMilestone);
}

template <Milestone kMilestone, int kPercent>
Value ratio(const Run& run) {
  return over(time<kMilestone, kPercent>(run), run.bound_s);
}

Value bound(const Run& run) {
  return run.bound_s;
}

Value measured(const Run& run, double value) {
  return run.computed ? std::nullopt : Value(value);
}

// A simulation takes no CPU of a host; whatever ran took some.
Value above_zero(Value value) {
  return value && *value > 0 ? value : std::nullopt;
}

Value copies(const Run& run) {
  return over(static_cast<double>(run.seeder_bytes), static_cast<double>(run.wire_bytes));
}

Value trunk_copies(const Run& run) {
  if (run.goodput.trunk <= 0 || run.samples.empty()) return std::nullopt;
  return over(static_cast<double>(run.samples.back().trunk), static_cast<double>(run.wire_bytes));
}

Value cpu_per_gib(const Run& run) {
  const double delivered =
      static_cast<double>(run.wire_bytes) * static_cast<double>(run.nodes.size());
  return over(above_zero(measured(run, run.cpu_s)), delivered / kGiB);
}

Value redundant(const Run& run) {
  double in = 0;
  double wasted = 0;
  for (const NodeRun& node : run.nodes) {
    in += static_cast<double>(node.bytes_in);
    wasted += static_cast<double>(node.bytes_redundant);
  }
  return over(measured(run, wasted), in);
}

// Of one node, in the mean over all; nothing unless each node tells it.
template <auto kMember>
Value per_node(const Run& run) {
  if (!run.update || run.nodes.empty()) return std::nullopt;
  double sum = 0;
  for (const NodeRun& node : run.nodes) {
    const auto bytes = std::optional<std::uint64_t>(node.*kMember);
    if (!bytes) return std::nullopt;
    sum += static_cast<double>(*bytes);
  }
  return sum / static_cast<double>(run.nodes.size());
}

// Without a lab no link is measured.
Value on_link(const Run& run) {
  return above_zero(per_node<&NodeRun::bytes_in>(run));
}

constexpr auto kPayload = per_node<&NodeRun::bytes_payload>;

template <Value (*kBytes)(const Run&)>
Value mib(const Run& run) {
  return over(kBytes(run), kMiB);
}

template <Value (*kBytes)(const Run&)>
Value over_stored(const Run& run) {
  return run.update ? over(kBytes(run), static_cast<double>(run.update->stored_bytes))
                    : std::nullopt;
}

template <Value (*kBytes)(const Run&)>
Value over_packed(const Run& run) {
  if (!run.update || !run.update->changed_packed) return std::nullopt;
  return over(kBytes(run), static_cast<double>(*run.update->changed_packed));
}

Value longest_sync(const Run& run) {
  Value longest;
  for (const NodeRun& node : run.nodes) {
    if (node.staged_s) longest = std::max(longest.value_or(0), node.sync_s);
  }
  return longest;
}

Value busy(const Run& run) {
  return above_zero(measured(run, run.host_busy));
}

constexpr auto kDone = Milestone::done;
constexpr auto kStaged = Milestone::staged;

// Names are those of DESIGN and docs/benchmarks.md; a figure that a run lacks is absent.
constexpr std::array kFigures{
    Figure{"t_first_p99_s", "first piece, 99 %", "s", true, 0.01, time<Milestone::first, 99>},
    Figure{"t_p50_s", "half the nodes", "s", true, 0.01, time<kDone, 50>},
    Figure{"t_p99_s", "99 % of nodes", "s", true, 0.01, time<kDone, 99>},
    Figure{"t_last_s", "last node", "s", true, 0.01, time<kDone, 100>},
    Figure{"bound_s", "bound", "s", false, 0, bound},
    Figure{"ratio_p50", "half / bound", "x", true, 0, ratio<kDone, 50>},
    Figure{"ratio_last", "last / bound", "x", true, 0, ratio<kDone, 100>},
    Figure{"t_staged_p50_s", "half staged", "s", true, 0.01, time<kStaged, 50>},
    Figure{"t_staged_p99_s", "99 % staged", "s", true, 0.01, time<kStaged, 99>},
    Figure{"t_staged_last_s", "last staged", "s", true, 0.01, time<kStaged, 100>},
    Figure{"ratio_staged_p50", "half staged / bound", "x", true, 0, ratio<kStaged, 50>},
    Figure{"ratio_staged_last", "last staged / bound", "x", true, 0, ratio<kStaged, 100>},
    Figure{"sync_longest_s", "longest sync", "s", true, 0.05, longest_sync},
    Figure{"seeder_bytes_ratio", "seeder sent", "copies", true, 0, copies},
    Figure{"trunk_bytes_ratio", "trunk carried", "copies", true, 0, trunk_copies},
    Figure{"cpu_s_per_gib", "CPU per GiB", "s", true, 0, cpu_per_gib},
    Figure{"redundant_share", "redundant", "share", true, 0.005, redundant},
    Figure{"link_mib", "received by a node's link", "MiB", true, 0, mib<on_link>},
    Figure{"link_over_stored", "link / changed chunks", "x", true, 0, over_stored<on_link>},
    Figure{"link_over_packed", "link / changed bytes packed", "x", true, 0, over_packed<on_link>},
    Figure{"payload_mib", "payload a node received", "MiB", true, 0, mib<kPayload>},
    Figure{"payload_over_stored", "payload / changed chunks", "x", true, 0, over_stored<kPayload>},
    Figure{"payload_over_packed", "payload / changed bytes packed", "x", true, 0,
           over_packed<kPayload>},
    Figure{"reused_mib", "a node reused", "MiB", false, 0, mib<per_node<&NodeRun::bytes_reused>>},
    Figure{"host_busy", "host busy", "share", false, 0, busy},
};

}  // namespace

std::span<const Figure> figures() {
  return kFigures;
}

const Figure* find_figure(std::string_view name) {
  const auto found = std::ranges::find(kFigures, name, &Figure::name);
  return found == kFigures.end() ? nullptr : &*found;
}

}  // namespace roost::bench
