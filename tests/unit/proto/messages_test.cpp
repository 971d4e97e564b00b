#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "tests/unit/proto/samples.hpp"

namespace roost::proto {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

struct Message {
  const char* name;
  std::string full;                                        // with every field
  std::function<std::string(const std::string&)> reprint;  // to_json(parse(text))
  Errc code;                                               // of a bad shape
  std::vector<std::string> optional;                       // fields that may be missing
};

std::vector<Message> messages() {
  using namespace samples;
  const ChannelState state{3, kRelease, release_id()};
  const auto text = [](const auto& parse) {
    return [parse](const std::string& json) { return to_json(parse(json)); };
  };
  return {
      {"registration",
       to_json(registration()),
       text(parse_registration),
       Errc::usage,
       {"image_torrent", "index", "patches_torrent", "patches", "zone"}},
      {"result",
       to_json(RegistrationResult{release_id(), true, 7, 8, 1764000000123}),
       text(parse_registration_result),
       Errc::integrity,
       {"committed_ms"}},
      {"name",
       to_json(NameState{kRelease.name, 7, {{kChannel.channel, state}}}),
       text(parse_name_state),
       Errc::integrity,
       {}},
      {"channel",
       to_json(ChannelInfo{kChannel, state, envelope()}),
       text(parse_channel_info),
       Errc::integrity,
       {}},
      {"offer",
       to_json(offer()),
       text(parse_release_offer),
       Errc::integrity,
       {"channel", "image_torrent", "index", "patches_torrent", "patches"}},
      {"summary",
       to_json(summary()),
       text(parse_release_summary),
       Errc::integrity,
       {"image", "patches"}},
      {"summaries",
       to_json(std::vector{summary(), summary()}),
       text(parse_release_list),
       Errc::integrity,
       {}},
      {"report", to_json(report()), text(parse_node_report), Errc::usage, {"zone"}},
      {"nodes",
       to_json(std::vector<NodeView>{{report(), true, 1.5}}),
       text(parse_node_list),
       Errc::integrity,
       {}},
      {"notice",
       to_json(UnpublishNotice{kRelease, release_id(), envelope()}),
       text(parse_unpublish_notice),
       Errc::integrity,
       {}},
  };
}

class Messages : public testing::TestWithParam<Message> {
 protected:
  void expect_refused(const std::string& text, const std::string& word) {
    try {
      GetParam().reprint(text);
      ADD_FAILURE() << "accepted " << text.substr(0, 200);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), GetParam().code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(word));
    }
  }
};

TEST_P(Messages, SurviveTheJourney) {
  EXPECT_EQ(Json::parse(GetParam().reprint(GetParam().full)), Json::parse(GetParam().full));
}

TEST_P(Messages, IgnoreFieldsOfALaterVersion) {
  auto json = Json::parse(GetParam().full);
  json["from_the_future"] = {1, 2, 3};
  EXPECT_EQ(Json::parse(GetParam().reprint(json.dump())), Json::parse(GetParam().full));
}

TEST_P(Messages, NameTheFieldThatIsMissing) {
  const auto& optional = GetParam().optional;
  const auto full = Json::parse(GetParam().full);
  for (const auto& [field, value] : full.items()) {
    auto json = full;
    json.erase(field);
    if (std::find(optional.begin(), optional.end(), field) != optional.end()) {
      EXPECT_EQ(Json::parse(GetParam().reprint(json.dump())), json);
    } else {
      expect_refused(json.dump(), "field '" + field + "': missing");
    }
  }
}

TEST_P(Messages, NameTheFieldOfAnotherType) {
  const auto full = Json::parse(GetParam().full);
  for (const auto& [field, value] : full.items()) {
    for (const auto& wrong :
         {Json(true), Json("\x01?"), Json(-1.5), Json::array({Json::array()}), Json{{"a", 1}}}) {
      if (wrong.type() == value.type() && !wrong.is_string() && !wrong.is_structured()) continue;
      auto json = full;
      json[field] = wrong;
      expect_refused(json.dump(), "parse ");
    }
  }
}

