#include "bench/report/threshold.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "bench/report/names.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(Errc::usage, fmt::format("parse threshold '{}': {}", text, why),
              "write FIGURE OP NUMBER, such as 'ratio_last<1.15' or 'roost:cpu_s_per_gib<=4'");
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

const Figure* figure_named(std::string_view text, std::string_view name) {
  if (const Figure* figure = find_figure(name)) return figure;
  std::string known;
  for (const Figure& figure : figures())
    known += (known.empty() ? "" : " ") + std::string(figure.name);
  refuse(text, fmt::format("no figure '{}'; there are {}", name, known));
}

// Why a setting that has no median of it has none.
std::string why_nothing(const Summary& summary) {
  if (!summary.quoted.empty()) return "was not measured";
  if (summary.short_of_cpu > 0) {
    return fmt::format("can't be quoted: {} runs short of CPU, {} failed", summary.short_of_cpu,
                       summary.failed.size());
  }
  return fmt::format("can't be quoted: {} runs failed", summary.failed.size());
}

}  // namespace

Threshold Threshold::parse(std::string_view text) {
  const auto at = text.find_first_of("<>");
  if (at == std::string_view::npos) refuse(text, "no < or > in it");
  Threshold result;
  result.text = text;
  auto name = trimmed(text.substr(0, at));
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    result.method = trimmed(name.substr(0, colon));
    if (result.method.empty()) refuse(text, "no method before ':'");
    name = trimmed(name.substr(colon + 1));
  }
  result.figure = figure_named(text, name);
  const bool equal_too = text.substr(at + 1).starts_with('=');
  if (text[at] == '<') {
    result.op = equal_too ? Op::at_most : Op::less;
  } else {
    result.op = equal_too ? Op::at_least : Op::more;
  }
  const auto number = trimmed(text.substr(at + (equal_too ? 2 : 1)));
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), result.limit);
  if (error != std::errc() || end != number.data() + number.size() ||
      !std::isfinite(result.limit)) {
    refuse(text, fmt::format("'{}' is no number", number));
  }
  return result;
}

bool Threshold::kept_by(double value) const noexcept {
  switch (op) {
    case Op::less:
      return value < limit;
    case Op::at_most:
      return value <= limit;
    case Op::more:
      return value > limit;
    case Op::at_least:
      break;
  }
  return value >= limit;
}

std::vector<Miss> missed(std::span<const Threshold> thresholds,
                         const std::vector<Summary>& summaries) {
  std::vector<Miss> misses;
  for (const Threshold& threshold : thresholds) {
    bool asked = false;
    for (const Summary& summary : summaries) {
      if (summary.computed) continue;
      if (!threshold.method.empty() && threshold.method != summary.setting.method &&
          threshold.method != label_of(summary.setting)) {
        continue;
      }
      asked = true;
      const auto median = summary.median(threshold.figure->name);
      if (median && threshold.kept_by(*median)) continue;
      misses.push_back({.threshold = threshold.text,
                        .setting = describe(summary.setting),
                        .why = median ? fmt::format("is {:.4g}", *median) : why_nothing(summary)});
    }
    if (!asked)
      misses.push_back(
          {.threshold = threshold.text, .setting = "", .why = "nothing in the results has it"});
  }
  return misses;
}

}  // namespace roost::bench
