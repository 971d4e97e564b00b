#include "tracker/event_log.hpp"

#include <gtest/gtest.h>

namespace roost::tracker {
namespace {

release::ChannelRef channel(std::string_view text) {
  return release::ChannelRef::parse(text);
}

Event on(std::string_view text) {
  return {0, EventKind::release, channel(text), nullptr, {}};
}

TEST(EventLog, ReplaysWhatCameAfterOnTheFollowedChannels) {
  EventLog log("abc", 8);
  log.append(on("web/prod"));
  log.append(on("db/prod"));
  log.append(on("web/prod"));
  const auto from = log.position("abc-1");
  ASSERT_TRUE(from);
  const auto events = log.after(*from, {channel("web/prod")});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]->sequence, 3U);
  EXPECT_EQ(log.after(*from, {channel("web/prod"), channel("db/prod")}).size(), 2U);
  EXPECT_TRUE(log.after(log.last(), {channel("web/prod")}).empty());
}

TEST(EventLog, KnowsWhereItCannotReplayFrom) {
  EventLog log("abc", 2);
  EXPECT_TRUE(log.position("abc-0")) << "nothing has happened yet";
  for (int i = 0; i < 4; ++i) log.append(on("web/prod"));
  EXPECT_TRUE(log.position("abc-4"));
  EXPECT_TRUE(log.position("abc-2"));
  EXPECT_FALSE(log.position("abc-1")) << "event 2 has left the ring";
  EXPECT_FALSE(log.position("abc-5")) << "not happened";
  EXPECT_FALSE(log.position("abd-3")) << "of another life";
  for (const auto* text : {"", "abc", "abc-", "abc-x", "abc-3x", "-3", "abc--3"}) {
    EXPECT_FALSE(log.position(text)) << text;
  }
}

TEST(EventLog, IdsRise) {
  EventLog log("abc", 2);
  EXPECT_EQ(log.id(log.append(on("a/b")).sequence), "abc-1");
  EXPECT_EQ(log.id(log.append(on("a/b")).sequence), "abc-2");
}

}  // namespace
}  // namespace roost::tracker
