// The examples of docs/protocol.md are what the parsers accept.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "core/proto/api.hpp"
#include "core/proto/seed.hpp"

namespace roost::proto {
namespace {

using Parser = std::function<void(std::string_view)>;

const std::map<std::string, Parser>& parsers() {
  static const std::map<std::string, Parser> all{
      {"error",
       [](std::string_view text) {
         const auto error = parse_api_error(500, text);
         EXPECT_EQ(error.code, Errc::conflict);
         EXPECT_TRUE(error.raced);
       }},
      {"name_state", parse_name_state},
      {"registration", parse_registration},
      {"registration_result", parse_registration_result},
      {"release_summary", parse_release_summary},
      {"channel_info", parse_channel_info},
      {"release_offer", parse_release_offer},
      {"unpublish_notice", parse_unpublish_notice},
      {"event_batch", parse_event_batch},
      {"node_report", parse_node_report},
      {"node_list", parse_node_list},
      {"seed_request", parse_seed_request},
      {"seed_status", parse_seed_status},
  };
  return all;
}

// The text of each "```json KIND" block by its kind.
std::map<std::string, std::string> examples() {
  const auto here = std::filesystem::path(__FILE__).parent_path();
  std::ifstream file(here / "../../../docs/protocol.md");
  constexpr std::string_view kFence = "```json ";
  std::map<std::string, std::string> found;
  std::string line;
  std::string kind;
  while (std::getline(file, line)) {
    if (line.starts_with("```")) {
      kind = line.starts_with(kFence) ? line.substr(kFence.size()) : "";
    } else if (!kind.empty()) {
      found[kind] += line + "\n";
    }
  }
  return found;
}

TEST(ProtocolDocument, ShowsOneExampleOfEachMessage) {
  const auto found = examples();
  for (const auto& [kind, parse] : parsers()) EXPECT_TRUE(found.contains(kind)) << kind;
  EXPECT_EQ(found.size(), parsers().size());
}

TEST(ProtocolDocument, HasExamplesThatParse) {
  for (const auto& [kind, text] : examples()) {
    ASSERT_TRUE(parsers().contains(kind)) << kind;
    EXPECT_NO_THROW(parsers().at(kind)(text)) << kind;
  }
}

}  // namespace
}  // namespace roost::proto
