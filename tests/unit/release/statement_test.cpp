#include "core/release/statement.hpp"

#include <gtest/gtest.h>

#include "core/crypto/dsse.hpp"
#include "core/crypto/sha256.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using test::thrown;

ChannelStatement move() {
  return {ChannelRef::parse("web/prod"),
          3,
          ReleaseRef::parse("web@1.2"),
          {crypto::sha256(as_bytes("release"))},
          1'700'000'000};
}

TEST(ChannelStatement, SurvivesARoundTrip) {
  EXPECT_EQ(parse_channel_statement(as_bytes(serialise(move()))), move());
}

TEST(ChannelStatement, NamesOneRelease) {
  auto other = move();
  other.release = ReleaseRef::parse("api@1.2");
  EXPECT_EQ(thrown([&] { parse_channel_statement(as_bytes(serialise(other))); }),
            "integrity: read channel statement: channel and release differ in name");
}

TEST(ChannelStatement, HasAVersionFromOne) {
  auto none = move();
  none.version = 0;
  EXPECT_TRUE(
      thrown([&] { parse_channel_statement(as_bytes(serialise(none))); }).starts_with("integrity"));
}

TEST(UnpublishStatement, SurvivesARoundTrip) {
  const UnpublishStatement gone{ReleaseRef::parse("web@1.2"), move().release_id, 5};
  EXPECT_EQ(parse_unpublish_statement(as_bytes(serialise(gone))), gone);
}

TEST(Statement, OfOneTypeIsNotTakenForAnother) {
  const auto key = crypto::SecretKey::generate();
  const crypto::PublicKey trusted[] = {key.public_key()};
  const auto envelope = crypto::sign_envelope(kChannelType, as_bytes(serialise(move())), key);
  EXPECT_EQ(verify_channel(envelope, trusted).statement(), move());
  EXPECT_TRUE(thrown([&] { verify_unpublish(envelope, trusted); }).starts_with("integrity"));
  EXPECT_TRUE(thrown([&] {
                parse_unpublish_statement(envelope.payload);
              }).starts_with("integrity: read unpublish statement"));
}

}  // namespace
}  // namespace roost::release
