#include "core/store/activation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/store/history.hpp"
#include "core/store/layout.hpp"
#include "core/store/reasons.hpp"
#include "core/store/status.hpp"
#include "core/store/transaction_file.hpp"
#include "core/store/trust.hpp"
#include "tests/support/errors.hpp"
#include "tests/unit/store/activation_fixture.hpp"

namespace roost::store {
namespace {

namespace fs = std::filesystem;
using test::code_of;

TEST_F(Activation, PointsCurrentAtTheReleaseByARelativeLink) {
  const auto result = activate(app, one);
  EXPECT_EQ(result.from, "");
  EXPECT_EQ(result.to, one);
  EXPECT_TRUE(result.changed);
  EXPECT_EQ(fs::read_symlink(temp / "root/apps/web/current"), "releases/" + one);
  EXPECT_EQ(shown(), "one");
  EXPECT_EQ(last().phase, Phase::committed);
  EXPECT_FALSE(app.rollback_target());
}

TEST_F(Activation, KeepsTheWayBackReady) {
  activate(app, one);
  activate(app, two);
  EXPECT_EQ(app.rollback_target(), one);
  EXPECT_FALSE(activate(app, two).changed);
  EXPECT_EQ(app.rollback_target(), one);
}

TEST_F(Activation, RefusesWhatIsNotStaged) {
  EXPECT_EQ(code_of([&] { activate(app, "9-0123456789ab"); }), Errc::not_found);
  EXPECT_EQ(code_of([&] { activate(app, "../../etc"); }), Errc::not_found);
  EXPECT_EQ(last().phase, Phase::none);
}

TEST_F(Activation, RollsBackOnceAndNotToAndFro) {
  activate(app, one);
  EXPECT_EQ(code_of([&] { rollback(app); }), Errc::not_found);
  activate(app, two);
  const auto result = rollback(app);
  EXPECT_EQ(result.from, two);
  EXPECT_EQ(result.to, one);
  EXPECT_EQ(shown(), "one");
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(last().reason, "requested");
  EXPECT_EQ(code_of([&] { rollback(app); }), Errc::not_found);
}

TEST_F(Activation, HoldsAfterARollbackUntilToldOtherwise) {
  TrustState(root).raise_channel(release::ChannelRef::parse("web/prod"), 12, {});
  activate(app, one);
  EXPECT_FALSE(resume(app));
  activate(app, two);
  rollback(app);
  EXPECT_EQ(last().held, 12U);
  EXPECT_TRUE(resume(app));
  EXPECT_FALSE(last().held);
  EXPECT_EQ(last().phase, Phase::rolled_back);
  activate(app, two);
  rollback(app, {}, false);
  EXPECT_FALSE(last().held);
}

TEST_F(Activation, LetsGoOfAHoldByActivatingWhatWasRolledBackAndNothingElse) {
  activate(app, one);
  activate(app, two);
  rollback(app);
  EXPECT_FALSE(activate(app, one).changed);
  EXPECT_TRUE(last().held);
  activate(app, three);
  EXPECT_TRUE(last().held);
  activate(app, two);
  EXPECT_FALSE(last().held);
}

TEST_F(Activation, LetsGoOfAHoldWhenTheChannelRisesAboveIt) {
  TrustState(root).raise_channel(release::ChannelRef::parse("web/prod"), 5, {});
  activate(app, one);
  activate(app, two, {}, 5);
  rollback(app);
  activate(app, three, {}, 6);
  EXPECT_FALSE(last().held);
}

TEST_F(Activation, RollsBackEvenIfTheTrustStateIsDamaged) {
  activate(app, one);
  activate(app, two);
  put_file(temp / "root/trust/state.json", "rubbish");
  rollback(app);
  EXPECT_EQ(shown(), "one");
  EXPECT_EQ(last().held, ~0ULL);
}

TEST_F(Activation, RunsItsStepsInOrder) {
  std::vector<std::string> seen;
  ActivationSteps steps;
  const auto note = [&](const char* step) {
    return [&seen, step, this](const Switch& s) {
      seen.push_back(std::string(step) + " " + app.current().value_or("-"));
      EXPECT_EQ(s.to, two);
      return StepResult::ok;
    };
  };
  activate(app, one);
  steps.pre_activate = note("pre");
  steps.activate = note("activate");
  steps.health = note("health");
  activate(app, two, steps);
  EXPECT_THAT(seen, ::testing::ElementsAre("pre " + one, "activate " + two, "health " + two));
}

TEST_F(Activation, ChangesNothingWhenPreActivateFails) {
  activate(app, one);
  activate(app, two);
  ActivationSteps steps;
  steps.pre_activate = fail;
  EXPECT_THROW(activate(app, three, steps), Error);
  EXPECT_EQ(shown(), "two");
  EXPECT_EQ(app.rollback_target(), one);
  EXPECT_EQ(last().phase, Phase::aborted);
  EXPECT_EQ(last().reason, "pre_activate_failed");
}

TEST_F(Activation, GoesBackByItselfWhenTheNewReleaseIsUnhealthy) {
  activate(app, one);
  activate(app, two);
  std::vector<std::string> rolled_back;
  ActivationSteps steps;
  steps.health = fail;
  steps.rollback = [&](const Switch& s) {
    rolled_back.push_back(s.from + ">" + s.to);
    return StepResult::ok;
  };
  EXPECT_THROW(activate(app, three, steps), Error);
  EXPECT_EQ(shown(), "two");
  EXPECT_EQ(app.rollback_target(), one);  // as before
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(last().reason, "health_failed");
  EXPECT_FALSE(last().held);
  EXPECT_THAT(rolled_back, ::testing::ElementsAre(three + ">" + two));
}

TEST_F(Activation, LeavesNoCurrentWhenTheVeryFirstIsUnhealthy) {
  ActivationSteps steps;
  steps.activate = fail;
  EXPECT_THROW(activate(app, one, steps), Error);
  EXPECT_FALSE(app.current());
  EXPECT_EQ(last().phase, Phase::aborted);
  activate(app, one);
  EXPECT_EQ(shown(), "one");
}

TEST_F(Activation, StopsWhenTheOldReleaseIsUnhealthyToo) {
  activate(app, one);
  ActivationSteps steps;
  steps.health = fail;
  steps.rollback = fail;
  EXPECT_THROW(activate(app, two, steps), Error);
  EXPECT_EQ(last().phase, Phase::fault);
  EXPECT_EQ(last().reason, "rollback_failed");
  EXPECT_EQ(shown(), "one");
  recover(root, steps);
  EXPECT_EQ(last().phase, Phase::fault);
}

TEST_F(Activation, RecoveryCountsAttemptsAndThenGivesUp) {
  activate(app, one);
  {  // died in its health check
    TransactionFile file(app);
    Transaction t;
    t.phase = Phase::switched;
    t.attempts = 1;
    t.from = one;
    t.to = two;
    file.write(t);
    fs::remove(temp / "root/apps/web/current");
    fs::create_symlink("releases/" + two, temp / "root/apps/web/current");
    fs::create_symlink("releases/" + one, temp / "root/apps/web/.rollback");
  }
  int tries = 0;
  ActivationSteps steps;
  steps.health = [&](const Switch&) {
    ++tries;
    EXPECT_EQ(last().attempts, 2U);  // counted before the try
    return StepResult::ok;
  };
  steps.max_attempts = 2;
  recover(root, steps);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(last().phase, Phase::committed);
  {
    TransactionFile file(app);
    auto t = file.last();
    t.phase = Phase::switched;
    file.write(t);
  }
  const auto recovered = recover(root, steps);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(recovered[0].found, Phase::switched);
  EXPECT_EQ(recovered[0].left, Phase::rolled_back);
  EXPECT_EQ(last().reason, "attempts_exhausted");
  EXPECT_EQ(shown(), "one");
}

TEST_F(Activation, RecoveryMakesALinkAgainThatACrashCutShort) {
  activate(app, one);
  activate(app, two);
  TransactionFile file(app);
  Transaction t;
  t.phase = Phase::rolling_back;
  t.attempts = 1;
  t.from = two;
  t.to = one;
  t.reason = reason::kRequested;
  file.write(t);
  fs::rename(temp / "root/apps/web/.rollback",
             temp / ("root/apps/web/.rollback." + std::to_string(file.last().sequence)));
  EXPECT_EQ(recover(root)[0].error, "");
  EXPECT_EQ(last().phase, Phase::rolled_back);
  EXPECT_EQ(shown(), "one");
}

TEST_F(Activation, RecoveryRemovesLeftovers) {
  activate(app, one);
  put_file(temp / "root/apps/web/incoming/2-000000000000.0123/x", "x");
  put_file(temp / "root/apps/web/trash/1-000000000000.0123/x", "x");
  fs::create_symlink("releases/" + two, temp / "root/apps/web/.current.99");
  fs::permissions(temp / ("root/apps/web/releases/" + two), fs::perms(0700));
  const auto recovered = recover(root);
  ASSERT_EQ(recovered.size(), 1U);
  EXPECT_EQ(recovered[0].name, "web");
  EXPECT_EQ(recovered[0].removed, 3U);
  EXPECT_EQ(fs::status(temp / ("root/apps/web/releases/" + two)).permissions(), fs::perms(0555));
  EXPECT_EQ(recover(root)[0].removed, 0U);
  EXPECT_EQ(shown(), "one");
}

TEST_F(Activation, ReadsTheOlderSlotWhenTheNewerIsTorn) {
  activate(app, one);
  activate(app, two);
  const auto good = last();
  const auto path = temp / "root/apps/web/tx";
  auto bytes = get_file(path);
  ASSERT_EQ(bytes.size(), 8192U);
  const auto newest = (good.sequence % 2) * 4096;
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{9}, std::size_t{30}, std::size_t{4095}}) {
    auto torn = bytes;
    torn[newest + at] = static_cast<char>(torn[newest + at] ^ 4);
    put_file(path, torn);
    EXPECT_EQ(last().sequence, good.sequence - 1) << at;
  }
  put_file(path, std::string(8192, '\0'));
  EXPECT_TRUE(last().damaged);
}

