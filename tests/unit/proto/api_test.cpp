#include "core/proto/api.hpp"

#include <gtest/gtest.h>

#include "tests/unit/proto/samples.hpp"

namespace roost::proto {
namespace {

const Caller kCaller{"n1", {"::1", 6881}, "rack 7"};

TEST(ApiPaths, AreTheDocumentedOnes) {
  using namespace samples;
  EXPECT_EQ(name_path(kRelease.name), "/v1/names/web");
  EXPECT_EQ(release_path(kRelease), "/v1/releases/web@1.2.0");
  EXPECT_EQ(release_path(release_id()), "/v1/releases/" + release_id().hex());
  EXPECT_EQ(channel_path(kChannel), "/v1/channels/web/prod");
  EXPECT_EQ(report_path("n1"), "/v1/nodes/n1/report");
}

TEST(ApiPaths, EncodeWhatAUrlCantHold) {
  EXPECT_EQ(release_path(release::ReleaseRef::parse("web@1.0+b7")), "/v1/releases/web@1.0%2Bb7");
  EXPECT_EQ(offer_path(samples::kChannel, kCaller),
            "/v1/offers/web/prod?node=n1&addr=%5B%3A%3A1%5D%3A6881&zone=rack%207");
  EXPECT_EQ(events_path({samples::kChannel}, {"n1", {"0.0.0.0", 1}, ""}),
            "/v1/events?node=n1&addr=0.0.0.0%3A1&follow=web%2Fprod");
}

TEST(ApiError, SurvivesTheJourney) {
  const ApiError error{Errc::conflict, "register web@1: the sequence \"moved\"", "again", true};
  const auto back = parse_api_error(409, to_json(error));
  EXPECT_EQ(back.code, error.code);
  EXPECT_EQ(back.message, error.message);
  EXPECT_EQ(back.help, error.help);
  EXPECT_TRUE(back.raced);
}

TEST(ApiError, OfAnythingElseIsItsStatus) {
  for (const char* body : {"", "<html>Bad gateway</html>", "{}", R"({"error":"no"})",
                           R"({"error":{"code":7,"message":"x"}})"}) {
    const auto error = parse_api_error(404, body);
    EXPECT_EQ(error.code, Errc::not_found);
    EXPECT_EQ(error.message, "HTTP 404");
  }
  EXPECT_EQ(parse_api_error(503, "").code, Errc::unavailable);
}

TEST(ApiError, OfALaterVersionFallsBackToItsStatus) {
  const auto error = parse_api_error(409, R"({"error":{"code":"held","message":"m"}})");
  EXPECT_EQ(error.code, Errc::conflict);
  EXPECT_EQ(error.message, "m");
}

TEST(ApiError, BecomesAnErrorWithItsVerb) {
  const auto error = to_error({Errc::conflict, "m", "h", false}, "publish web@1");
  EXPECT_STREQ(error.what(), "publish web@1: m");
  EXPECT_EQ(error.code(), Errc::conflict);
  EXPECT_EQ(error.help(), "h");
}

}  // namespace
}  // namespace roost::proto
