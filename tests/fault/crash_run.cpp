#include "tests/fault/crash_run.hpp"

#include <optional>
#include <set>
#include <utility>

#include "core/store/layout.hpp"
#include "tests/fault/judge.hpp"

namespace roost::store {
namespace {

using test::CrashFs;
using test::Disk;
using test::Op;
using test::PowerCuts;

constexpr std::size_t kTold = 20;  // violations that are kept in words

struct Recorded {
  Disk start;
  std::vector<Op> log;
  bool told_success = false;
  std::vector<std::string> found;  // by the steps
};

Recorded record_act(const Scenario& scenario, test::Broken broken) {
  const TempDir temp;
  prepare(scenario, temp / "root");
  CrashFs fs(broken);
  Recorded recorded;
  if (scenario.opens) fs.record(temp.path());
  {
    const auto root = Root::open(temp / "root", fs);
    const auto app = app_of(root);
    if (!scenario.opens) fs.record(temp.path());  // what opening did is another scenario
    try {
      scenario.act(app, watching(recorded.found));
      recorded.told_success = true;
    } catch (const Error& error) {
      recorded.found.push_back(std::string("the act fails: ") + error.what());
    }
  }
  recorded.start = fs.start();
  recorded.log = fs.log();
  return recorded;
}

Recorded record_recovery(const Disk& disk) {
  const TempDir temp;
  disk.materialise(temp.path());
  CrashFs fs;
  Recorded recorded;
  fs.record(temp.path());
  try {
    const auto root = Root::open(temp / "root", fs);
    recover(root, watching(recorded.found));
  } catch (const Error&) {
    recorded.found.clear();  // judged already: the state itself is the violation
  }
  recorded.start = fs.start();
  recorded.log = fs.log();
  return recorded;
}

// I3: no operation touches the release that is current at that moment.
std::optional<std::string> touches_running(const Recorded& recorded) {
  auto disk = recorded.start;
  std::size_t number = 0;
  for (const auto& op : recorded.log) {
    ++number;
    const bool syncs = op.kind == Op::Kind::sync || op.kind == Op::Kind::sync_all;
    const auto current = disk.find("root/apps/web/current");
    const auto tree = current ? disk.find("root/apps/web/" + disk.bytes(*current)) : std::nullopt;
    if (tree && !syncs) {
      const auto inodes = disk.tree(*tree);
      const bool inside = inodes.contains(op.inode) ||
                          (op.dir != Disk::kTop && inodes.contains(op.dir)) ||
                          (op.to_dir != Disk::kTop && inodes.contains(op.to_dir));
      if (inside) return "I3: operation " + std::to_string(number) + " changes what runs";
    }
    disk.apply(op);
  }
  return std::nullopt;
}

// What one crash left.
struct Left {
  Disk disk;
  bool told = false;
  std::string where;
};

class Run {
 public:
  Run(const Scenario& scenario, const CrashPlan& plan) : scenario_(scenario), plan_(plan) {}

  CrashReport operator()() {
    const auto recorded = record_act(scenario_, plan_.broken);
    for (const auto& what : recorded.found) note(report_.act, what);
    if (const auto what = touches_running(recorded)) note(report_.act, *what);
    crash(recorded, plan_.losses, report_.act);
    if (plan_.in_recovery) {
      for (const auto& left : std::exchange(left_, {})) crash_recovery(left);
    }
    return std::move(report_);
  }

 private:
  void note(CrashCount& count, const std::string& what) {
    if (count.violations.size() < kTold) count.violations.push_back(what);
  }
  bool done() const { return plan_.first_is_enough && report_.act.bad + report_.recovery.bad > 0; }

  // Judges each state that was not seen before, and keeps it in left_.
  void crash(const Recorded& recorded, const PowerCuts::Policy& losses, CrashCount& count,
             const Left* first = nullptr) {
    PowerCuts cuts(recorded.start, losses);
    for (std::size_t at = 0; at <= recorded.log.size(); ++at) {
      ++count.points;
      const bool is_end = at == recorded.log.size();
      const bool told = first != nullptr ? first->told : is_end && recorded.told_success;
      auto where = "before operation " + std::to_string(at + 1);
      if (first != nullptr) where = first->where + " and " + where + " of recovery";
      cuts.for_each([&](const Disk& disk) {
        ++count.states;
        if (done() || !seen_.insert({disk.hash(), told}).second) return;
        judge_state(disk, told, where, count);
        if (first == nullptr && plan_.in_recovery) left_.push_back({disk, told, where});
      });
      if (!is_end) cuts.happened(recorded.log[at]);
    }
  }

  void crash_recovery(const Left& first) {
    const auto recorded = record_recovery(first.disk);
    for (const auto& what : recorded.found) note(report_.recovery, first.where + ": " + what);
    if (const auto what = touches_running(recorded)) {
      note(report_.recovery, first.where + ": " + *what);
    }
    crash(recorded, plan_.losses_in_recovery, report_.recovery, &first);
  }

  void judge_state(const Disk& disk, bool told, const std::string& where, CrashCount& count) {
    ++count.distinct;
    const TempDir temp;
    disk.materialise(temp.path());
    const auto found = judge(scenario_, temp / "root", told);
    if (!found.empty()) ++count.bad;
    for (const auto& what : found) note(count, where + ": " + what);
  }

  const Scenario& scenario_;
  const CrashPlan& plan_;
  CrashReport report_;
  std::set<std::pair<std::uint64_t, bool>> seen_;
  std::vector<Left> left_;
};

}  // namespace

CrashReport crash_everywhere(const Scenario& scenario, const CrashPlan& plan) {
  return Run(scenario, plan)();
}

}  // namespace roost::store
