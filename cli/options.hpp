// What a subcommand takes: its arguments and options, declared once.
//
// From one declaration come the command line (--name VALUE), the environment
// (ROOST_NAME), the key in a settings file (name = ...), --help, completions and
// error texts. Order of precedence: fallback < settings file < environment < flag.
// Declarations keep references to their targets, which must outlive parsing.
// CLI11 lives in options.cpp only. Main thread. Throws Error{usage}.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/units.hpp"

namespace roost::cli {

// What parse_size and parse_rate read, so that the type says which one.
struct ByteSize {
  std::uint64_t bytes = 0;
};
struct ByteRate {
  std::uint64_t bytes_a_second = 0;  // 0: no limit
};

// Text of an option to a value. Any type with a static parse(string_view) works too.
inline void parse_into(std::string_view text, std::string& value) {
  value = text;
}
inline void parse_into(std::string_view text, std::filesystem::path& value) {
  if (text.empty()) throw Error(Errc::usage, "parse path: empty");
  value = text;
}
inline void parse_into(std::string_view text, std::chrono::milliseconds& value) {
  value = parse_duration(text);
}
inline void parse_into(std::string_view text, ByteSize& value) {
  value.bytes = parse_size(text);
}
inline void parse_into(std::string_view text, ByteRate& value) {
  value.bytes_a_second = parse_rate(text);
}
void parse_into(std::string_view text, bool& value);  // 1 true yes on, 0 false no off
template <std::integral T>
requires(!std::same_as<T, bool>) void parse_into(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(Errc::usage,
                "parse number '" + std::string(text) + "': not a whole number in range");
  }
}
template <class T>
requires requires(std::string_view text) {
  { T::parse(text) } -> std::same_as<T>;
}
void parse_into(std::string_view text, T& value) {
  value = T::parse(text);
}
template <class T>
void parse_into(std::string_view text, std::optional<T>& value) {
  if constexpr (requires { T::parse(text); }) {
    value = T::parse(text);
  } else {
    parse_into(text, value.emplace());
  }
}

// One declared option or argument.
class Option {
 public:
  using Apply = std::function<void(const std::string&)>;

  Option& required();
  Option& fallback(std::string text);              // parsed like a given value; shown in --help
  Option& choices(std::vector<std::string> list);  // nothing else is accepted
  Option& files();                                 // completions offer file names
  Option& measuring();                             // stands apart in --help: nothing for a fleet

  std::string name;     // without dashes; for an argument its place-holder
  std::string metavar;  // empty: a flag
  std::string help;     // one line, lower case, no full stop
  bool positional = false;
  bool is_required = false;
  bool repeated = false;
  bool is_global = false;
  bool takes_files = false;
  bool for_measuring = false;
  std::string fallback_text;
  std::vector<std::string> choice_list;
  Apply apply;  // once for each value, in order

  bool flag() const noexcept { return metavar.empty(); }
  std::string spelled() const;      // "--name" or "NAME", for messages
  std::string environment() const;  // "ROOST_NAME", empty for an argument

  // Where the value came from and its text, once parsed; for --print-config.
  enum class Origin { none, fallback, file, environment, flag };
  Origin origin = Origin::none;
  std::vector<std::string> given;
};

class Options {
 public:
  explicit Options(std::string command);

  Option& flag(std::string name, bool& target, std::string help);

  template <class T>
  Option& value(std::string name, T& target, std::string metavar, std::string help) {
    auto& option = add(std::move(name), std::move(metavar), std::move(help));
    option.apply = [&target](const std::string& text) { parse_into(text, target); };
    return option;
  }

  template <class T>
  Option& values(std::string name, std::vector<T>& target, std::string metavar, std::string help) {
    auto& option = add(std::move(name), std::move(metavar), std::move(help));
    option.repeated = true;
    option.apply = [&target](const std::string& text) {
      std::optional<T> value;
      parse_into(text, value);
      target.push_back(std::move(*value));
    };
    return option;
  }

  // An argument without a name of its own; in the order of declaration.
  template <class T>
  Option& argument(std::string placeholder, T& target, std::string help) {
    auto& option = value(placeholder, target, placeholder, std::move(help));
    option.positional = true;
    return option;
  }

  // All further arguments, after those that were declared before.
  template <class T>
  Option& arguments(std::string placeholder, std::vector<T>& target, std::string help) {
    auto& option = values(placeholder, target, placeholder, std::move(help));
    option.positional = true;
    return option;
  }

  // A line that works as it stands in a directory with ./build-output (a tree), key.pem and
  // key.pem.pub, results.json (of a benchmark), and a tracker on http://127.0.0.1:7070 that knows
  // web@1.0.0 and web/prod; tests/cli runs each one.
  Options& example(std::string line);

  Options& about(std::string text);       // a paragraph or more for --help
  Options& settings_file();               // adds --config FILE and --print-config
  Options& log_level(std::string level);  // what --log-level is when nobody says

  const std::string& command() const noexcept { return command_; }
  const std::deque<Option>& rows() const noexcept { return rows_; }
  const std::vector<std::string>& examples() const noexcept { return examples_; }
  const std::string& default_log_level() const noexcept { return log_level_; }
  const std::string& about_text() const noexcept { return about_; }

  Option& add(std::string name, std::string metavar, std::string help);
  Option* find(std::string_view name);

  // Reads arguments, environment and settings file and applies them. With --help among the
  // arguments nothing is applied or checked.
  void parse(const std::vector<std::string>& arguments);

  bool help_wanted() const noexcept { return help_wanted_; }
  bool print_wanted() const noexcept { return print_wanted_; }
  std::string printed_settings() const;  // every value with its origin, as a settings file

 private:
  void read_arguments(const std::vector<std::string>& arguments);
  void take_arguments(const std::vector<std::string>& left);
  [[noreturn]] void refuse(const std::string& word, bool option_like) const;
  void read_environment();
  void read_settings();
  void apply_all();
  void apply(Option& option) const;

  std::string command_;
  std::deque<Option> rows_;  // a deque: handed-out references stay valid
  std::vector<std::string> examples_;
  std::string about_;
  std::string log_level_ = "warn";
  bool help_wanted_ = false;
  bool has_settings_ = false;
  bool print_wanted_ = false;
};

// Help for a subcommand, ending in its examples.
std::string help_text(const Options& options, std::string_view summary);

}  // namespace roost::cli
