#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <map>

#include "cli/nearest.hpp"
#include "cli/settings_file.hpp"

namespace roost::cli {
namespace {

// A list in one environment variable is separated by commas.
std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> result;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    if (end > begin) result.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return result;
}

std::string_view origin_name(Option::Origin origin) {
  constexpr std::array<std::string_view, 5> kNames{"not set", "built in", "settings file",
                                                   "environment", "command line"};
  return kNames.at(static_cast<std::size_t>(origin));
}

}  // namespace

void parse_into(std::string_view text, bool& value) {
  for (const std::string_view yes : {"1", "true", "yes", "on"}) {
    if (text == yes) {
      value = true;
      return;
    }
  }
  for (const std::string_view no : {"", "0", "false", "no", "off"}) {
    if (text == no) {
      value = false;
      return;
    }
  }
  throw Error(Errc::usage, fmt::format("parse switch '{}': neither 1 nor 0", text));
}

Option& Option::required() {
  is_required = true;
  return *this;
}

Option& Option::fallback(std::string text) {
  fallback_text = std::move(text);
  return *this;
}

Option& Option::measuring() {
  for_measuring = true;
  return *this;
}

Option& Option::choices(std::vector<std::string> list) {
  choice_list = std::move(list);
  return *this;
}

Option& Option::files() {
  takes_files = true;
  return *this;
}

std::string Option::spelled() const {
  return positional ? name : "--" + name;
}

