// How people read where bytes came from: in a line, and in the table of nodes.
#include "cli/byte_sources.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/tracker_tables.hpp"

namespace roost::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kKiB = 1024;

TEST(ByteSources, SayWhatTheWireCarriedAndWhatWasHere) {
  EXPECT_EQ(to_text({.seeder = 200 * kKiB, .peers = 1100 * kKiB, .reused = {}}),
            "received 1.3 MiB (200.0 KiB from seeders)");
  EXPECT_EQ(to_text({.seeder = 0, .peers = 0, .reused = {{"web@1", 28 * kKiB}}}),
            "received 0 B (0 B from seeders), reused 28.0 KiB of web@1");
  EXPECT_TRUE((ByteSources{0, 0, {}}.empty()));
  EXPECT_FALSE((ByteSources{0, 0, {{"web@1", 1}}}.empty()));
}

TEST(ByteSources, NameTheReleaseThatGaveMostFirst) {
  EXPECT_EQ(reused_text({{"web@0.9", 2 * kKiB}, {"web@1.0", 30 * kKiB}}, 3),
            "32.0 KiB of web@1.0 (30.0 KiB), web@0.9 (2.0 KiB)");
}

TEST(ByteSources, CountTheReleasesThatTheyDoNotName) {
  EXPECT_EQ(reused_text({{"a@1", 1}, {"b@1", 4}, {"c@1", 3}, {"d@1", 2}, {"e@1", 1}}, 3),
            "11 B of b@1 (4 B), c@1 (3 B), d@1 (2 B) and 2 more");
  EXPECT_EQ(reused_text({{"a@1", 1}, {"b@1", 4}}, 1), "5 B of b@1 (4 B) and 1 more");
}

proto::NodeView node_with(const std::map<std::string, std::uint64_t>& reused) {
  return {.report = {.node = "n1",
                     .addr = Endpoint{"10.0.0.2", 6881},
                     .zone = {},
                     .follows = {},
                     .transfers = {{.release = release::ReleaseRef::parse("web@2"),
                                    .release_id = {},
                                    .state = proto::TransferState::active,
                                    .pieces = 10,
                                    .pieces_total = 10,
                                    .bytes_seeder = 1 * kKiB,
                                    .bytes_peers = 2 * kKiB,
                                    .seconds_to_staged = 1.5,
                                    .reason = {},
                                    .reused = reused}}},
          .live = true,
          .heard_seconds_ago = 0};
}

TEST(NodeTable, ShowsReceivedAndReusedBytes) {
  EXPECT_EQ(node_table({node_with({{"web@0", 1 * kKiB}, {"web@1", 5 * kKiB}})}).str(),
            "NODE  ADDRESS        ZONE  HEARD  FOLLOWS  RELEASE   SEEDER    PEERS"
            "  REUSED                                 BOUND BY  STATE\n"
            "n1    10.0.0.2:6881  -      live  -        web@2    1.0 KiB  2.0 KiB"
            "  6.0 KiB of web@1 (5.0 KiB) and 1 more  -         active\n");
  EXPECT_THAT(node_table({node_with({})}).str(), HasSubstr("2.0 KiB  -       -         active\n"));
}

TEST(NodeTable, TellsAProgramEveryReleaseThatWasReused) {
  const auto reused =
      node_json(node_with({{"web@0", 1}, {"web@1", 5}})).at("transfers").at(0).at("reused");
  EXPECT_EQ(reused, (nlohmann::ordered_json{{"web@0", 1}, {"web@1", 5}}));
  EXPECT_FALSE(node_json(node_with({})).at("transfers").at(0).contains("reused"));
}

}  // namespace
}  // namespace roost::cli
