#include "bench/report/names.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/base/units.hpp"

namespace roost::bench {
namespace {

std::string size_text(std::uint64_t bytes) {
  auto text = format_size(bytes);
  if (const auto at = text.find(".0 "); at != std::string::npos) text.erase(at, 2);
  return text;
}

}  // namespace

std::string label_of(const Setting& setting) {
  return setting.variant.empty() ? setting.method : setting.method + " (" + setting.variant + ")";
}

std::string conditions_of(const Setting& setting) {
  std::string text = fmt::format("{}, {} {}", setting.scenario, size_text(setting.size),
                                 setting.shape == Shape::blob ? "blob" : "tree");
  if (!setting.disk.empty()) text += ", " + setting.disk;
  if (setting.rtt_s > 0) text += fmt::format(", {:g} ms round trip", setting.rtt_s * 1000);
  return text;
}

std::string describe(const Setting& setting) {
  std::string text = fmt::format("{}, {}, {} nodes, {}", label_of(setting), conditions_of(setting),
                                 setting.nodes, bit_rate(static_cast<double>(setting.rate)));
  if (setting.seed_rate != setting.rate) {
    text += fmt::format(", seeder {}", bit_rate(static_cast<double>(setting.seed_rate)));
  }
  if (!setting.tls) text += ", no TLS";
  return text + fmt::format(", seed {}", setting.seed);
}

std::string bit_rate(double bits_a_second) {
  if (bits_a_second >= 1e9) return fmt::format("{:.4g} Gbit/s", bits_a_second / 1e9);
  if (bits_a_second >= 1e6) return fmt::format("{:.4g} Mbit/s", bits_a_second / 1e6);
  return fmt::format("{:.4g} kbit/s", bits_a_second / 1e3);
}

std::string value_text(const Figure& figure, double value) {
  if (figure.unit == "share") return fmt::format("{:.1f} %", value * 100);
  if (figure.unit == "s" && std::abs(value) >= 100) return fmt::format("{:.1f}", value);
  return fmt::format("{:.{}f}", value, figure.unit == "x" && value < 10 ? 3 : 2);
}

std::string spread_text(const Figure& figure, const Spread& spread) {
  const auto median = value_text(figure, spread.median);
  const auto min = value_text(figure, spread.min);
  const auto max = value_text(figure, spread.max);
  return min == max ? median : fmt::format("{} ({}-{})", median, min, max);
}

std::string unit_text(const Figure& figure) {
  const bool own = figure.unit == "share" || figure.unit == "x";  // its value or title says it
  return own ? std::string() : std::string(figure.unit);
}

std::string runs_text(const Summary& summary) {
  if (summary.computed) return "computed";
  const auto total = summary.quoted.size() + summary.short_of_cpu + summary.failed.size();
  if (summary.quoted.size() == total) return std::to_string(total);
  return fmt::format("{} of {}", summary.quoted.size(), total);
}

}  // namespace roost::bench
