#include "core/proto/events.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "tests/unit/proto/samples.hpp"

namespace roost::proto {
namespace {

TEST(EventId, ReadsWhatItWrites) {
  const auto id = EventId::parse("5f3a-42");
  EXPECT_EQ(id.epoch, "5f3a");
  EXPECT_EQ(id.sequence, 42U);
  EXPECT_EQ(id.str(), "5f3a-42");
  EXPECT_EQ(EventId::parse("a-18446744073709551615").sequence, UINT64_MAX);
}

TEST(EventId, RefusesAnyOtherText) {
  for (const char* text : {"", "-", "a", "a-", "-1", "a-01", "a-+1", "a--1", "a-1 ", "a b-1",
                           "a-18446744073709551616", "0123456789abcdef0123456789abcdef0-1"}) {
    EXPECT_THROW(EventId::parse(text), Error) << text;
  }
}

TEST(Event, HasTheDataOfItsKind) {
  using namespace samples;
  const auto offered = parse_event("release", to_json(offer()));
  ASSERT_TRUE(std::holds_alternative<ReleaseOffer>(offered));
  EXPECT_EQ(std::get<ReleaseOffer>(offered).release, kRelease);
  const UnpublishNotice notice{kRelease, release_id(), envelope()};
  const auto withdrawn = parse_event("unpublish", to_json(notice));
  ASSERT_TRUE(std::holds_alternative<UnpublishNotice>(withdrawn));
  EXPECT_EQ(std::get<UnpublishNotice>(withdrawn).statement, notice.statement);
}

TEST(Event, OfALaterVersionIsSkipped) {
  EXPECT_TRUE(std::holds_alternative<std::monostate>(parse_event("rollout", "not even JSON")));
}

TEST(EventBatch, SurvivesTheJourney) {
  const auto data = to_json(samples::offer());
  const RawEvent events[] = {{41, "release", data}, {42, "rollout", "{}"}};
  const auto batch = parse_event_batch(event_batch_json("5f3a", 43, events));
  EXPECT_EQ(batch.last, (EventId{"5f3a", 43}));
  ASSERT_EQ(batch.events.size(), 2U);
  EXPECT_EQ(batch.events[0].id, (EventId{"5f3a", 41}));
  EXPECT_EQ(to_json(std::get<ReleaseOffer>(batch.events[0].data)), data);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(batch.events[1].data));
}

TEST(EventBatch, MayBeEmpty) {
  EXPECT_TRUE(parse_event_batch(event_batch_json("e", 0, {})).events.empty());
}

TEST(EventBatch, RefusesBadIds) {
  EXPECT_THROW(parse_event_batch(R"({"epoch":"","last":0,"events":[]})"), Error);
  EXPECT_THROW(
      parse_event_batch(R"({"epoch":"e","last":0,"events":[{"id":"x","event":"a","data":1}]})"),
      Error);
}

}  // namespace
}  // namespace roost::proto
