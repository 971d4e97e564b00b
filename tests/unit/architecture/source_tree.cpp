#include "tests/unit/architecture/source_tree.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace fs = std::filesystem;

namespace roost::test {
namespace {

using Folders = std::set<std::string>;

constexpr std::size_t kLongest = 500;
constexpr std::array kTop{"core", "tracker", "seeder", "peer", "cli", "bench", "tests"};

// DESIGN's arrows: base <- crypto <- release <- store; base <- swarm; crypto <- net;
// release <- proto. A folder may always use itself.
const std::map<std::string, Folders>& allowed() {
  static const Folders core{"core/base",  "core/crypto", "core/release", "core/store",
                            "core/swarm", "core/net",    "core/proto"};
  static const std::map<std::string, Folders> table{
      {"core/base", {}},
      {"core/crypto", {"core/base"}},
      {"core/release", {"core/base", "core/crypto"}},
      {"core/store", {"core/base", "core/crypto", "core/release"}},
      {"core/swarm", {"core/base"}},
      {"core/net", {"core/base", "core/crypto"}},
      {"core/proto", {"core/base", "core/crypto", "core/release"}},
      {"tracker", core},
      {"seeder", core},
      {"peer", core},
  };
  return table;  // cli, bench and tests are in no row: they use all
}

bool ours(std::string_view path) {
  return std::ranges::any_of(
      kTop, [&](std::string_view top) { return path.starts_with(std::string(top) + "/"); });
}

std::string folder_of(std::string_view path) {
  const auto first = path.find('/');
  if (!path.starts_with("core/")) return std::string(path.substr(0, first));
  return std::string(path.substr(0, path.find('/', first + 1)));
}

// Tests inside tests/ don't count as "another folder": they may know a library's private parts.
bool heavy(std::string_view path) {
  constexpr std::array kHeavy{"libtorrent/", "boost/",  "openssl/",          "sqlite3",
                              "CLI/",        "spdlog/", "nlohmann/json.hpp", "toml++/",
                              "prometheus/", "zstd.h"};
  if (path == "libtorrent/fwd.hpp") return false;  // declarations only: 0.06 s
  return std::ranges::any_of(kHeavy,
                             [&](std::string_view start) { return path.starts_with(start); });
}

std::string at(const Source& source, std::size_t line, const std::string& text) {
  return source.path + ":" + std::to_string(line) + ": " + text;
}

// Follows includes of ours, and gives the first heavy one reached with the way to it.
std::string heavy_way(const std::map<std::string, const Source*>& files, const Source& source,
                      std::set<std::string>& seen) {
  for (const auto& include : source.includes) {
    if (heavy(include.path)) return source.path + " -> " + include.path;
    const auto next = files.find(include.path);
    if (next == files.end() || !seen.insert(include.path).second) continue;
    const auto way = heavy_way(files, *next->second, seen);
    if (!way.empty()) return source.path + " -> " + way;
  }
  return {};
}

std::map<std::string, const Source*> by_path(const std::vector<Source>& tree) {
  std::map<std::string, const Source*> result;
  for (const auto& source : tree) result.emplace(source.path, &source);
  return result;
}

std::string without_comment(const std::string& line) {
  return line.substr(0, line.find("//"));
}

}  // namespace

std::string Source::folder() const {
  return folder_of(path);
}

Source parse_source(std::string path, std::string_view text) {
  Source source{std::move(path), {}, {}};
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    source.lines.push_back(line);
    if (!line.starts_with("#include ")) continue;
    const char open = line.size() > 9 ? line[9] : '\0';
    const auto end = line.find(open == '<' ? '>' : '"', 10);
    if ((open != '<' && open != '"') || end == std::string::npos) continue;
    source.includes.push_back({source.lines.size(), line.substr(10, end - 10), open == '"'});
  }
  return source;
}

