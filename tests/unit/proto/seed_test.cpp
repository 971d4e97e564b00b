// The seeder daemon's messages.
#include "core/proto/seed.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace roost::proto {
namespace {

SeedStatus example() {
  SeedStatus status;
  status.release_id = release::ReleaseId::parse(std::string(64, '7'));
  status.release = "web@1.2";
  status.state = SeedState::fetching;
  status.bytes = 100;
  status.bytes_have = 40;
  status.uploaded = 3;
  status.peers = 2;
  status.reason = "no peer has it";
  status.addr = {"10.0.0.1", 7000};
  status.zone = "rack-7";
  return status;
}

TEST(SeedApi, MessagesSurviveARoundTrip) {
  const SeedRequest request{example().release_id, {"0.0.0.0", 4242}};
  const auto read = parse_seed_request(to_json(request));
  EXPECT_EQ(read.release_id, request.release_id);
  EXPECT_EQ(read.from, request.from);

  for (const auto state :
       {SeedState::starting, SeedState::fetching, SeedState::serving, SeedState::failed}) {
    auto status = example();
    status.state = state;
    EXPECT_EQ(to_json(parse_seed_status(to_json(status))), to_json(status));
    EXPECT_EQ(parse_seed_status(to_json(status)).state, state);
    EXPECT_EQ(parse_seed_status(to_json(status)).zone, "rack-7");
  }
  const std::vector<SeedStatus> list{example(), example()};
  EXPECT_EQ(to_json(parse_seed_list(to_json(list))), to_json(list));
  EXPECT_EQ(seed_path(example().release_id), "/v1/seeds/" + std::string(64, '7'));
}

TEST(SeedApi, ASeederNeedNotSayItsZone) {
  auto status = example();
  status.zone.clear();
  EXPECT_EQ(to_json(status).find("zone"), std::string::npos);
  EXPECT_EQ(parse_seed_status(to_json(status)).zone, "");
}

TEST(SeedApi, ErrorsNameTheField) {
  const auto code_and_text = [](auto&& parse) -> std::pair<Errc, std::string> {
    try {
      parse();
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {Errc::failed, "no error"};
  };
  const auto [code, text] =
      code_and_text([] { parse_seed_request(R"({"release_id":"zz","from":"127.0.0.1:1"})"); });
  EXPECT_EQ(code, Errc::usage);
  EXPECT_NE(text.find("release_id"), std::string::npos) << text;
  const auto [answer, why] = code_and_text([] { parse_seed_status("{}"); });
  EXPECT_EQ(answer, Errc::integrity);
  EXPECT_NE(why.find("missing"), std::string::npos) << why;
  auto odd = example();
  odd.zone = "rack 7";
  const auto [refused, zone] = code_and_text([&] { parse_seed_status(to_json(odd)); });
  EXPECT_EQ(refused, Errc::integrity);
  EXPECT_NE(zone.find("zone"), std::string::npos) << zone;
  EXPECT_EQ(code_and_text([] { parse_seed_list("[]"); }).first, Errc::integrity);
}

}  // namespace
}  // namespace roost::proto