TEST_F(Activation, TakesCurrentForTheTruthWhenItsRecordIsLost) {
  TrustState(root).raise_channel(release::ChannelRef::parse("web/prod"), 7, {});
  EXPECT_FALSE(last().damaged) << "nothing was ever switched";
  activate(app, one);
  activate(app, two);
  for (const auto* rubbish : {"rubbish", ""}) {
    put_file(temp / "root/apps/web/tx", std::string(rubbish) + std::string(8192, '\0'));
    EXPECT_EQ(last().reason, reason::kRecordDamaged);
    recover(root);
    EXPECT_EQ(last().phase, Phase::aborted);
    EXPECT_EQ(last().reason, reason::kRecordDamaged);
    EXPECT_EQ(last().held, 7U) << "what was bad is forgotten: stay";
    EXPECT_EQ(shown(), "two");
  }
  EXPECT_FALSE(last().rejection);
  activate(app, three);
  EXPECT_EQ(shown(), "three");
}

TEST_F(Activation, AChannelMovesNothingWhenTheRecordIsLostUnderIt) {
  TrustState(root).raise_channel(release::ChannelRef::parse("web/prod"), 7, {});
  activate(app, one);
  activate(app, two);
  for (int i = 0; i < 2; ++i) {
    put_file(temp / "root/apps/web/tx", std::string(8192, 'x'));
    EXPECT_EQ(code_of([&] {
                i == 0 ? void(activate(app, three, {}, 7)) : void(prepare(app, three, {}, 7));
              }),
              Errc::conflict);
    EXPECT_EQ(last().held, 7U);
    EXPECT_EQ(code_of([&] { activate(app, three, {}, 7); }), Errc::conflict) << "nor later";
    EXPECT_EQ(shown(), "two");
  }
  activate(app, three, {}, 8);
  EXPECT_EQ(shown(), "three");
  EXPECT_FALSE(last().held);
}

