#include "seeder/goal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/units.hpp"

namespace roost::seeder {
namespace {

constexpr double kRounding = 1e-6;  // a share of pieces is a sum of fractions

std::string nodes(std::uint32_t count) {
  return fmt::format("{} node{}", count, count == 1 ? "" : "s");
}

// The texts change only when something happened: a log repeats no clock.
std::string until(const GoalFacts& facts) {
  if (!facts.limit) return "seeding until it is stopped";
  return "seeding for up to " + format_duration(*facts.limit);
}

std::string nobody(const GoalFacts& facts) {
  if (facts.followed.empty()) {
    return fmt::format("no channel was given, so no node is told of {}; {}", facts.subject,
                       until(facts));
  }
  return fmt::format("no node follows {} yet; {}", facts.followed, until(facts));
}

double copies_out(const GoalFacts& facts) {
  return std::max(facts.copies, static_cast<double>(holders(facts)));
}

std::uint32_t copies_wanted(const Copies& goal, const GoalFacts& facts) {
  return std::min(goal.wanted, audience(facts));
}

struct Judge {
  const GoalFacts& facts;

  Verdict operator()(const Copies& goal) const {
    if (audience(facts) == 0) return Waiting{nobody(facts)};
    const auto wanted = copies_wanted(goal, facts);
    const auto out = copies_out(facts);
    if (out + kRounding >= wanted) {
      return Done{fmt::format("{} cop{} out among {}", wanted, wanted == 1 ? "y is" : "ies are",
                              nodes(audience(facts)))};
    }
    return Waiting{
        fmt::format("{:.2f} of {} copies out among {}", out, wanted, nodes(audience(facts)))};
  }

  Verdict operator()(const Staged& goal) const {
    const auto text = fmt::format("{} of {} staged", staged(facts), nodes(goal.nodes));
    if (staged(facts) >= goal.nodes) return Done{text};
    if (audience(facts) == 0) return Waiting{nobody(facts)};
    return Waiting{text};
  }

  Verdict operator()(const SeedFor& goal) const {
    if (facts.seeding >= goal.time) return Done{"seeded for " + format_duration(goal.time)};
    return Waiting{"seeding for " + format_duration(goal.time)};
  }

  Verdict operator()(const Forever&) const { return Waiting{"seeding until it is stopped"}; }
};

}  // namespace

Verdict evaluate(const Goal& goal, const GoalFacts& facts) {
  return std::visit(Judge{facts}, goal);
}

std::uint32_t holders(const GoalFacts& facts) noexcept {
  return facts.nodes.whole;
}

std::uint32_t staged(const GoalFacts& facts) noexcept {
  return facts.nodes.staged + facts.nodes.active;
}

std::uint32_t audience(const GoalFacts& facts) noexcept {
  const auto& nodes = facts.nodes;
  return std::max({nodes.following, nodes.fetching + nodes.staged + nodes.active, facts.peers});
}

bool has_deadline(const Goal& goal) noexcept {
  return std::holds_alternative<Copies>(goal) || std::holds_alternative<Staged>(goal);
}

Error missed(const Goal& goal, const GoalFacts& facts) {
  std::string found;
  if (const auto* trees = std::get_if<Staged>(&goal)) {
    found = fmt::format("{} of {} staged it", staged(facts), nodes(trees->nodes));
  } else if (audience(facts) == 0) {
    found = facts.followed.empty() ? "no node asked for it" : "no node followed " + facts.followed;
  } else {
    const auto* copies = std::get_if<Copies>(&goal);
    const auto wanted = copies != nullptr ? copies_wanted(*copies, facts) : 1U;
    found = fmt::format("{:.2f} of {} copies were out", copies_out(facts), wanted);
  }
  return Error(
      Errc::partial,
      fmt::format("seed {}: it is registered, but {} when the time was over", facts.subject, found),
      "publish the same tree again to seed on, or raise --timeout");
}

}  // namespace roost::seeder
