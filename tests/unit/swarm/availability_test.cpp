#include "core/swarm/availability.hpp"

#include <gtest/gtest.h>

#include "core/swarm/stall.hpp"

namespace roost::swarm {
namespace {

TEST(Availability, CountsCopiesByTheRarestPiece) {
  Availability counts(4);
  EXPECT_EQ(counts.copies(), 0);
  counts.replace({}, Bitmap(4, true));
  EXPECT_EQ(counts.copies(), 1);
  counts.replace({}, Bitmap{true, true, false, false});
  EXPECT_EQ(counts.copies(), 1.5);
  counts.add(2);
  counts.add(3);
  EXPECT_EQ(counts.copies(), 2);
  counts.replace(Bitmap(4, true), {});
  EXPECT_EQ(counts.copies(), 1);
}

TEST(Availability, OffersOnlyWhatIsMissing) {
  Availability counts(2);
  counts.add(0);
  EXPECT_TRUE(counts.offers({true, true}));
  EXPECT_FALSE(counts.offers({false, true}));
}

struct StallReason : testing::Test {
  StallReason() {
    progress.have = Bitmap(2, false);
    progress.lacking = 2;
    progress.shown = Availability(2);
  }
  Link& link(bool ready = true) {
    Link& l = progress.links[&progress];
    l.ready = ready;
    l.shown = Bitmap(2, false);
    return l;
  }
  Progress progress;
};

TEST_F(StallReason, NamesWhatIsInTheWay) {
  EXPECT_EQ(stall_reason(progress, {false, 0, 0}), "no peers known");
  EXPECT_EQ(stall_reason(progress, {false, 3, 0}), "no peer can be reached");
  EXPECT_EQ(stall_reason(progress, {false, 3, 1}), "connecting");
  EXPECT_EQ(stall_reason(progress, {true, 3, 1}), "");
  link(false);
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "connecting");
  link();
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "no peer has what is missing");
  link().hidden = true;
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "the seeder has nothing to reveal yet");
  link().shown[1] = true;
  progress.shown.add(1);
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "choked");
  progress.links.begin()->second.choked = false;
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "waiting for data");
  progress.stopped_by = "disk full";
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "disk full");
  progress.paused = true;
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "paused");
  progress.lacking = 0;
  EXPECT_EQ(stall_reason(progress, {false, 1, 0}), "");
}

}  // namespace
}  // namespace roost::swarm