TEST_F(Activation, WritesItsHistory) {
  activate(app, one);
  activate(app, two);
  rollback(app);
  const auto events = read_history(app, 5);
  ASSERT_EQ(events.size(), 5U);
  EXPECT_EQ(events[2].phase, "committed");
  EXPECT_EQ(events[4].phase, "rolled_back");
  EXPECT_EQ(events[4].reason, reason::kRequested);
  EXPECT_EQ(events[4].from, two);
  EXPECT_EQ(events[4].to, one);
  EXPECT_EQ(read_history(app, 100).size(), 8U);
}

TEST_F(Activation, SkipsATornLineOfItsHistory) {
  activate(app, one);
  const auto path = temp / "root/apps/web/history.log";
  put_file(path, get_file(path) + "{\"phase\":\"com");
  EXPECT_EQ(read_history(app, 100).size(), 3U);
  activate(app, two);
  EXPECT_EQ(read_history(app, 100).size(), 6U) << "the next begins on a line of its own";
}

TEST_F(Activation, BoundsItsHistory) {
  const Event event{1, 2, "committed", one, two, std::string(200, 'x'), 0};
  std::uintmax_t largest = 0;
  for (int i = 0; i < 2000; ++i) {
    append(app, event);
    largest = std::max(largest, fs::file_size(temp / "root/apps/web/history.log"));
  }
  EXPECT_LT(largest, 257U * 1024);
  EXPECT_GE(read_history(app, 5000).size(), 200U);
}

