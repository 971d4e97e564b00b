#include "tracker/admission.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tracker/sample.hpp"

namespace roost::tracker {
namespace {

using sample::code_of;
using sample::make;
using sample::Wish;

class Admission : public ::testing::Test {
 protected:
  std::optional<Errc> refusal(const proto::Registration& registration) {
    return code_of([&] { admit(registration, trust); });
  }

  crypto::SecretKey key = crypto::SecretKey::generate();
  crypto::SecretKey other = crypto::SecretKey::generate();
  std::vector<crypto::PublicKey> trust;
};

TEST_F(Admission, TakesWhatAgrees) {
  const auto given = make(key, {.channels = {{"web/prod", 1}, {"web/beta", 4}}});
  const auto admitted = admit(given.registration, trust);
  EXPECT_EQ(admitted.descriptor().id(), given.id);
  EXPECT_EQ(admitted.signer().key, key.public_key());
  EXPECT_FALSE(admitted.signer().configured);
  EXPECT_EQ(admitted.channels().size(), 2U);
  EXPECT_EQ(admitted.image()->length(), 100'000U);
}

TEST_F(Admission, TakesAReleaseWithoutImageAndOneWithALargeIndex) {
  EXPECT_FALSE(refusal(make(key, {.image_size = 0}).registration));
  EXPECT_FALSE(refusal(make(key, {.index_size = 200'000}).registration));
}

TEST_F(Admission, KnowsOnlyConfiguredKeysIfThereAreAny) {
  trust = {other.public_key()};
  EXPECT_EQ(refusal(make(key, {}).registration), Errc::not_authorised);
  trust.push_back(key.public_key());
  const auto admitted = admit(make(key, {}).registration, trust);
  EXPECT_TRUE(admitted.signer().configured);
}

TEST_F(Admission, RefusesAKeyThatDidNotSign) {
  auto given = make(key, {});
  given.registration.key = other.public_key();
  EXPECT_EQ(refusal(given.registration), Errc::not_authorised);
}

TEST_F(Admission, RefusesAlteredBytes) {
  auto given = make(key, {});
  given.registration.descriptor.payload[20] ^= 1;
  EXPECT_EQ(refusal(given.registration), Errc::integrity);
  given = make(key, {});
  given.registration.descriptor.signatures[0].signature[3] ^= 1;
  EXPECT_EQ(refusal(given.registration), Errc::integrity);
  given = make(key, {});
  given.registration.index->back() ^= 1;
  EXPECT_EQ(refusal(given.registration), Errc::integrity);
}

TEST_F(Admission, RefusesTorrentsOfOtherFiles) {
  const auto foreign = make(key, {.tree = "another"});
  auto given = make(key, {});
  given.registration.index_torrent = foreign.registration.index_torrent;
  EXPECT_EQ(refusal(given.registration), Errc::integrity);
  given = make(key, {});
  given.registration.image_torrent = foreign.registration.image_torrent;
  EXPECT_EQ(refusal(given.registration), Errc::integrity);
  given.registration.image_torrent = Bytes{'d', 'e'};
  EXPECT_EQ(refusal(given.registration), Errc::integrity);
}

TEST_F(Admission, WantsExactlyThePartsThereAre) {
  auto given = make(key, {});
  given.registration.image_torrent.reset();
  EXPECT_EQ(refusal(given.registration), Errc::usage);
  given = make(key, {});
  given.registration.index.reset();
  EXPECT_EQ(refusal(given.registration), Errc::usage);
  given = make(key, {.image_size = 0});
  given.registration.image_torrent = make(key, {}).registration.image_torrent;
  EXPECT_EQ(refusal(given.registration), Errc::usage);
  given = make(key, {.index_size = 200'000});
  given.registration.index = Bytes(200'000);
  EXPECT_EQ(refusal(given.registration), Errc::usage);
}

TEST_F(Admission, TakesPatchesThatWereSigned) {
  const auto small = make(key, {.patches_size = 5000});
  const auto admitted = admit(small.registration, trust);
  EXPECT_EQ(admitted.patches()->length(), 5000U);
  EXPECT_EQ(admitted.patches_bytes(), small.registration.patches);
  const auto large = make(key, {.image_size = 300'000, .patches_size = 200'000});
  EXPECT_FALSE(large.registration.patches);
  EXPECT_EQ(admit(large.registration, trust).patches()->length(), 200'000U);
  EXPECT_FALSE(admit(make(key, {}).registration, trust).patches());
}

TEST_F(Admission, RefusesOtherPatchesThanWereSigned) {
  const auto refused = [&](const Wish& wish, const auto& change) {
    auto given = make(key, wish);
    change(given.registration);
    try {
      admit(given.registration, trust);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const Wish small{.patches_size = 5000};
  const Wish large{.image_size = 300'000, .patches_size = 200'000};
  const auto foreign = make(key, {.tree = "another", .patches_size = 5000}).registration;
  EXPECT_EQ(refused(small, [&](auto& given) { given.patches_torrent = foreign.patches_torrent; }),
            "check patches torrent: the torrent is not of the file that the descriptor signs");
  EXPECT_EQ(refused(small, [&](auto& given) { given.patches = foreign.patches; }),
            "accept registration: other bytes of the patches than were signed");
  EXPECT_EQ(refused(small, [](auto& given) { given.patches->push_back(0); }),
            "accept registration: other bytes of the patches than were signed");
  EXPECT_EQ(refused(small, [](auto& given) { given.patches.reset(); }),
            "accept registration: the patches did not come along");
  EXPECT_EQ(refused(large, [](auto& given) { given.patches = Bytes(200'000); }),
            "accept registration: the patches must come by swarm: too many bytes");
  EXPECT_EQ(refused(small, [](auto& given) { given.patches_torrent.reset(); }),
            "accept registration: patches without their torrent");
  EXPECT_EQ(refused({}, [&](auto& given) { given.patches_torrent = foreign.patches_torrent; }),
            "accept registration: patches that were not signed");
}

TEST_F(Admission, ChecksChannelStatements) {
  auto given = make(key, {});
  const auto with = [&](crypto::Envelope statement) {
    given.registration.channels = {std::move(statement)};
    return refusal(given.registration);
  };
  EXPECT_FALSE(with(sample::channel_statement(key, "web/prod", 1, "web@1", given.id)));
  EXPECT_EQ(with(sample::channel_statement(other, "web/prod", 1, "web@1", given.id)),
            Errc::not_authorised);
  EXPECT_EQ(with(sample::channel_statement(key, "web/prod", 1, "web@2", given.id)), Errc::usage);
  auto statement = sample::channel_statement(key, "web/prod", 1, "web@1", given.id);
  given.registration.channels = {statement, statement};
  EXPECT_EQ(refusal(given.registration), Errc::usage) << "one channel, twice";
  statement.payload.back() = ' ';
  EXPECT_EQ(with(statement), Errc::integrity);
}

}  // namespace
}  // namespace roost::tracker
