#include "core/base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

namespace roost::log {
namespace {

constexpr std::string_view kNames[] = {"debug", "info", "warn", "error", "off"};

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

// spdlog's %v does not escape: a quote in a message would break the line.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const nlohmann::json text(std::string(message.payload.data(), message.payload.size()));
    const auto quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonMessage>();
  }
};

std::shared_ptr<spdlog::logger> make_logger(Level level, Format format) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  if (std::getenv("NO_COLOR") != nullptr) sink->set_color_mode(spdlog::color_mode::never);
  auto made = std::make_shared<spdlog::logger>("roost", sink);
  made->set_level(to_spdlog(level));
  made->flush_on(spdlog::level::debug);
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  if (format == Format::json) {
    formatter->add_flag<JsonMessage>('*');
    formatter->set_pattern(
        R"({"type":"log","time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})");
  } else {
    formatter->set_pattern("%H:%M:%S.%e %^%l%$: %v");
  }
  made->set_formatter(std::move(formatter));
  return made;
}

std::shared_ptr<spdlog::logger>& logger() {
  static auto instance = make_logger(Level::warn, Format::text);
  return instance;
}

std::size_t index_of(std::string_view name, std::string_view what) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return i;
  }
  throw Error(Errc::usage, fmt::format("parse {} '{}': unknown", what, name),
              "use debug, info, warn, error or off");
}

}  // namespace

Level parse_level(std::string_view name) {
  return static_cast<Level>(index_of(name, "log level"));
}

Format parse_format(std::string_view name) {
  if (name == "text") return Format::text;
  if (name == "json") return Format::json;
  throw Error(Errc::usage, fmt::format("parse log format '{}': unknown", name), "use text or json");
}

void init(Level level, Format format) {
  logger() = make_logger(level, format);
}

bool enabled(Level level) noexcept {
  return logger()->should_log(to_spdlog(level));
}

void write(Level level, const std::string& message) {
  logger()->log(to_spdlog(level), message);
}

}  // namespace roost::log
