// What steps may do to a switch: fail, defer, be stopped, kill the node.
#include <gtest/gtest.h>

#include "core/store/history.hpp"
#include "core/store/reasons.hpp"
#include "core/store/trust.hpp"
#include "tests/support/errors.hpp"
#include "tests/unit/store/activation_fixture.hpp"
#include "tests/unit/store/faulty_fs.hpp"

namespace roost::store {
namespace {

namespace fs = std::filesystem;
using test::code_of;

// Steps that stand for hooks. Their attempts outlive the process.
struct ActivationByStep : Activation {
  ActivationSteps steps;
  int calls = 0;

  std::optional<std::string> rejected() const {
    const auto transaction = last();
    if (!transaction.rejection) return std::nullopt;
    return transaction.rejection->dir;
  }

  Step stopped() {
    return [this](const Switch&) -> StepResult {
      ++calls;
      throw Error(Errc::interrupted, "hook: the node stops");
    };
  }
};

TEST_F(ActivationByStep, AStopLeavesTheSwitchToTheNextStart) {
  activate(app, one);
  steps.health = stopped();
  EXPECT_EQ(code_of([&] { activate(app, two, steps, 4); }), Errc::interrupted);
  EXPECT_EQ(last().phase, Phase::switched);
  EXPECT_EQ(last().attempts, 0U) << "it has not been tried";
  EXPECT_EQ(shown(), "two") << "nothing was wrong with it";
  for (int i = 0; i < 5; ++i) recover(root, steps);  // however often the node is stopped
  EXPECT_EQ(last().phase, Phase::switched);
  recover(root);
  EXPECT_EQ(last().phase, Phase::committed);
  EXPECT_EQ(last().version, 4U);
}

TEST_F(ActivationByStep, AStopBeforeTheFlipIsUndoneAndCountsNot) {
  activate(app, one);
  steps.pre_activate = stopped();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(code_of([&] { activate(app, two, steps); }), Errc::interrupted);
    EXPECT_EQ(last().phase, Phase::prepared);
  }
  recover(root);
  EXPECT_EQ(last().reason, reason::kInterrupted);
  activate(app, two);
  EXPECT_EQ(shown(), "two");
}

TEST_F(ActivationByStep, AStopTokenEndsRetries) {
  std::stop_source source;
  steps.stop = source.get_token();
  steps.activate = [&](const Switch&) {
    if (++calls == 3) source.request_stop();
    return StepResult::retry;
  };
  EXPECT_EQ(code_of([&] { activate(app, one, steps); }), Errc::interrupted);
  EXPECT_EQ(calls, 3);
}

TEST_F(ActivationByStep, OnlyPreActivateDefers) {
  const auto defer = [](const Switch&) { return StepResult::defer; };
  activate(app, one);
  steps.pre_activate = defer;
  EXPECT_EQ(code_of([&] { activate(app, two, steps); }), Errc::unavailable);
  EXPECT_EQ(last().phase, Phase::aborted);
  EXPECT_EQ(last().reason, reason::kDeferred);
  EXPECT_EQ(last().exit, 77);
  EXPECT_FALSE(last().rejection);
  steps.pre_activate = {};
  steps.activate = defer;
  EXPECT_THROW(activate(app, two, steps, 5), StepFailed);
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(last().reason, reason::kActivateFailed);
  EXPECT_EQ(rejected(), two);
}

TEST_F(ActivationByStep, TheHookThatDecidesIsOnRecord) {
  activate(app, one);
  steps.health = [](const Switch&) -> StepResult { throw StepFailed("health: exit 3", 3); };
  EXPECT_THROW(activate(app, two, steps, 9), StepFailed);
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(last().exit, 3);
  EXPECT_EQ(last().version, 9U);
  EXPECT_EQ(rejected(), two);
  steps.pre_activate = [](const Switch&) -> StepResult {
    throw StepFailed("hooks: not allowed", 0, reason::kHooksNotAllowed);
  };
  EXPECT_THROW(activate(app, three, steps, 10), StepFailed);
  EXPECT_EQ(last().reason, reason::kHooksNotAllowed);
  EXPECT_EQ(rejected(), three);
}

TEST_F(ActivationByStep, ResumeLetsARejectedReleaseBeTriedAgain) {
  activate(app, one);
  steps.health = fail;
  EXPECT_THROW(activate(app, two, steps, 9), Error);
  EXPECT_TRUE(resume(app));
  EXPECT_FALSE(last().rejection);
  EXPECT_FALSE(resume(app));
}

// What becomes of another release says nothing about the one that was rolled back.
TEST_F(ActivationByStep, AnAbortedSwitchKeepsTheHold) {
  TrustState(root).raise_channel(release::ChannelRef::parse("web/prod"), 5, {});
  activate(app, one);
  activate(app, two);
  rollback(app);
  ASSERT_EQ(last().held, 5U);
  const auto refused = [this](const Step& pre_activate) {
    steps.pre_activate = pre_activate;
    EXPECT_THROW(activate(app, three, steps), Error);
    EXPECT_EQ(last().held, 5U);
    EXPECT_EQ(last().held_from, two);
  };
  refused(fail);
  refused([](const Switch&) { return StepResult::defer; });
  refused(stopped());
  EXPECT_EQ(last().phase, Phase::prepared);
  recover(root);  // as after a crash
  EXPECT_EQ(last().phase, Phase::aborted);
  EXPECT_EQ(last().held, 5U);
  steps.pre_activate = {};
  steps.health = fail;
  EXPECT_THROW(activate(app, three, steps), Error);
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(last().held, 5U);
  EXPECT_TRUE(resume(app));
  EXPECT_FALSE(last().held);
}

TEST_F(ActivationByStep, AFullDiskKeepsTheHold) {
  FaultyFs full;
  full.fail_errno = ENOSPC;
  full.fail_for_good = true;
  const auto there = Root::open(temp / "full", full);
  const auto web = App::open(there, app.name());
  activate(web, stage(web, Sample::of("web@1", {{"a", "one"}})).dir);
  activate(web, stage(web, Sample::of("web@2", {{"a", "two"}})).dir);
  const auto other = stage(web, Sample::of("web@3", {{"a", "three"}})).dir;
  rollback(web);
  full.fail_at = full.operations();
  EXPECT_EQ(code_of([&] { activate(web, other); }), Errc::no_space);
  EXPECT_EQ(read_transaction(web).phase, Phase::aborted);
  EXPECT_TRUE(read_transaction(web).held);
}

TEST_F(ActivationByStep, ARejectionOutlivesTheSwitchesOfOthers) {
  activate(app, one);
  steps.health = fail;
  EXPECT_THROW(activate(app, two, steps, 5), Error);
  EXPECT_THROW(activate(app, three, steps), Error);  // a command: it rejects nothing
  EXPECT_EQ(rejected(), two);
  activate(app, three);
  EXPECT_EQ(last().phase, Phase::committed);
  ASSERT_EQ(rejected(), two);
  EXPECT_EQ(last().rejection->version, 5U);
  EXPECT_EQ(last().rejection->reason, reason::kHealthFailed);
  rollback(app);
  EXPECT_EQ(rejected(), two);
  activate(app, two);
  EXPECT_FALSE(last().rejection) << "it runs";
}

TEST_F(ActivationByStep, ARejectionEndsWhenTheChannelRisesAboveIt) {
  activate(app, one);
  steps.health = fail;
  EXPECT_THROW(activate(app, two, steps, 5), Error);
  activate(app, three, {}, 6);
  EXPECT_FALSE(last().rejection);
}

// As a power cut in the middle of a step leaves it: the record, nothing after it.
TEST_F(ActivationByStep, ANodeThatDiesInPreActivateGivesUp) {
  activate(app, one);
  std::string record;
  steps.pre_activate = [&](const Switch&) {
    ++calls;
    record = get_file(temp / "root/apps/web/tx");
    return StepResult::ok;
  };
  for (int i = 1; i <= 3; ++i) {
    activate(app, two, steps, 5);
    EXPECT_EQ(calls, i);
    fs::remove(temp / "root/apps/web/current");
    fs::create_symlink("releases/" + one, temp / "root/apps/web/current");
    put_file(temp / "root/apps/web/tx", record);
    recover(root, steps);
    EXPECT_EQ(last().reason, reason::kInterrupted);
    EXPECT_EQ(last().attempts, static_cast<std::uint32_t>(i));
  }
  EXPECT_EQ(code_of([&] { activate(app, two, steps, 5); }), Errc::failed);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(last().reason, reason::kAttemptsExhausted);
  EXPECT_EQ(rejected(), two);
  activate(app, two, steps);  // an operator's wish counts anew
  EXPECT_EQ(shown(), "two");
}

TEST_F(ActivationByStep, ANodeThatDiesInItsRollbackHookStopsThere) {
  activate(app, one);
  activate(app, two);
  std::string record;
  steps.rollback = [&](const Switch&) {
    ++calls;
    record = get_file(temp / "root/apps/web/tx");
    return StepResult::ok;
  };
  rollback(app, steps);
  for (int i = 2; i <= 3; ++i) {
    put_file(temp / "root/apps/web/tx", record);
    recover(root, steps);
    EXPECT_EQ(calls, i);
  }
  put_file(temp / "root/apps/web/tx", record);
  recover(root, steps);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(last().phase, Phase::fault);
  EXPECT_EQ(last().reason, reason::kAttemptsExhausted);
  EXPECT_EQ(shown(), "one");
}

TEST_F(ActivationByStep, NothingMovesInAFaultUntilItIsCleared) {
  activate(app, one);
  activate(app, two);
  steps.health = fail;
  steps.rollback = fail;
  EXPECT_THROW(activate(app, three, steps, 5), Error);
  ASSERT_EQ(last().phase, Phase::fault);
  EXPECT_EQ(code_of([&] { activate(app, one); }), Errc::conflict);
  EXPECT_EQ(code_of([&] { prepare(app, one); }), Errc::conflict);
  EXPECT_EQ(code_of([&] { rollback(app); }), Errc::conflict);
  EXPECT_TRUE(clear_fault(app));
  EXPECT_FALSE(clear_fault(app));
  EXPECT_EQ(last().phase, Phase::aborted);
  EXPECT_EQ(last().reason, reason::kRollbackFailed);
  EXPECT_EQ(rejected(), three);
  EXPECT_EQ(last().version, 5U);
  EXPECT_EQ(app.rollback_target(), one) << "the way back of before";
  activate(app, one);
  EXPECT_EQ(shown(), "one");
}

TEST_F(ActivationByStep, WhatIsToldAfterwardsChangesNothing) {
  steps.post_activate = [](const Switch&) { throw StepFailed("post: exit 4", 4); };
  steps.post_rollback = steps.post_activate;
  activate(app, one, steps);
  EXPECT_EQ(last().phase, Phase::committed);
  auto newest = read_history(app, 1).at(0);
  EXPECT_EQ(newest.reason, reason::kPostActivateFailed);
  EXPECT_EQ(newest.exit, 4);
  activate(app, two);
  rollback(app, steps);
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(read_history(app, 1).at(0).reason, reason::kPostRollbackFailed);
}

}  // namespace
}  // namespace roost::store
