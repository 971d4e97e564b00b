// The text of `roost COMMAND --help`, from the declared options.
#include <fmt/format.h>

#include <algorithm>

#include "cli/options.hpp"

namespace roost::cli {
namespace {

constexpr std::size_t kWidestLabel = 28;

std::string label(const Option& option) {
  if (option.positional) return option.name + (option.repeated ? "..." : "");
  std::string result = "--" + option.name;
  if (!option.flag()) result += " " + option.metavar + (option.repeated ? "..." : "");
  return result;
}

std::string remark(const Option& option) {
  std::string result;
  if (option.is_required) result += ", required";
  if (!option.choice_list.empty()) {
    result += fmt::format(", one of {}", fmt::join(option.choice_list, "|"));
  }
  if (!option.fallback_text.empty()) result += ", default " + option.fallback_text;
  if (!option.positional) result += ", " + option.environment();
  return result.empty() ? "" : " (" + result.substr(2) + ")";
}

std::string usage(const Options& options) {
  std::string result = "usage: roost " + options.command();
  for (const auto& option : options.rows()) {
    if (option.is_global || (!option.positional && !option.is_required)) continue;
    const auto text = label(option);
    result += option.is_required ? " " + text : " [" + text + "]";
  }
  return result + " [options]\n";
}

template <class Wanted>
std::string list(const Options& options, const std::string& title, Wanted wanted) {
  std::string result;
  for (const auto& option : options.rows()) {
    if (!wanted(option)) continue;
    const auto left = label(option);
    const auto text = option.help + remark(option);
    result += left.size() > kWidestLabel
                  ? fmt::format("  {}\n  {:{}}  {}\n", left, "", kWidestLabel, text)
                  : fmt::format("  {:{}}  {}\n", left, kWidestLabel, text);
  }
  return result.empty() ? "" : "\n" + title + ":\n" + result;
}

}  // namespace

std::string help_text(const Options& options, std::string_view summary) {
  std::string result =
      fmt::format("roost {}: {}\n\n{}", options.command(), summary, usage(options));
  if (!options.about_text().empty()) result += "\n" + options.about_text() + "\n";
  result += list(options, "arguments", [](const Option& o) { return o.positional; });
  result += list(options, "options",
                 [](const Option& o) { return !o.positional && !o.is_global && !o.for_measuring; });
  result += list(options, "measuring", [](const Option& o) { return o.for_measuring; });
  result += list(options, "everywhere", [](const Option& o) { return o.is_global; });
  result += "\nexamples:\n";
  for (const auto& line : options.examples()) result += "  " + line + "\n";
  return result;
}

}  // namespace roost::cli
