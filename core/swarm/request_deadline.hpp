// By when a link must have sent something of what was asked of it.
//
// A link that is silent for several times as long as a block took lately will hardly send
// the next one soon, and what it was asked for is better asked of others. Any payload
// counts, also part of a block: a slow link that serves steadily doesn't pass, unless a whole
// block takes ten seconds (under TLS payload shows by records of 8 KiB and more, so there one
// below 5 KB/s passes as well). The bounds keep links with lost packets or a starved process
// from being given up, and a dead one from holding blocks longer than two seconds. Pure, one
// object a link, one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/deadline.hpp"

namespace roost::swarm {

class RequestDeadline {
 public:
  static constexpr std::chrono::milliseconds kLeast{1000};
  static constexpr std::chrono::milliseconds kMost{1800};  // looked at five times a second
  static constexpr int kPatience = 8;                      // times a block's own time
  static constexpr std::chrono::seconds kWhole{10};        // a block that came in drops

  void asked(Monotonic now) noexcept;  // something, where nothing was open
  void settled() noexcept { open_ = false; }
  void block(Monotonic now) noexcept;                        // one came
  void heard(std::int64_t payload, Monotonic now) noexcept;  // bytes of it since the start
  void pardon(Monotonic now) noexcept { heard_ = now; }      // the silence was ours

  Monotonic::duration patience() const noexcept;
  bool passed(Monotonic now) const noexcept {
    return open_ && (now - heard_ >= patience() || now - block_ >= kWhole);
  }
  Monotonic last_heard() const noexcept { return heard_; }
  Monotonic last_block() const noexcept { return block_; }  // or when something was asked

 private:
  bool open_ = false;
  Monotonic heard_{};
  Monotonic block_{};
  std::int64_t payload_ = 0;
  Monotonic::duration service_{kMost};  // smoothed time of a block; not known: the longest
};

}  // namespace roost::swarm