TEST_P(Messages, RefuseWhatIsNoObject) {
  for (const auto& text :
       {std::string(), std::string("[]"), std::string("null"), std::string("{\"a\":"),
        std::string("\xff"), std::string(1000, '['), std::string(100'000, '[')}) {
    expect_refused(text, "parse ");
  }
}

// What a cut or a stray byte does to a message is an Error, never more.
TEST_P(Messages, StandDamage) {
  const auto& full = GetParam().full;
  for (std::size_t at = 0; at < full.size(); at += 1 + full.size() / 400) {
    expect_refused(full.substr(0, at), "parse ");
    for (const char byte : {'\0', '"', '}', '9', '\xff'}) {
      auto text = full;
      text[at] = byte;
      try {
        GetParam().reprint(text);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), GetParam().code) << error.what();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Api, Messages, testing::ValuesIn(messages()),
                         [](const auto& message) { return std::string(message.param.name); });

TEST(Registration, BoundsItsChannels) {
  auto registration = samples::registration();
  registration.channels.assign(kMaxChannels + 1, samples::envelope());
  EXPECT_THROW(parse_registration(to_json(registration)), Error);
}

TEST(Registration, BoundsTheInlineIndex) {
  auto registration = samples::registration();
  registration.index = Bytes(kMaxInlineIndex);
  EXPECT_EQ(parse_registration(to_json(registration)).index, registration.index);
  registration.index = Bytes(kMaxInlineIndex + 1);
  EXPECT_THROW(parse_registration(to_json(registration)), Error);
}

TEST(Registration, CarriesPatches) {
  auto registration = samples::registration();
  registration.patches = Bytes(kMaxInlineIndex);
  const auto read = parse_registration(to_json(registration));
  EXPECT_EQ(read.patches_torrent, registration.patches_torrent);
  EXPECT_EQ(read.patches, registration.patches);
  registration.patches = Bytes(kMaxInlineIndex + 1);
  try {
    parse_registration(to_json(registration));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::usage);
    EXPECT_THAT(error.what(), HasSubstr("field 'patches'"));
  }
}

TEST(ReleaseOffer, CarriesPatches) {
  auto offer = samples::offer();
  const auto read = parse_release_offer(to_json(offer));
  EXPECT_EQ(read.patches_torrent, offer.patches_torrent);
  EXPECT_EQ(read.patches, offer.patches);
  offer.patches = Bytes(kMaxInlineIndex + 1);
  EXPECT_THROW(parse_release_offer(to_json(offer)), Error);
}

// As written before there were patches: what an older reader is used to.
TEST(ReleaseOffer, WithoutPatchesIsTheTextThatItAlwaysWas) {
  auto offer = samples::offer();
  offer.index_torrent = {1};
  offer.image_torrent = Bytes{2};
  offer.index = Bytes{3};
  offer.patches_torrent.reset();
  offer.patches.reset();
  offer.channel.reset();
  offer.descriptor.signatures[0].signature = {7};
  EXPECT_EQ(to_json(offer),
            R"({"descriptor":{"payload":"cGF5bG9hZA==","payloadType":"application/x",)"
            R"("signatures":[{"keyid":"keyid","sig":"Bw=="}]},"image_torrent":"Ag==",)"
            R"("index":"Aw==","index_torrent":"AQ==","release":"web@1.2.0","release_id":")" +
                std::string(62, '0') +
                R"(ab","neighbours":[{"addr":"10.0.0.1:6881","seeder":true},)"
                R"({"addr":"[2001:db8::1]:1","seeder":false}]})");
}

TEST(ReleaseOffer, IsTheSameThroughATemplate) {
  const auto offer = samples::offer();
  const OfferTemplate shared(offer);
  EXPECT_EQ(shared.with(offer.neighbours), to_json(offer));
  EXPECT_TRUE(parse_release_offer(shared.with({})).neighbours.empty());
  EXPECT_EQ(parse_release_offer(to_json(offer)).neighbours, offer.neighbours);
}

TEST(NodeReport, RefusesIdsAndZonesThatArePathsOrMarkup) {
  for (const char* text : {"a/b", "<b>", "a b", "\n", "ü"}) {
    EXPECT_FALSE(is_node_id(text));
    EXPECT_FALSE(is_zone(text));
  }
  EXPECT_FALSE(is_node_id(""));
  EXPECT_TRUE(is_zone(""));
  EXPECT_FALSE(is_node_id(std::string(65, 'a')));
  auto report = samples::report();
  report.node = "../x";
  EXPECT_THROW(parse_node_report(to_json(report)), Error);
}

TEST(NodeReport, CarriesWhatBoundADelivery) {
  auto report = samples::report();
  auto& transfer = report.transfers[0];
  EXPECT_EQ(to_json(report).find("bound_by"), std::string::npos);
  transfer.rate = 5'900'000;
  transfer.bound_by = "seeder";
  transfer.shares = {{"seeder", 0.9}, {"CPU", 0.1}};
  const auto read = parse_node_report(to_json(report)).transfers[0];
  EXPECT_EQ(read.rate, transfer.rate);
  EXPECT_EQ(read.bound_by, transfer.bound_by);
  EXPECT_EQ(read.shares, transfer.shares);
}

TEST(NodeReport, BoundsTheSharesOfADelivery) {
  auto report = samples::report();
  auto& shares = report.transfers[0].shares;
  shares = {{"seeder", 1.5}};
  EXPECT_THROW(parse_node_report(to_json(report)), Error);
  shares = {{"seeder", -0.1}};
  EXPECT_THROW(parse_node_report(to_json(report)), Error);
  shares = {{std::string(kMaxCause + 1, 'x'), 0.5}};
  EXPECT_THROW(parse_node_report(to_json(report)), Error);
  shares.clear();
  for (std::size_t i = 0; i <= kMaxShares; ++i) shares["cause " + std::to_string(i)] = 0;
  EXPECT_THROW(parse_node_report(to_json(report)), Error);
  shares = {{"seeder", 1}};
  report.transfers[0].bound_by = std::string(kMaxCause + 1, 'x');
  EXPECT_THROW(parse_node_report(to_json(report)), Error);
}

Json with_reused(const Json& reused) {
  auto json = Json::parse(to_json(samples::report()));
  json["transfers"][0]["reused"] = reused;
  return json;
}

TEST(NodeReport, NamesTheReleasesWhoseImagesWereReused) {
  const auto report = samples::report();
  const auto read = parse_node_report(to_json(report));
  EXPECT_EQ(read.transfers[0].reused, report.transfers[0].reused);
  EXPECT_TRUE(read.transfers[1].reused.empty());
  EXPECT_EQ(Json::parse(to_json(report))["transfers"][1].count("reused"), 0U) << "nothing to say";
  for (const auto& none : {Json(nullptr), Json::object()}) {  // as an older node, and as it likes
    EXPECT_TRUE(parse_node_report(with_reused(none).dump()).transfers[0].reused.empty());
  }
}

TEST(NodeReport, RefusesReusedThatIsNotBytesByRelease) {
  for (const auto& wrong :
       {Json("web@1"), Json(7), Json::array({"web@1", 7}), Json{{"web@1", -1}},
        Json{{"web@1", 1.5}}, Json{{"web@1", "1"}}, Json{{"web@1", nullptr}}, Json{{"web", 1}},
        Json{{"", 1}}, Json{{"web@1\x1b[2J", 1}}, Json{{"web@1\n", 1}}, Json{{"<b>@1", 1}},
        Json{{"../web@1", 1}}, Json{{"web@" + std::string(49, '1'), 1}}}) {
    try {
      parse_node_report(with_reused(wrong).dump());
      ADD_FAILURE() << "accepted " << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::usage);
      EXPECT_THAT(error.what(), HasSubstr("field '"));
    }
  }
}

TEST(NodeReport, BoundsTheReusedReleases) {
  auto most = Json::object();
  for (std::size_t i = 0; i < kMaxReused; ++i) most["web@" + std::to_string(i)] = i;
  EXPECT_EQ(parse_node_report(with_reused(most).dump()).transfers[0].reused.size(), kMaxReused);
  most["web@more"] = 1;
  EXPECT_THROW(parse_node_report(with_reused(most).dump()), Error);
}

TEST(NodeReport, TellsOfTheReleasesThatGaveMost) {
  auto report = samples::report();
  auto& reused = report.transfers[0].reused;
  reused.clear();
  for (std::size_t i = 0; i < kMaxReused + 2; ++i) reused["web@" + std::to_string(100 + i)] = i;
  const auto read = parse_node_report(to_json(report)).transfers[0].reused;
  EXPECT_EQ(read.size(), kMaxReused);
  EXPECT_FALSE(read.contains("web@100"));
  EXPECT_FALSE(read.contains("web@101"));
  EXPECT_EQ(read.at("web@133"), 33U);
}

TEST(NodeReport, IgnoresWhatALaterNodeSaysOfATransfer) {
  auto json = with_reused({{"web@1.1.0", 5}});
  json["transfers"][0]["from_the_future"] = {{"web@1", {1, 2}}};
  EXPECT_EQ(parse_node_report(json.dump()).transfers[0].reused,
            (std::map<std::string, std::uint64_t>{{"web@1.1.0", 5}}));
}

TEST(NodeReport, MendsTextThatIsNotUtf8) {
  auto report = samples::report();
  report.transfers[1].reason = "read caf\xE9: no such file";
  EXPECT_EQ(parse_node_report(to_json(report)).transfers[1].reason,
            "read caf\xEF\xBF\xBD: no such file");
}

}  // namespace
}  // namespace roost::proto
