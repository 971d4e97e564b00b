#include "core/crypto/dsse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "core/crypto/base64.hpp"

namespace roost::crypto {
namespace {

using testing::HasSubstr;

constexpr std::string_view kType = "application/vnd.roost.test.v1+json";

std::string integrity_error(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::integrity);
    return error.what();
  }
  return "no error";
}

TEST(Dsse, SignsTheEncodingOfItsSpecification) {
  // The specification's own example.
  EXPECT_EQ(as_text(signed_bytes("http://example.com/HelloWorld", as_bytes("hello world"))),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Dsse, VerifiesWhatItSigned) {
  const auto key = SecretKey::generate();
  const auto envelope = sign_envelope(kType, as_bytes("payload"), key);
  const PublicKey trusted[] = {SecretKey::generate().public_key(), key.public_key()};
  EXPECT_EQ(&verify(envelope, trusted, kType), &trusted[1]);
}

TEST(Dsse, IgnoresTheKeyIdItself) {
  const auto key = SecretKey::generate();
  auto envelope = sign_envelope(kType, as_bytes("payload"), key);
  envelope.signatures[0].key_id = "someone else";
  EXPECT_EQ(verify(envelope, std::span(&key.public_key(), 1), kType), key.public_key());
}

TEST(Dsse, RefusesAnotherTypePayloadOrKey) {
  const auto key = SecretKey::generate();
  const auto trusted = std::span(&key.public_key(), 1);
  auto envelope = sign_envelope(kType, as_bytes("payload"), key);
  EXPECT_THAT(integrity_error([&] { verify(envelope, trusted, "text/plain", "descriptor"); }),
              HasSubstr("verify descriptor: signed as another type"));
  auto retyped = envelope;
  retyped.payload_type = "text/plain";
  integrity_error([&] { verify(retyped, trusted, "text/plain"); });
  auto altered = envelope;
  altered.payload[0] ^= 1;
  EXPECT_NE(integrity_error([&] { verify(altered, trusted, kType); }), "no error");
  EXPECT_NE(integrity_error([&] { verify(envelope, {}, kType); }), "no error");
}

TEST(Dsse, NamesTheKeysInvolved) {
  const auto key = SecretKey::generate();
  const auto other = SecretKey::generate().public_key();
  const auto envelope = sign_envelope(kType, as_bytes("payload"), key);
  EXPECT_EQ(integrity_error([&] { verify(envelope, std::span(&other, 1), kType, "descriptor"); }),
            "verify descriptor: no signature by a trusted key (signed by " +
                key.public_key().short_id() + ", trusted: " + other.short_id() + ")");
}

TEST(Dsse, NeverRepeatsAStrangersText) {
  const auto other = SecretKey::generate().public_key();
  auto envelope = sign_envelope(kType, as_bytes("payload"), SecretKey::generate());
  envelope.signatures[0].key_id = "\x1b[2Jgotcha";
  EXPECT_THAT(integrity_error([&] { verify(envelope, std::span(&other, 1), kType); }),
              HasSubstr("signed by unknown,"));
}

TEST(Dsse, RoundTripsThroughJson) {
  auto envelope = sign_envelope(kType, as_bytes("payload"), SecretKey::generate());
  add_signature(envelope, SecretKey::generate());
  EXPECT_EQ(parse_envelope(serialise(envelope)), envelope);
}

TEST(Dsse, BoundsWhatItSigns) {
  const auto key = SecretKey::generate();
  EXPECT_THROW(sign_envelope(kType, Bytes(kMaxPayload + 1), key), Error);
  auto envelope = sign_envelope(kType, as_bytes("payload"), key);
  while (envelope.signatures.size() < kMaxSignatures) add_signature(envelope, key);
  EXPECT_THROW(add_signature(envelope, key), Error);
}

TEST(Dsse, RefusesWhatIsNoEnvelope) {
  const auto signature = R"({"keyid":"a","sig":"AAAA"})";
  std::string seventeen = signature;
  for (int i = 0; i < 16; ++i) seventeen += std::string(",") + signature;
  const auto with = [](const std::string& type, const std::string& payload,
                       const std::string& signatures) {
    return R"({"payloadType":)" + type + R"(,"payload":)" + payload + R"(,"signatures":)" +
           signatures + "}";
  };
  const std::string good = std::string("[") + signature + "]";
  EXPECT_NO_THROW(parse_envelope(with(R"("t")", R"("AAAA")", good)));
  const std::string bad[] = {
      "",
      "[]",
      "null",
      "{}",
      std::string(100'000, '['),
      with("1", R"("AAAA")", good),
      with(R"("t")", R"("AAA")", good),
      with(R"("t")", "7", good),
      with(R"("t")", R"("AAAA")", "[]"),
      with(R"("t")", R"("AAAA")", "[1]"),
      with(R"("t")", R"("AAAA")", R"([{"keyid":"a"}])"),
      with(R"("t")", R"("AAAA")", R"([{"keyid":1,"sig":"AAAA"}])"),
      with(R"("t")", R"("AAAA")", "[" + seventeen + "]"),
      with('"' + std::string(300, 't') + '"', R"("AAAA")", good),
      with(R"("t")", '"' + base64_encode(Bytes(kMaxPayload + 3)) + '"', good)};
  for (const auto& text : bad) {
    EXPECT_NE(integrity_error([&] { parse_envelope(text); }), "no error") << text.substr(0, 120);
  }
}

}  // namespace
}  // namespace roost::crypto
