#include "cli/progress_view.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/units.hpp"

namespace roost::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPlainPause{1000};
constexpr milliseconds kJsonPause{200};
constexpr milliseconds kPaintPause{100};
constexpr std::size_t kBar = 24;
constexpr std::size_t kUsualWidth = 100;

void put(const std::string& text) noexcept {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

struct Terminal {
  std::size_t width = kUsualWidth;
  std::size_t height = 24;
};

Terminal terminal() noexcept {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, std::max<std::size_t>(size.ws_row, 4)};
}

// Cuts at a character's edge.
std::string clip(const std::string& text, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts && columns++ == width) return text.substr(0, i);
  }
  return text;
}

std::string as_json(const ProgressRow& row) {
  const nlohmann::ordered_json object{
      {"type", "progress"}, {"label", row.label}, {"phase", row.phase}, {"done", row.done},
      {"total", row.total}, {"rate", row.rate},   {"note", row.note}};
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string progress_line(const ProgressRow& row, std::size_t label_width, std::size_t width) {
  const std::size_t missing = label_width - std::min(label_width, display_width(row.label));
  std::string line = row.label + std::string(missing, ' ');
  if (row.total > 0) {
    const auto done = std::min(row.done, row.total);
    const double part = static_cast<double>(done) / static_cast<double>(row.total);
    const auto filled = static_cast<std::size_t>(part * kBar);
    line += fmt::format("  [{}{}] {:3}%", std::string(filled, '#'), std::string(kBar - filled, ' '),
                        static_cast<int>(part * 100));
    line += fmt::format("  {} of {}", format_size(done), format_size(row.total));
  } else if (row.done > 0) {
    line += "  " + format_size(row.done);
  }
  if (row.rate > 0) line += "  " + format_size(row.rate) + "/s";
  if (!row.phase.empty()) line += "  " + row.phase;
  if (!row.note.empty()) line += "  " + row.note;
  return clip(line, width);
}

ProgressView::ProgressView(ProgressMode mode, std::size_t rows) : mode_(mode), states_(rows) {}

ProgressView::~ProgressView() {
  finish();
}

void ProgressView::update(std::size_t index, ProgressRow row, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (finished_ || mode_ == ProgressMode::quiet || index >= states_.size()) return;
  State& state = states_[index];
  state.row = std::move(row);
  if (mode_ == ProgressMode::tty) {
    if (now - painted_at_ < kPaintPause) return;
    painted_at_ = now;
    repaint();
    return;
  }
  const auto pause = mode_ == ProgressMode::plain ? kPlainPause : kJsonPause;
  const bool due = !state.ever || now - state.shown_at >= pause;
  const bool turned = state.row.phase != state.shown.phase;
  if ((due || turned) && (!state.ever || state.row != state.shown)) show_row(state, now);
}

void ProgressView::show_row(State& state, Clock::time_point now) {
  state.ever = true;
  state.shown = state.row;
  state.shown_at = now;
  if (mode_ == ProgressMode::rawjson) {
    put(as_json(state.row));
  } else {
    put(progress_line(state.row, 0, std::string::npos) + "\n");
  }
}

void ProgressView::erase() {
  if (painted_ > 0) put(fmt::format("\x1b[{}A\x1b[J", painted_));
  painted_ = 0;
}

void ProgressView::repaint() {
  const auto screen = terminal();
  std::size_t label_width = 0;
  for (const auto& state : states_) {
    label_width = std::max(label_width, display_width(state.row.label));
  }
  std::string block = painted_ > 0 ? fmt::format("\x1b[{}A", painted_) : "";
  painted_ = 0;
  std::size_t left_out = 0;
  for (const auto& state : states_) {
    if (state.row.label.empty()) continue;
    // A block taller than the terminal can't be repainted: its top scrolls away.
    if (painted_ + 2 >= screen.height) {
      ++left_out;
      continue;
    }
    block += progress_line(state.row, label_width, screen.width - 1) + "\x1b[K\n";
    ++painted_;
  }
  if (left_out > 0) {
    block += fmt::format("and {} more\x1b[K\n", left_out);
    ++painted_;
  }
  put(block + "\x1b[J");
}

void ProgressView::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (mode_ == ProgressMode::quiet) return;
  if (mode_ == ProgressMode::rawjson) {
    const nlohmann::ordered_json object{{"type", "note"}, {"text", text}};
    put(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    return;
  }
  const bool block = painted_ > 0;
  erase();
  put(std::string(text) + "\n");
  if (block) repaint();
}

void ProgressView::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  if (mode_ == ProgressMode::tty) {
    repaint();
  } else if (mode_ != ProgressMode::quiet) {
    for (auto& state : states_) {
      if (state.row != state.shown) show_row(state, state.shown_at);
    }
  }
}

}  // namespace roost::cli
