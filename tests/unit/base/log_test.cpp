#include "core/base/log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

namespace roost::log {
namespace {

class Log : public testing::Test {
 protected:
  void TearDown() override { init(Level::warn, Format::text); }

  template <class F>
  static std::string captured(F&& f) {
    testing::internal::CaptureStderr();
    f();
    return testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, WritesOneJsonObjectALineWhateverTheMessage) {
  const std::string messages[] = {
      "plain", "a \"quote\" and \\", "two\nlines", "tab\t\x01\x1b[2J", "not UTF-8: \xff\xc3", "{}",
      ""};
  for (const auto& message : messages) {
    const auto text = captured([&] {
      init(Level::info, Format::json);
      info("{}", message);
    });
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    const auto line = nlohmann::json::parse(text);
    EXPECT_EQ(line.at("type"), "log");
    EXPECT_EQ(line.at("level"), "info");
    const bool kept = message.find('\xff') == std::string::npos;
    EXPECT_EQ(line.at("message") == message, kept) << message;
  }
}

TEST_F(Log, HoldsBackWhatIsBelowItsLevel) {
  const auto text = captured([] {
    init(Level::warn, Format::text);
    info("quiet");
    warn("loud");
  });
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_NE(text.find("loud"), std::string::npos);
  EXPECT_FALSE(enabled(Level::info));
  EXPECT_TRUE(enabled(Level::error));
}

TEST_F(Log, NamesItsLevelsAndFormats) {
  EXPECT_EQ(parse_level("debug"), Level::debug);
  EXPECT_EQ(parse_level("off"), Level::off);
  EXPECT_EQ(parse_format("json"), Format::json);
  EXPECT_THROW(parse_level("loud"), Error);
  EXPECT_THROW(parse_format("xml"), Error);
}

}  // namespace
}  // namespace roost::log