TEST_F(Activation, IsSeenByStatus) {
  activate(app, one);
  activate(app, two);
  const auto facts = status(Root::inspect(temp / "root"));
  EXPECT_EQ(facts.node_id, root.node_id());
  ASSERT_EQ(facts.apps.size(), 1U);
  EXPECT_EQ(facts.apps[0].current, two);
  EXPECT_EQ(facts.apps[0].rollback, one);
  EXPECT_EQ(facts.apps[0].staged.size(), 3U);
  EXPECT_EQ(facts.apps[0].last.phase, Phase::committed);
}

TEST_F(Activation, PreparedIsOneRenameAway) {
  activate(app, one);
  const auto prepared = prepare(app, two, {}, 6);
  EXPECT_EQ(shown(), "one");
  EXPECT_TRUE(last().ready);
  EXPECT_EQ(last().version, 6U);
  EXPECT_EQ(
      fs::read_symlink(temp / ("root/apps/web/.current." + std::to_string(prepared.sequence - 1))),
      "releases/" + two);
  const auto result = commit(app, prepared);
  EXPECT_EQ(result.from, one);
  EXPECT_EQ(shown(), "two");
  EXPECT_EQ(last().phase, Phase::committed);
  EXPECT_FALSE(last().ready);
  EXPECT_EQ(app.rollback_target(), one);
}

TEST_F(Activation, PreparedIsUndoneByWhateverComesBetween) {
  activate(app, one);
  const auto prepared = prepare(app, two);
  activate(app, three);
  EXPECT_EQ(code_of([&] { commit(app, prepared); }), Errc::conflict);
  EXPECT_EQ(shown(), "three");
  const auto again = prepare(app, two);
  recover(root);
  EXPECT_EQ(code_of([&] { commit(app, again); }), Errc::conflict);
  EXPECT_EQ(last().reason, reason::kInterrupted);
  EXPECT_EQ(last().attempts, 0U) << "its try went well";
  EXPECT_EQ(app.rollback_target(), one);
  EXPECT_EQ(code_of([&] { prepare(app, three); }), Errc::conflict);
}

TEST_F(Activation, KnowsEveryReasonThatItGives) {
  EXPECT_TRUE(reason::is_known("no_space"));
  EXPECT_TRUE(reason::is_known(reason::kRecordDamaged));
  EXPECT_FALSE(reason::is_known(""));
  EXPECT_FALSE(reason::is_known("because"));
  EXPECT_TRUE(reason::blames_release(reason::kHealthFailed));
  EXPECT_FALSE(reason::blames_release(reason::kDeferred));
}

}  // namespace
}  // namespace roost::store
