#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/base/error.hpp"
#include "core/crypto/random.hpp"
#include "core/crypto/sha1.hpp"
#include "core/crypto/sha256.hpp"

namespace roost::crypto {
namespace {

TEST(Sha256Hasher, MatchesFips180) {
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256({}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256Hasher, StartsAnewAfterFinish) {
  Sha256Hasher hasher;
  hasher.update(as_bytes("something"));
  hasher.finish();
  hasher.update(as_bytes("a"));
  hasher.update(as_bytes("bc"));
  EXPECT_EQ(hasher.finish(), sha256(as_bytes("abc")));
}

TEST(Sha1, MatchesRfc3174) {
  EXPECT_EQ(to_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Sha1Pieces, AreTheHashOfEachPiece) {
  const auto path = std::filesystem::temp_directory_path() / ("roost-sha1-" + random_hex(8));
  for (const std::size_t size : {0U, 1U, 9U, 10U, 11U, 20U, 25U}) {
    const std::string text = std::string("abcdefghijklmnopqrstuvwxy").substr(0, size);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    Bytes want;
    for (std::size_t at = 0; at < size; at += 10) {
      const auto digest = sha1(as_bytes(std::string_view(text).substr(at, 10)));
      want.insert(want.end(), digest.begin(), digest.end());
    }
    EXPECT_EQ(sha1_pieces(path, 10), want) << size;
  }
  std::filesystem::remove(path);
  EXPECT_THROW(sha1_pieces(path, 10), Error);
}

TEST(Random, NamesAreHexadecimalAndDiffer) {
  EXPECT_EQ(random_hex(16).size(), 32U);
  EXPECT_NE(random_hex(16), random_hex(16));
}

}  // namespace
}  // namespace roost::crypto
