// Progress of one or many things (a publish, the nodes of the demo), on stderr.
//
// Mode plain: at most one line a second for each row that changed, and one at
// once when its phase changes. tty: a block that is repainted ten times a second
// at most. rawjson: {"type":"progress",...} objects, one a row and change, five
// a second at most. quiet: nothing. update() may be called from any thread and
// never throws for a stderr that is gone.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.hpp"

namespace roost::cli {

struct ProgressRow {
  std::string label;        // "node-3", "publish"
  std::string phase;        // "fetching", "staged"
  std::uint64_t done = 0;   // bytes
  std::uint64_t total = 0;  // 0: not known, no bar
  std::uint64_t rate = 0;   // bytes a second; 0: not shown
  std::string note;         // "3 peers", "waiting for the tracker"

  bool operator==(const ProgressRow&) const = default;
};

class ProgressView {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProgressView(ProgressMode mode, std::size_t rows = 1);
  ~ProgressView();  // finish()

  void update(std::size_t index, ProgressRow row, Clock::time_point now = Clock::now());
  void message(std::string_view text);  // a line above the block
  void finish();                        // paints the last state; later updates are ignored

 private:
  struct State {
    ProgressRow row;
    ProgressRow shown;
    Clock::time_point shown_at{};
    bool ever = false;
  };

  void show_row(State& state, Clock::time_point now);
  void repaint();
  void erase();

  const ProgressMode mode_;
  std::mutex mutex_;
  std::vector<State> states_;
  std::size_t painted_ = 0;  // lines of the block on the terminal
  Clock::time_point painted_at_{};
  bool finished_ = false;
};

// "node-3  [#####     ]  51%  12.1 MiB of 23.9 MiB  98 MiB/s  fetching  3 peers", at most
// width columns.
std::string progress_line(const ProgressRow& row, std::size_t label_width, std::size_t width);

}  // namespace roost::cli
