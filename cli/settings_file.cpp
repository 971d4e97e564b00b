#include "cli/settings_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/nearest.hpp"
#include "core/base/error.hpp"

namespace roost::cli {
namespace {

std::string place(const std::filesystem::path& file, const toml::source_position& at) {
  return fmt::format("read settings {}:{}:{}", file.string(), at.line, at.column);
}

toml::table parse_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw_errno("read settings " + file.string());
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) throw Error(Errc::failed, "read settings " + file.string() + ": read error");
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error(Errc::usage,
                fmt::format("{}: {}", place(file, error.source().begin), error.description()),
                "a settings file is TOML: key = \"value\", one a line");
  }
}

// One value as the text that the option's parser reads.
std::string text_of(const toml::node& node, const std::string& where) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "1" : "0";
  throw Error(Errc::usage, where + ": neither a string, a whole number nor a boolean",
              "write times and sizes as strings, such as \"10m\" or \"64MiB\"");
}

}  // namespace

std::map<std::string, Setting> read_settings_file(const std::filesystem::path& file,
                                                  std::span<const std::string> known) {
  std::map<std::string, Setting> result;
  for (const auto& [key, node] : parse_file(file)) {
    const std::string name(key.str());
    Setting setting;
    if (std::ranges::find(known, name) == known.end()) {
      const auto near = nearest(name, known);
      throw Error(Errc::usage,
                  fmt::format("{}: unknown key '{}'", place(file, key.source().begin), name),
                  near ? fmt::format("did you mean '{}'?", *near)
                       : "keys are the options' names, without the dashes");
    }
    setting.where = place(file, node.source().begin);
    if (const auto* list = node.as_array()) {
      setting.is_list = true;
      for (const auto& item : *list) {
        setting.values.push_back(text_of(item, place(file, item.source().begin)));
      }
    } else {
      setting.values.push_back(text_of(node, setting.where));
    }
    result.emplace(name, std::move(setting));
  }
  return result;
}

std::string quote_toml(const std::string& text, bool boolean) {
  if (boolean) {
    const bool off =
        text.empty() || text == "0" || text == "false" || text == "no" || text == "off";
    return off ? "false" : "true";
  }
  return nlohmann::json(text).dump();  // a JSON string is a TOML basic string
}

}  // namespace roost::cli
