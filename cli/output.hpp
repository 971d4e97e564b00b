// What a subcommand says, and where: data on stdout, everything else on stderr.
//
// Without --json, line() and table() write for a person. With --json they are
// silent and stdout is newline-delimited JSON: item() lines, and as the last one
// {"type":"result","status":...,"exit":N}, which finish() writes once, errors too.
// Thread-safe. Throws Error{failed} when stdout can't be written.
#pragma once

#include <atomic>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace roost {
class Error;
}

namespace roost::cli {

enum class ProgressMode { plain, tty, rawjson, quiet };

// "auto" is tty when stderr is a terminal that can, else plain.
ProgressMode progress_mode(std::string_view name);

struct Column {
  std::string title;
  bool right = false;  // numbers
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void row(std::vector<std::string> cells);  // one for each column
  bool empty() const noexcept { return rows_.empty(); }
  std::string str() const;  // aligned by characters, not bytes; no space at a line's end

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

class Output {
 public:
  Output(bool json, ProgressMode progress);

  bool json() const noexcept { return json_; }
  ProgressMode progress() const noexcept { return progress_; }

  void line(std::string_view text);  // stdout, for a person
  void table(const Table& table);
  void note(std::string_view text);  // stderr, for a person; silent when quiet
  void item(std::string_view type, const nlohmann::ordered_json& fields);  // stdout, with --json

  // Fields of the last line; remembered until finish(). A later call replaces an earlier one.
  void result(const nlohmann::ordered_json& fields);

  // With --json the last line. error, if any, is also reported on stderr:
  // "error: what: cause" and "help: ...".
  void finish(int exit, const Error* error);

 private:
  void write_stdout(std::string_view text);

  const bool json_;
  const ProgressMode progress_;
  std::mutex mutex_;
  std::string result_;  // JSON text of an object, or empty
};

// How many columns text takes in a terminal, one for each UTF-8 character.
std::size_t display_width(std::string_view text) noexcept;

}  // namespace roost::cli
