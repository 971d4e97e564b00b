#include "core/release/descriptor.hpp"

#include <gtest/gtest.h>

#include "core/crypto/dsse.hpp"
#include "core/crypto/sha256.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release {
namespace {

using test::thrown;

Descriptor sample() {
  Descriptor d{.release = ReleaseRef::parse("web@1.2"), .sequence = 7};
  d.base = BaseRelease{ReleaseRef::parse("web@1.1"), {crypto::sha256(as_bytes("base"))}};
  d.index = {1000, crypto::sha256(as_bytes("index")), 16384};
  d.image = {100'000'000, crypto::sha256(as_bytes("image")), 65536};
  d.tree_digest = crypto::sha256(as_bytes("tree"));
  d.tree_bytes = 300'000'000;
  d.entries = 12;
  d.files = 10;
  d.chunks = 4000;
  d.hooks["activate"] = {"bin/restart", "--now"};
  d.linked = {RelPath::parse("var/data")};
  d.provenance = {1'700'000'000, "roost 0.1.0", "ci-7"};
  return d;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Descriptor, SurvivesARoundTrip) {
  const Descriptor d = sample();
  EXPECT_EQ(parse_descriptor(as_bytes(serialise(d))), d);
  Descriptor bare = d;
  bare.base.reset();
  bare.hooks.clear();
  bare.linked.clear();
  bare.provenance.builder.clear();
  bare.image = {};
  bare.chunks = 0;
  EXPECT_EQ(parse_descriptor(as_bytes(serialise(bare))), bare);
}

TEST(Descriptor, SaysNothingOfPatchesWhereThereAreNone) {
  Descriptor d = sample();
  EXPECT_EQ(serialise(d).find("patches"), std::string::npos);
  d.patches = {500'000, crypto::sha256(as_bytes("patches")), 16384};
  EXPECT_EQ(parse_descriptor(as_bytes(serialise(d))), d);
  EXPECT_NE(serialise(d).find("\"patches\":{\"size\":500000,"), std::string::npos);
}

TEST(Descriptor, RefusesPatchesThatCannotBe) {
  const auto refusal = [](const auto& change) {
    Descriptor d = sample();
    d.patches = {500'000, crypto::sha256(as_bytes("patches")), 16384};
    change(d);
    return thrown([&] { parse_descriptor(as_bytes(serialise(d))); });
  };
  EXPECT_EQ(refusal([](auto&) {}), "nothing");
  EXPECT_EQ(refusal([](auto& d) { d.base.reset(); }),
            "integrity: read descriptor: patches without a base");
  EXPECT_EQ(refusal([](auto& d) { d.patches = FilePart{}; }),
            "integrity: read descriptor: its patches are empty");
  EXPECT_EQ(refusal([](auto& d) {
              d.image = {499'999, d.image.pieces_root, 16384};
            }),
            "integrity: read descriptor: its patches are larger than its image");
  EXPECT_EQ(refusal([](auto& d) { d.patches->piece_length = 32768; }),
            "integrity: read descriptor: 'patches': not the piece length that its size asks for");
  EXPECT_EQ(refusal([](auto& d) { d.patches->pieces_root = {}; }),
            "integrity: read descriptor: 'patches': root and size disagree");
}

TEST(Descriptor, NamesAnUnknownFormat) {
  const auto text = with(serialise(sample()), "\"format\":1", "\"format\":9");
  EXPECT_EQ(thrown([&] { parse_descriptor(as_bytes(text)); }),
            "integrity: read descriptor: format 9 is not known to this version");
}

TEST(Descriptor, RefusesUnknownFieldsButThoseBeginningWithX) {
  const auto text = serialise(sample());
  EXPECT_NO_THROW(parse_descriptor(as_bytes(with(text, "{", "{\"x-note\":[1,2],"))));
  EXPECT_EQ(thrown([&] { parse_descriptor(as_bytes(with(text, "{", "{\"surprise\":1,"))); }),
            "integrity: read descriptor: unknown field 'surprise'");
  EXPECT_EQ(thrown([&] { parse_descriptor(as_bytes(with(text, "{", "{\"sequence\":8,"))); }),
            "integrity: read descriptor: a field occurs twice");
}

TEST(Descriptor, RefusesWhatIsOutOfBounds) {
  const auto text = serialise(sample());
  const std::pair<const char*, const char*> edits[] = {
      {"\"sequence\":7", "\"sequence\":0"},
      {"\"sequence\":7", "\"sequence\":-1"},
      {"\"sequence\":7", "\"sequence\":7.5"},
      {"\"sequence\":7", "\"sequence\":99999999999999999"},
      {"\"size\":1000", "\"size\":0"},
      {"\"piece_length\":65536", "\"piece_length\":32768"},
      {"\"piece_length\":65536", "\"piece_length\":3"},
      {"\"chunks\":4000", "\"chunks\":0"},
      {"\"files\":10", "\"files\":13"},
      {"\"entries\":12", "\"entries\":99999999"},
      {"web@1.2", "web@"},
      {"bin/restart", "/bin/restart"},
      {"bin/restart", "../restart"},
      {"\"activate\"", "\"whenever\""},
      {"var/data", "../data"},
      {"\"created\":1700000000", "\"created\":\"now\""},
  };
  for (const auto& [from, to] : edits) {
    EXPECT_TRUE(thrown([&, f = from, t = to] {
                  parse_descriptor(as_bytes(with(text, f, t)));
                }).starts_with("integrity: read descriptor"))
        << to;
  }
}

TEST(Descriptor, AnyByteCutOrAlteredIsIntegrityOrAnotherDescriptor) {
  const auto text = serialise(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_TRUE(
        thrown([&] { parse_descriptor(as_bytes(text.substr(0, i))); }).starts_with("integrity"));
    std::string altered = text;
    altered[i] = static_cast<char>(altered[i] ^ 0x11);
    const auto result = thrown([&] { parse_descriptor(as_bytes(altered)); });
    EXPECT_TRUE(result == "nothing" || result.starts_with("integrity")) << result;
  }
  EXPECT_TRUE(thrown([&] {
                parse_descriptor(as_bytes(std::string(100'000, '[')));
              }).starts_with("integrity"));
}

TEST(VerifiedDescriptor, NeedsATrustedSignatureOverThisType) {
  const auto key = crypto::SecretKey::generate();
  const auto other = crypto::SecretKey::generate();
  const std::string payload = serialise(sample());
  const auto envelope = crypto::sign_envelope(kDescriptorType, as_bytes(payload), key);
  const crypto::PublicKey trusted[] = {key.public_key()};
  const crypto::PublicKey strangers[] = {other.public_key()};
  const auto verified = verify_descriptor(envelope, trusted);
  EXPECT_EQ(verified.descriptor(), sample());
  EXPECT_EQ(verified.id().digest, crypto::sha256(as_bytes(payload)));
  EXPECT_TRUE(thrown([&] { verify_descriptor(envelope, strangers); }).starts_with("integrity"));
  const auto wrong = crypto::sign_envelope("text/plain", as_bytes(payload), key);
  EXPECT_TRUE(thrown([&] { verify_descriptor(wrong, trusted); }).starts_with("integrity"));
}

}  // namespace
}  // namespace roost::release
