// A settings file in TOML: one top-level key for each option, nothing nested.
//
// Values are strings, whole numbers, booleans, or lists of them. An unknown key
// or another kind of value is an error that names file, line and column. Keys
// are spelled as the options are, without the dashes. toml++ lives in the .cpp.
// Throws Error{usage}, or not_found for a file that is not there.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace roost::cli {

struct Setting {
  std::vector<std::string> values;
  bool is_list = false;
  std::string where;  // "read settings FILE:LINE:COLUMN"
};

std::map<std::string, Setting> read_settings_file(const std::filesystem::path& file,
                                                  std::span<const std::string> known);

// A value as TOML writes it; raw leaves booleans without quotes.
std::string quote_toml(const std::string& text, bool boolean);

}  // namespace roost::cli
