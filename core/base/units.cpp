#include "core/base/units.hpp"

#include <fmt/format.h>

#include <charconv>
#include <span>

#include "core/base/error.hpp"

namespace roost {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kKi = 1024;
constexpr double kLimit = 9e15;  // a double counts in ones up to here
constexpr Unit kDurations[] = {{"ms", 1},     {"s", 1e3},    {"", 1e3},     {"m", 60e3},
                               {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
constexpr Unit kSizes[] = {{"", 1},
                           {"B", 1},
                           {"KB", 1e3},
                           {"MB", 1e6},
                           {"GB", 1e9},
                           {"TB", 1e12},
                           {"K", kKi},
                           {"KiB", kKi},
                           {"M", kKi* kKi},
                           {"MiB", kKi* kKi},
                           {"G", kKi* kKi* kKi},
                           {"GiB", kKi* kKi* kKi},
                           {"TiB", kKi* kKi* kKi* kKi}};
constexpr Unit kRates[] = {{"", 1},           {"bit", 1.0 / 8},  {"kbit", 1e3 / 8},
                           {"Kbit", 1e3 / 8}, {"Mbit", 1e6 / 8}, {"Gbit", 1e9 / 8},
                           {"KiB", kKi},      {"MiB", kKi* kKi}, {"GiB", kKi* kKi* kKi}};

double parse_with_unit(std::string_view text, std::span<const Unit> units, const char* what,
                       const char* example) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc{} && number >= 0) {
    std::string_view unit(stop, static_cast<std::size_t>(end - stop));
    if (unit.starts_with(' ')) unit.remove_prefix(1);
    if (unit.ends_with("/s")) unit.remove_suffix(2);
    for (const auto& row : units) {
      if (row.name == unit && number * row.factor < kLimit) return number * row.factor;
    }
  }
  throw Error(Errc::usage,
              fmt::format("parse {} '{}': not a number with a unit, or too large", what, text),
              fmt::format("write it like {}", example));
}

}  // namespace

std::chrono::milliseconds parse_duration(std::string_view text) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(parse_with_unit(text, kDurations, "duration", "90s, 10m or 1h")));
}

std::uint64_t parse_size(std::string_view text) {
  return static_cast<std::uint64_t>(parse_with_unit(text, kSizes, "size", "64MiB"));
}

std::uint64_t parse_rate(std::string_view text) {
  return static_cast<std::uint64_t>(parse_with_unit(text, kRates, "rate", "50Mbit or 6MiB"));
}

std::string format_size(std::uint64_t bytes) {
  static constexpr const char* kNames[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / kKi;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kNames)) {
    value /= kKi;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kNames[unit]);
}

std::string format_duration(std::chrono::duration<double> time) {
  const double seconds = time.count();
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

}  // namespace roost
