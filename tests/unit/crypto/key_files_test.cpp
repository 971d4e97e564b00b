#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/error.hpp"
#include "core/crypto/keys.hpp"
#include "core/crypto/random.hpp"
#include "tests/support/errors.hpp"

namespace roost::crypto {
namespace {

namespace fs = std::filesystem;
using test::code_of;

class KeyFiles : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(dir_); }
  void TearDown() override { fs::remove_all(dir_); }

  static std::string text_of(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777U;
  }

  fs::path dir_ = fs::temp_directory_path() / ("roost-keys-" + random_hex(8));
  fs::path key_ = dir_ / "ci.key";
};

TEST_F(KeyFiles, HoldAPairThatBelongsTogether) {
  const auto written = SecretKey::generate();
  const auto public_path = write_key_pair(key_, written);
  EXPECT_EQ(public_path, dir_ / "ci.key.pub");
  EXPECT_EQ(load_secret_key(key_).public_key(), written.public_key());
  EXPECT_EQ(load_public_key(public_path), written.public_key());
}

TEST_F(KeyFiles, AreReadableByTheOwnerAlone) {
  const auto old_mask = ::umask(0);
  const auto public_path = write_key_pair(key_, SecretKey::generate());
  ::umask(old_mask);
  EXPECT_EQ(mode_of(key_), 0600U);
  EXPECT_EQ(mode_of(public_path), 0644U);
}

TEST_F(KeyFiles, AreNeverOverwritten) {
  write_key_pair(key_, SecretKey::generate());
  const auto before = text_of(key_);
  EXPECT_EQ(code_of([&] { write_key_pair(key_, SecretKey::generate()); }), Errc::conflict);
  EXPECT_EQ(text_of(key_), before);
}

TEST_F(KeyFiles, LeaveNothingBehindWhenThePublicFileExists) {
  std::ofstream(dir_ / "ci.key.pub") << "mine";
  EXPECT_EQ(code_of([&] { write_key_pair(key_, SecretKey::generate()); }), Errc::conflict);
  EXPECT_FALSE(fs::exists(key_));
  EXPECT_EQ(text_of(dir_ / "ci.key.pub"), "mine");
}

TEST_F(KeyFiles, AreRefusedWhenOthersMayRead) {
  write_key_pair(key_, SecretKey::generate());
  for (const mode_t mode : {0640U, 0604U, 0660U}) {
    ::chmod(key_.c_str(), mode);
    try {
      load_secret_key(key_);
      ADD_FAILURE() << "read a key of mode " << mode;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::usage);
      EXPECT_EQ(error.help(), "chmod 600 " + key_.string());
    }
  }
}

TEST_F(KeyFiles, ThatAreMissingSaySo) {
  EXPECT_EQ(code_of([&] { load_secret_key(key_); }), Errc::not_found);
  EXPECT_EQ(code_of([&] { load_public_key(key_); }), Errc::not_found);
}

TEST_F(KeyFiles, CanArriveThroughStdin) {
  const auto written = SecretKey::generate();
  write_key_pair(key_, written);
  const int saved = ::dup(STDIN_FILENO);
  ASSERT_NE(std::freopen(key_.c_str(), "r", stdin), nullptr);
  EXPECT_EQ(load_secret_key("-").public_key(), written.public_key());
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}

}  // namespace
}  // namespace roost::crypto
