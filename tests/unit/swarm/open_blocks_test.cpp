#include "core/swarm/open_blocks.hpp"

#include <gtest/gtest.h>

namespace roost::swarm {
namespace {

TEST(OpenBlocks, AtTwoLinksCountOnce) {
  OpenBlocks first, second;
  first.add(7, 0);
  first.add(7, 1);
  second.add(7, 0);
  second.add(7, 1);
  Bitmap blocks(4, false);
  first.mark(7, blocks);
  second.mark(7, blocks);
  EXPECT_EQ(blocks, Bitmap({true, true, false, false}));
}

TEST(OpenBlocks, ThatCameFromAnotherCountOnce) {
  OpenBlocks open;
  open.add(7, 1);
  Bitmap blocks{false, true, false};  // here already
  open.mark(7, blocks);
  EXPECT_EQ(blocks, Bitmap({false, true, false}));
}

TEST(OpenBlocks, TouchAPieceUntilTheLastIsGone) {
  OpenBlocks open;
  open.add(3, 0);
  open.add(3, 5);
  EXPECT_TRUE(open.remove(3, 0));
  EXPECT_FALSE(open.remove(3, 0)) << "sent twice";
  EXPECT_FALSE(open.remove(4, 0)) << "never asked for";
  EXPECT_TRUE(open.touches(3));
  EXPECT_EQ(open.pieces().size(), 1U);
  EXPECT_TRUE(open.remove(3, 5));
  EXPECT_FALSE(open.touches(3));
  EXPECT_TRUE(open.pieces().empty());
}

TEST(OpenBlocks, BeyondThePieceAreNotMarked) {
  OpenBlocks open;
  open.add(0, 1000);
  Bitmap blocks(2, false);
  open.mark(0, blocks);
  EXPECT_EQ(blocks, Bitmap(2, false));
}

}  // namespace
}  // namespace roost::swarm
