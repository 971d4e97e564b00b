#include "tracker/offers.hpp"

#include <gtest/gtest.h>

#include "core/proto/offer.hpp"
#include "tests/unit/tracker/sample.hpp"
#include "tracker/admission.hpp"

namespace roost::tracker {
namespace {

using sample::make;

class OffersTest : public ::testing::Test {
 protected:
  // What a channel's followers are offered when it moves to a release with such an index.
  bool carries_index(std::size_t index_size, std::size_t followers, bool inlines = true) {
    const auto recorded = registry_.record(
        admit(make(key_, {.index_size = index_size, .channels = {{"web/prod", 1}}}).registration,
              {}),
        1000);
    const auto text = OfferBook(registry_, inlines).moved(recorded.moved.at(0), followers);
    const auto offer = proto::parse_release_offer(*text->head + proto::OfferTemplate::tail({}));
    return offer.index.has_value();
  }

  bool carries_patches(std::size_t patches_size, std::size_t followers, bool inlines = true) {
    const auto recorded = registry_.record(admit(make(key_, {.image_size = 300'000,
                                                             .patches_size = patches_size,
                                                             .channels = {{"web/prod", 1}}})
                                                     .registration,
                                                 {}),
                                           1000);
    const auto text = OfferBook(registry_, inlines).moved(recorded.moved.at(0), followers);
    const auto offer = proto::parse_release_offer(*text->head + proto::OfferTemplate::tail({}));
    EXPECT_TRUE(offer.patches_torrent);
    EXPECT_EQ(offer.index.has_value(), inlines);
    return offer.patches.has_value();
  }

  sample::TempDir directory_;
  crypto::SecretKey key_ = crypto::SecretKey::generate();
  Registry registry_{directory_.path() / "registry.db"};
};

TEST_F(OffersTest, CarryALargeIndexToAFewFollowers) {
  EXPECT_TRUE(carries_index(100'000, 600));
}

TEST_F(OffersTest, LeaveALargeIndexToTheSwarmWhenManyFollow) {
  EXPECT_FALSE(carries_index(100'000, 700));
}

TEST_F(OffersTest, CarryASmallIndexToEverybody) {
  EXPECT_TRUE(carries_index(16'000, 100'000));
}

TEST_F(OffersTest, CarryNoIndexWhenThatPartIsLeftOut) {
  EXPECT_FALSE(carries_index(16'000, 1, false));
}

TEST_F(OffersTest, CarryPatchesByTheSameRuleAsTheIndex) {
  EXPECT_TRUE(carries_patches(100'000, 600));
}

TEST_F(OffersTest, LeaveLargePatchesToTheSwarmWhenManyFollow) {
  EXPECT_FALSE(carries_patches(100'000, 700));
}

TEST_F(OffersTest, CarryNoPatchesWhenNothingIsInlined) {
  EXPECT_FALSE(carries_patches(5000, 1, false));
}

TEST_F(OffersTest, NeverCarryVeryLargePatches) {
  EXPECT_FALSE(carries_patches(200'000, 1));
}

TEST_F(OffersTest, NeverCarryAVeryLargeIndex) {
  EXPECT_FALSE(carries_index(200'000, 1));
}

TEST_F(OffersTest, LeaveALargeIndexOutForThoseWhoAskLater) {
  EXPECT_TRUE(carries_index(100'000, 0));
  OfferBook book(registry_);
  const auto channel = release::ChannelRef::parse("web/prod");
  const auto moved = book.moved(*registry_.channel(channel), 0);
  const auto later = book.of(channel);
  EXPECT_LT(later->head->size() + 100'000, moved->head->size());
  EXPECT_EQ(book.of(channel), later) << "made once";
}

}  // namespace
}  // namespace roost::tracker
