// The process's log: lines for a person or one JSON object a line, on stderr.
//
// Call init() once at the start of main; without it warnings and errors show
// as text. Pure code does not log; shells do. Thread-safe.
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace roost::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };

// Throws Error{usage} for a name that is none.
Level parse_level(std::string_view name);
Format parse_format(std::string_view name);

void init(Level level, Format format);
bool enabled(Level level) noexcept;
void write(Level level, const std::string& message);

template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::info)) write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::warn)) write(Level::warn, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
  if (enabled(Level::error)) write(Level::error, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace roost::log