std::string Option::environment() const {
  if (positional) return {};
  std::string result = "ROOST_";
  for (const char c : name) {
    result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return result;
}

Options::Options(std::string command) : command_(std::move(command)) {}

Option& Options::add(std::string name, std::string metavar, std::string help) {
  auto& option = rows_.emplace_back();
  option.name = std::move(name);
  option.metavar = std::move(metavar);
  option.help = std::move(help);
  return option;
}

Option& Options::flag(std::string name, bool& target, std::string help) {
  auto& option = add(std::move(name), "", std::move(help));
  option.apply = [&target](const std::string& text) { parse_into(text, target); };
  return option;
}

Options& Options::example(std::string line) {
  examples_.push_back(std::move(line));
  return *this;
}

Options& Options::about(std::string text) {
  about_ = std::move(text);
  return *this;
}

Options& Options::settings_file() {
  has_settings_ = true;
  auto& file = add("config", "FILE", "settings in TOML, one key for each option").files();
  file.apply = [](const std::string&) {};
  flag("print-config", print_wanted_, "print every setting with its origin, and end");
  return *this;
}

Options& Options::log_level(std::string level) {
  log_level_ = std::move(level);
  return *this;
}

Option* Options::find(std::string_view name) {
  const auto found = std::ranges::find(rows_, name, &Option::name);
  return found == rows_.end() ? nullptr : &*found;
}

void Options::parse(const std::vector<std::string>& arguments) {
  read_arguments(arguments);
  if (help_wanted_) return;
  read_environment();
  if (has_settings_) read_settings();
  apply_all();
}

void Options::read_arguments(const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();
  app.add_flag("-h,--help", help_wanted_);
  std::map<const Option*, std::vector<std::string>> values;
  std::map<const Option*, CLI::Option*> flags;
  for (const auto& option : rows_) {
    if (option.positional) continue;
    auto& target = values[&option];
    if (option.flag()) {
      flags[&option] = app.add_flag("--" + option.name);
    } else {
      app.add_option("--" + option.name, target)->allow_extra_args(false);
    }
  }
  try {
    auto reversed = arguments;
    std::ranges::reverse(reversed);
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    throw Error(Errc::usage, fmt::format("read the command line: {}", error.what()),
                fmt::format("see roost {} --help", command_));
  }
  if (help_wanted_) return;
  take_arguments(app.remaining());
  for (auto& option : rows_) {
    if (option.positional) continue;
    if (const auto flag = flags.find(&option); flag != flags.end()) {
      if (flag->second->count() == 0) continue;
      option.given = {flag->second->results().back()};
    } else if (option.given = std::move(values[&option]); option.given.empty()) {
      continue;
    }
    option.origin = Option::Origin::flag;
  }
}

// What CLI11 left: arguments in their order, and options that nobody declared.
void Options::take_arguments(const std::vector<std::string>& left) {
  auto next = std::ranges::find(rows_, true, &Option::positional);
  bool only_arguments = false;  // after "--"
  for (const auto& word : left) {
    if (!only_arguments && word == "--") {
      only_arguments = true;
      continue;
    }
    const bool option_like = !only_arguments && word.size() > 1 && word.starts_with('-');
    if (option_like || next == rows_.end()) refuse(word, option_like);
    next->given.push_back(word);
    next->origin = Option::Origin::flag;
    if (next->repeated) continue;
    next = std::ranges::find(std::next(next), rows_.end(), true, &Option::positional);
  }
}

void Options::refuse(const std::string& word, bool option_like) const {
  const auto help = fmt::format("see roost {} --help", command_);
  if (!option_like) {
    throw Error(Errc::usage, fmt::format("read the command line: unexpected '{}'", word), help);
  }
  std::vector<std::string> known;
  for (const auto& option : rows_) {
    if (!option.positional) known.push_back(option.spelled());
  }
  const auto near = nearest(word.substr(0, word.find('=')), known);
  throw Error(Errc::usage, fmt::format("read the command line: unknown option '{}'", word),
              near ? fmt::format("did you mean {}? see roost {} --help", *near, command_) : help);
}

void Options::read_environment() {
  for (auto& option : rows_) {
    if (option.origin != Option::Origin::none || option.positional) continue;
    const char* text = std::getenv(option.environment().c_str());
    if (text == nullptr || (*text == '\0' && !option.flag())) continue;
    option.given = option.repeated ? split_list(text) : std::vector<std::string>{text};
    option.origin = Option::Origin::environment;
  }
}

void Options::read_settings() {
  const Option* file = find("config");
  if (file == nullptr || file->given.empty()) return;
  std::vector<std::string> known;
  for (const auto& option : rows_) {
    if (!option.positional && option.name != "config" && option.name != "print-config") {
      known.push_back(option.name);
    }
  }
  for (auto& [key, setting] : read_settings_file(file->given.back(), known)) {
    Option& option = *find(key);
    if (setting.is_list && !option.repeated) {
      throw Error(Errc::usage, setting.where + ": '" + key + "' takes one value, not a list");
    }
    if (option.origin != Option::Origin::none) continue;
    option.given = std::move(setting.values);
    option.origin = Option::Origin::file;
    try {
      // A bad value is reported at its place in the file.
      apply(option);
    } catch (const Error& error) {
      throw Error(error.code(), setting.where + ": " + error.what(), error.help());
    }
  }
}

void Options::apply_all() {
  for (auto& option : rows_) {
    if (option.origin == Option::Origin::file) continue;
    if (option.origin == Option::Origin::none && !option.fallback_text.empty()) {
      option.given = {option.fallback_text};
      option.origin = Option::Origin::fallback;
    }
    if (option.origin != Option::Origin::none) {
      apply(option);
    } else if (option.is_required && !print_wanted_) {
      const auto value = option.positional ? "" : " " + option.metavar;
      auto help = fmt::format("give {}{}", option.spelled(), value);
      if (!option.positional) help += " or set " + option.environment();
      throw Error(Errc::usage,
                  fmt::format("run roost {}: {} is missing", command_, option.spelled()),
                  fmt::format("{}; see roost {} --help", help, command_));
    }
  }
}

void Options::apply(Option& option) const {
  for (const auto& text : option.given) {
    const auto& list = option.choice_list;
    if (!list.empty() && std::ranges::find(list, text) == list.end()) {
      throw Error(Errc::usage,
                  fmt::format("read {}: '{}' is none of its values", option.spelled(), text),
                  fmt::format("use one of: {}", fmt::join(list, ", ")));
    }
    try {
      option.apply(text);
    } catch (const Error& error) {
      const auto& what =
          option.origin == Option::Origin::environment ? option.environment() : option.spelled();
      // What a person typed is wrong usage, whatever code the parser has for untrusted bytes.
      const auto code = error.code() == Errc::integrity ? Errc::usage : error.code();
      throw Error(code, fmt::format("read {}: {}", what, error.what()), error.help());
    }
  }
}

std::string Options::printed_settings() const {
  std::string result;
  for (const auto& option : rows_) {
    if (option.positional || option.name == "config" || option.name == "print-config") continue;
    const auto quoted = [&](const std::string& text) { return quote_toml(text, option.flag()); };
    std::string value;
    if (option.origin == Option::Origin::none) {
      result += fmt::format("# {} = {}\n", option.name, option.flag() ? "false" : "\"\"");
      continue;
    }
    for (const auto& text : option.given) value += (value.empty() ? "" : ", ") + quoted(text);
    if (option.repeated) value.insert(0, 1, '[').push_back(']');
    result += fmt::format("{} = {}  # {}\n", option.name, value, origin_name(option.origin));
  }
  return result;
}

}  // namespace roost::cli
