#include "core/store/trust.hpp"

#include <gtest/gtest.h>

#include "core/crypto/sha256.hpp"
#include "tests/unit/store/faulty_fs.hpp"
#include "tests/unit/store/sample.hpp"

namespace roost::store {
namespace {

struct Trust : ::testing::Test {
  TempDir temp;
  Root root = Root::open(temp / "root");
  release::ChannelRef prod = release::ChannelRef::parse("web/prod");
  release::Name web = release::Name::parse("web");
  release::ReleaseId a{crypto::sha256(as_bytes("a"))};
  release::ReleaseId b{crypto::sha256(as_bytes("b"))};
};

TEST_F(Trust, FloorsOutliveTheProcessAndNeverFall) {
  {
    TrustState trust(root);
    EXPECT_FALSE(trust.channel(prod));
    trust.raise_channel(prod, 5, a);
    trust.raise_sequence(web, 7);
    trust.raise_sequence(web, 3);
  }
  TrustState trust(root);
  EXPECT_EQ(trust.channel(prod)->version, 5U);
  EXPECT_EQ(trust.channel(prod)->release, a);
  EXPECT_EQ(trust.sequence(web), 7U);
  EXPECT_THROW(trust.raise_channel(prod, 4, a), Error);
  EXPECT_EQ(TrustState(root).channel(prod)->version, 5U);
}

TEST_F(Trust, AllowsOneReleasePerVersion) {
  TrustState trust(root);
  trust.raise_channel(prod, 5, a);
  trust.check_channel(prod, 5, a);
  trust.check_channel(prod, 6, b);
  EXPECT_THROW(trust.check_channel(prod, 5, b), Error);
  trust.raise_channel(prod, 6, b);
  trust.raise_channel(prod, 7, a);  // back, by a newer statement
  EXPECT_EQ(trust.channel(prod)->release, a);
}

TEST_F(Trust, KnowsTheHighestVersionOfAName) {
  TrustState trust(root);
  trust.raise_channel(release::ChannelRef::parse("web2/prod"), 90, a);
  EXPECT_EQ(trust.highest_version(web), 0U);
  trust.raise_channel(prod, 5, a);
  trust.raise_channel(release::ChannelRef::parse("web/beta"), 9, a);
  EXPECT_EQ(trust.highest_version(web), 9U);
}

TEST_F(Trust, ADamagedFileIsNoEmptyOne) {
  for (const char* text : {"", "{}", "{\"channels\":{\"web/prod\":{\"version\":-1}}}", "[1]"}) {
    put_file(temp / "root/trust/state.json", text);
    EXPECT_THROW(TrustState{root}, Error) << text;
  }
}

TEST_F(Trust, RaisesNothingThatIsNotOnDisk) {
  TrustState(root).raise_channel(prod, 1, a);
  for (long at = 1;; ++at) {
    FaultyFs fs;
    const auto other = Root::inspect(temp / "root", fs);
    TrustState trust(other);
    fs.fail_at = fs.operations() + at;
    fs.fail_errno = EIO;
    const auto next = static_cast<std::uint64_t>(at + 1);
    try {
      trust.raise_channel(prod, next, a);
    } catch (const Error&) {
      EXPECT_LT(trust.channel(prod)->version, next);
      continue;
    }
    EXPECT_EQ(TrustState(root).channel(prod)->version, next);
    if (fs.operations() < fs.fail_at) break;
  }
}

}  // namespace
}  // namespace roost::store
