#include "core/store/history.hpp"

#include <fcntl.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/store/files.hpp"
#include "core/store/layout.hpp"

namespace roost::store {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxBytes = 256 * 1024;
constexpr std::size_t kKept = 200;

// The end of the file, from the beginning of a line on.
std::string tail(Fs& fs, int fd) {
  const auto size = static_cast<std::uint64_t>(fs.stat(fd).st_size);
  const auto from = size > kMaxBytes ? size - kMaxBytes : 0;
  std::string text(static_cast<std::size_t>(size - from), '\0');
  text.resize(fs.read(fd, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}, from));
  if (from > 0) text.erase(0, text.find('\n') + 1);
  return text;
}

// Nothing for a line that a crash tore.
bool parse(std::string_view line, Event& event) {
  const auto object = json::parse(line, nullptr, false);
  if (!object.is_object()) return false;
  try {
    event.time = object.at("time");
    event.transaction = object.at("transaction");
    event.phase = object.at("phase");
    event.from = object.at("from");
    event.to = object.at("to");
    event.reason = object.value("reason", "");
    event.exit = object.value("exit", 0);
    return true;
  } catch (const json::exception&) {
    return false;
  }
}

std::vector<Event> newest(std::string_view text, std::size_t limit) {
  std::vector<Event> events;
  while (!text.empty() && events.size() < limit) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    const auto begin = text.rfind('\n') + 1;  // npos + 1: the first line
    Event event;
    if (parse(text.substr(begin), event)) events.push_back(std::move(event));
    text = text.substr(0, begin);
  }
  std::ranges::reverse(events);
  return events;
}

std::string to_line(const Event& event) {
  json line{{"time", event.time},
            {"transaction", event.transaction},
            {"phase", event.phase},
            {"from", event.from},
            {"to", event.to}};
  if (!event.reason.empty()) line["reason"] = event.reason;
  if (event.exit != 0) line["exit"] = event.exit;
  return line.dump() + "\n";
}

}  // namespace

void append(const App& app, const Event& event) {
  auto& fs = app.fs();
  const auto fd = fs.open(app.dir(), layout::kHistory, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
  const auto end = static_cast<std::uint64_t>(fs.stat(fd.get()).st_size);
  if (end >= kMaxBytes) {
    std::string text;
    for (const auto& kept : newest(tail(fs, fd.get()), kKept - 1)) text += to_line(kept);
    text += to_line(event);
    return replace_file(fs, app.dir(), layout::kHistory, as_bytes(text), Durable::no);
  }
  std::uint8_t last = '\n';
  if (end > 0) fs.read(fd.get(), {&last, 1}, end - 1);
  const bool torn = last != '\n';
  fs.write(fd.get(), as_bytes((torn ? "\n" : "") + to_line(event)), end);
}

std::vector<Event> read_history(const App& app, std::size_t limit) {
  if (!app.fs().stat_at(app.dir(), layout::kHistory)) return {};
  const auto fd = app.fs().open(app.dir(), layout::kHistory, O_RDONLY | O_NOFOLLOW);
  return newest(tail(app.fs(), fd.get()), limit);
}

}  // namespace roost::store
