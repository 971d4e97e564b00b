#include "core/release/names.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost::release {
namespace {

template <class T>
bool accepts(const std::string& text) {
  try {
    return T::parse(text).str() == text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage) << text;
    EXPECT_FALSE(error.help().empty()) << text;
    return false;
  }
}

TEST(Name, FollowsTheGrammar) {
  for (const char* good : {"web", "a", "0", "web-api_2.x", "a.b"}) EXPECT_TRUE(accepts<Name>(good));
  for (const char* bad : {"", "Web", "-a", ".a", "_a", "a..b", "a.", "a/b", "a b", "a@b", "ä",
                          "current", "shared", "incoming", "trash", "configs", "tx"}) {
    EXPECT_FALSE(accepts<Name>(bad)) << bad;
    EXPECT_FALSE(accepts<Channel>(bad)) << bad;
  }
  EXPECT_TRUE(accepts<Name>(std::string(48, 'a')));
  EXPECT_FALSE(accepts<Name>(std::string(49, 'a')));
  EXPECT_FALSE(accepts<Name>(std::string("a\0b", 3)));
}

TEST(Version, AllowsCapitalsAndPlus) {
  for (const char* good : {"1", "1.2.3", "v1.0-rc.1+build5", "A"}) {
    EXPECT_TRUE(accepts<Version>(good));
  }
  for (const char* bad : {"", "+1", "1..2", "1.", "1/2", "1@2", "current", "1\n"}) {
    EXPECT_FALSE(accepts<Version>(bad)) << bad;
  }
}

TEST(ReleaseRef, IsNameAtVersion) {
  const auto ref = ReleaseRef::parse("web@1.2");
  EXPECT_EQ(ref.name.str(), "web");
  EXPECT_EQ(ref.version.str(), "1.2");
  for (const char* bad : {"web", "@1", "web@", "web@1@2", "web/prod"}) {
    EXPECT_FALSE(accepts<ReleaseRef>(bad)) << bad;
  }
}

TEST(ChannelRef, IsNameSlashChannel) {
  EXPECT_EQ(ChannelRef::parse("web/prod").channel.str(), "prod");
  for (const char* bad : {"web", "/prod", "web/", "web/a/b", "web@1"}) {
    EXPECT_FALSE(accepts<ChannelRef>(bad)) << bad;
  }
}

TEST(ReleaseId, ShortFormIsTheBeginning) {
  const auto id = ReleaseId::parse(std::string(64, 'a'));
  EXPECT_EQ(id.short_hex(), "aaaaaaaaaaaa");
  EXPECT_THROW(ReleaseId::parse("abc"), Error);
}

}  // namespace
}  // namespace roost::release
