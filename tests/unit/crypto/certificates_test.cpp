// Files of TLS links: each fault is named with its file, and what to do about it.
#include "core/crypto/certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "tests/support/peer_ca.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::crypto {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class Certificates : public testing::Test {
 protected:
  static Credentials load(const test::PeerFiles& files) {
    return load_credentials({files.ca, files.cert, files.key});
  }

  static std::string refusal(const test::PeerFiles& files) {
    try {
      load(files);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::usage) << error.what();
      return std::string(error.what()) + "; " + error.help();
    }
    return "taken";
  }

  test::TempDir dir_;
  test::PeerCa ca_{dir_ / "ca"};
  test::PeerCa other_{dir_ / "other"};
  test::PeerFiles good_ = ca_.issue("good");
};

TEST_F(Certificates, OfOneCaAreRead) {
  const auto read = load(good_);
  EXPECT_EQ(read.ca, test::read_file(good_.ca));
  EXPECT_EQ(read.cert, test::read_file(good_.cert));
  EXPECT_THAT(read.key, HasSubstr("BEGIN PRIVATE KEY"));
}

TEST_F(Certificates, AreTheSameTextWhateverStandsAroundThem) {
  const auto text = test::read_file(good_.ca);
  EXPECT_EQ(certificate_pem("subject: CN = peers\n" + text + "\n\n", "ca"), text);
  EXPECT_THROW(certificate_pem(text + text, "ca"), Error);
  EXPECT_THROW(certificate_pem(text.substr(0, text.size() / 2), "ca"), Error);
  EXPECT_THROW(certificate_pem(std::string(kMaxCertificate, '\n') + text, "ca"), Error);
  EXPECT_THROW(certificate_pem({}, "ca"), Error);
}

TEST_F(Certificates, OfAnotherCaAreRefused) {
  auto files = other_.issue("foreign");
  files.ca = good_.ca;
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("foreign.pem"), HasSubstr("not signed by the CA in"),
                                    HasSubstr(good_.ca.string())));
}

TEST_F(Certificates, ThatExpiredAreRefused) {
  EXPECT_THAT(refusal(ca_.issue("old", -1)),
              AllOf(HasSubstr("old.pem"), HasSubstr("has expired"), HasSubstr("sign a new one")));
}

TEST_F(Certificates, OfAnotherNameAreRefused) {
  EXPECT_THAT(refusal(ca_.issue("named", 30, "/CN=web-17")), HasSubstr("its name is not '*'"));
}

TEST_F(Certificates, NeedTheirOwnKey) {
  auto files = good_;
  files.key = ca_.issue("second").key;
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("second.key"), HasSubstr("doesn't fit")));
}

TEST_F(Certificates, NeedAKeyThatNobodyElseReads) {
  fs::permissions(good_.key, fs::perms::group_read, fs::perm_options::add);
  EXPECT_THAT(refusal(good_), AllOf(HasSubstr("group or others may read it"),
                                    HasSubstr("chmod 600 " + good_.key.string())));
}

TEST_F(Certificates, AreNotTakenForOneAnother) {
  EXPECT_THAT(refusal({good_.cert, good_.cert, good_.key}), HasSubstr("CA"));
  EXPECT_THAT(refusal({good_.key, good_.cert, good_.key}), HasSubstr("no certificate in PEM"));
  auto swapped = good_;
  swapped.key = dir_ / "copy.pem";
  fs::copy_file(good_.cert, swapped.key);
  fs::permissions(swapped.key, fs::perms::owner_read);
  EXPECT_THAT(refusal(swapped), HasSubstr("no secret key in PEM"));
}

TEST_F(Certificates, ThatAreNotThereAreNamed) {
  auto files = good_;
  files.cert = dir_ / "none.pem";
  try {
    load(files);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::not_found);
    EXPECT_THAT(error.what(), HasSubstr("none.pem"));
  }
}

}  // namespace
}  // namespace roost::crypto