std::vector<Source> read_tree(const fs::path& root) {
  std::vector<Source> tree;
  for (const char* top : kTop) {
    if (!fs::is_directory(root / top)) continue;
    for (const auto& item : fs::recursive_directory_iterator(root / top)) {
      const auto extension = item.path().extension();
      if (extension != ".hpp" && extension != ".cpp") continue;
      std::ifstream in(item.path());
      if (!in) throw std::runtime_error("can't read " + item.path().string());
      const std::string text(std::istreambuf_iterator<char>(in), {});
      tree.push_back(parse_source(item.path().lexically_relative(root).string(), text));
    }
  }
  std::ranges::sort(tree, {}, &Source::path);
  return tree;
}

std::vector<std::string> wrong_arrows(const std::vector<Source>& tree) {
  std::vector<std::string> result;
  for (const auto& source : tree) {
    const auto rule = allowed().find(source.folder());
    for (const auto& include : source.includes) {
      if (!include.quoted || !ours(include.path)) continue;
      const auto target = folder_of(include.path);
      if (target == source.folder()) continue;
      const bool test = source.folder() == "tests";
      const bool wrong = (rule != allowed().end() && !rule->second.contains(target)) ||
                         (!test && (target == "tests" || target == "cli")) ||
                         (!test && target == "bench" && source.folder() != "cli");
      if (wrong) {
        result.push_back(at(source, include.line, source.folder() + " must not use " + target));
      }
    }
  }
  return result;
}

std::vector<std::string> heavy_headers(const std::vector<Source>& tree) {
  const auto files = by_path(tree);
  std::set<std::string> reported;
  std::vector<std::string> result;
  for (const auto& source : tree) {
    if (source.folder() == "tests") continue;  // may look inside
    for (const auto& include : source.includes) {
      const auto target = files.find(include.path);
      if (target == files.end() || folder_of(include.path) == source.folder()) continue;
      std::set<std::string> seen;
      const auto way = heavy_way(files, *target->second, seen);
      if (!way.empty() && reported.insert(include.path).second) {
        result.push_back(at(source, include.line, way));
      }
    }
  }
  return result;
}

std::vector<std::string> long_files(const std::vector<Source>& tree) {
  std::vector<std::string> result;
  for (const auto& source : tree) {
    if (source.lines.size() > kLongest) {
      result.push_back(at(source, source.lines.size(), "longer than 500 lines"));
    }
  }
  return result;
}

std::vector<std::string> coroutines(const std::vector<Source>& tree) {
  constexpr std::array kWords{"co_await", "co_return", "co_yield"};
  std::vector<std::string> result;
  for (const auto& source : tree) {
    if (source.folder() == "core/net" || source.path.starts_with("tests/unit/architecture/")) {
      continue;
    }
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const auto code = without_comment(source.lines[i]);
      for (const char* word : kWords) {
        if (code.find(word) != std::string::npos) {
          result.push_back(at(source, i + 1, std::string(word) + " outside core/net"));
        }
      }
    }
  }
  return result;
}

std::vector<std::string> headers_without_contract(const std::vector<Source>& tree) {
  std::vector<std::string> result;
  for (const auto& source : tree) {
    if (!source.header()) continue;
    std::size_t comment = 0;
    while (comment < source.lines.size() && source.lines[comment].starts_with("//")) ++comment;
    const bool guarded = comment < source.lines.size() && source.lines[comment] == "#pragma once";
    if (comment == 0 || !guarded) {
      result.push_back(at(source, 1, "no contract comment followed by #pragma once"));
    }
  }
  return result;
}

std::vector<std::string> unresolved_includes(const std::vector<Source>& tree) {
  const auto files = by_path(tree);
  std::vector<std::string> result;
  for (const auto& source : tree) {
    for (const auto& include : source.includes) {
      if (include.quoted && !files.contains(include.path)) {
        result.push_back(
            at(source, include.line, "\"" + include.path + "\" is not written from the root"));
      }
    }
  }
  return result;
}

}  // namespace roost::test
