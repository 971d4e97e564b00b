#include "core/crypto/base64.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/base/error.hpp"

namespace roost::crypto {
namespace {

TEST(Base64, MatchesRfc4648) {
  const std::pair<const char*, const char*> table[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : table) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), encoded);
    EXPECT_EQ(as_text(base64_decode(encoded)), plain);
  }
}

TEST(Base64, RefusesEveryOtherSpelling) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "====", "=m9v",
                           "Zg==Zg==", "Zm-_", "Z===", "Zm9vZg=v"}) {
    EXPECT_THROW(base64_decode(text), Error) << text;
  }
}

RC_GTEST_PROP(Base64, RoundTrips, (const Bytes& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)) == bytes);
}

RC_GTEST_PROP(Base64, HasOneTextForEachByteString, (const std::string& text)) {
  try {
    RC_ASSERT(base64_encode(base64_decode(text)) == text);
  } catch (const Error&) {
    RC_SUCCEED("refused");
  }
}

}  // namespace
}  // namespace roost::crypto
