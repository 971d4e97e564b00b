#include "cli/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

namespace roost::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);  // file names may be any bytes
}

// Names and errors come from other machines and files: none may steer the terminal.
std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }, '?');
  return text;
}

void write_stderr(const std::string& text) noexcept {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

bool can_colour_stderr() {
  return ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

// What a reader can do when the thrower had no better advice.
std::string_view general_help(Errc code) {
  switch (code) {
    case Errc::usage:
      return "see roost COMMAND --help";
    case Errc::not_found:
      return "look for the name with roost releases, roost status or ls";
    case Errc::not_authorised:
      return "use the key that owns this name, or ask its owner";
    case Errc::conflict:
      return "something else is there already; choose another name or remove it first";
    case Errc::integrity:
      return "the bytes are not what was signed or announced; fetch them again from a trusted "
             "source";
    case Errc::deadline:
      return "give more time with --timeout, or see roost status why it is slow";
    case Errc::partial:
      return "what was done stays done; run the command again for the rest";
    case Errc::interrupted:
      return "nothing is half done; run the command again to continue";
    case Errc::no_space:
      return "free some space (roost gc --root DIR) and run the command again";
    case Errc::unavailable:
      return "check that the address is right and the other side runs, then try again";
    case Errc::failed:
    case Errc::threshold:
      return "run it again with --log-level debug to see more";
  }
  return "";
}

}  // namespace

ProgressMode progress_mode(std::string_view name) {
  if (name == "plain") return ProgressMode::plain;
  if (name == "tty") return ProgressMode::tty;
  if (name == "rawjson") return ProgressMode::rawjson;
  if (name == "quiet") return ProgressMode::quiet;
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(STDERR_FILENO) == 1 && !dumb ? ProgressMode::tty : ProgressMode::plain;
}

std::size_t display_width(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::str() const {
  std::vector<std::string> titles;
  for (const auto& column : columns_) titles.push_back(column.title);
  std::vector<std::size_t> widths(columns_.size(), 0);
  const auto measure = [&](const std::vector<std::string>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(cells[i]));
    }
  };
  measure(titles);
  for (const auto& cells : rows_) measure(cells);
  std::string result;
  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string space(widths[i] - display_width(cells[i]), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].right ? space + cells[i] : cells[i] + space;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    result += line + '\n';
  };
  print(titles);
  for (const auto& cells : rows_) print(cells);
  return result;
}

Output::Output(bool json, ProgressMode progress) : json_(json), progress_(progress) {}

void Output::write_stdout(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    throw_errno("write to stdout");
  }
}

void Output::line(std::string_view text) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  write_stdout(printable(std::string(text)) + "\n");
}

void Output::table(const Table& table) {
  if (json_) return;
  const std::lock_guard lock(mutex_);
  write_stdout(printable(table.str()));
}

void Output::note(std::string_view text) {
  if (progress_ == ProgressMode::quiet) return;
  const std::lock_guard lock(mutex_);
  if (progress_ == ProgressMode::rawjson) {
    write_stderr(dump({{"type", "note"}, {"text", text}}) + "\n");
  } else {
    write_stderr(printable(std::string(text)) + "\n");
  }
}

void Output::item(std::string_view type, const Json& fields) {
  if (!json_) return;
  Json object{{"type", type}};
  object.update(fields);
  const std::lock_guard lock(mutex_);
  write_stdout(dump(object) + "\n");
}

void Output::result(const Json& fields) {
  const std::lock_guard lock(mutex_);
  result_ = dump(fields);
}

void Output::finish(int exit, const Error* error) {
  const std::lock_guard lock(mutex_);
  std::string help;
  if (error != nullptr) {
    help = error->help().empty() ? std::string(general_help(error->code())) : error->help();
    const bool colour = can_colour_stderr();
    write_stderr(fmt::format("{}error:{} {}\n{}help:{} {}\n", colour ? "\x1b[1;31m" : "",
                             colour ? "\x1b[0m" : "", printable(error->what()),
                             colour ? "\x1b[1m" : "", colour ? "\x1b[0m" : "", printable(help)));
  }
  if (!json_) return;
  Json object{{"type", "result"}, {"status", exit == 0 ? "ok" : "error"}};
  if (error != nullptr) {
    object["error"] = {
        {"code", errc_info(error->code()).name}, {"message", error->what()}, {"help", help}};
  }
  if (!result_.empty()) object.update(Json::parse(result_));
  object["exit"] = exit;
  write_stdout(dump(object) + "\n");
}

}  // namespace roost::cli
