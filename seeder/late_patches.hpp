// When a seeder gives up on a release's patches, and when it tries again.
//
// Nobody needs patches, and who handed the release over may have none: they depend on
// the base, which may be gone, and on the compressor. So a try ends once nothing came
// for a while, and the next one comes after a pause that grows, since somebody who has
// them may come. A value; time and randomness are arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/base/backoff.hpp"

namespace roost::seeder {

class LatePatches {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Settings {
    std::chrono::milliseconds patience = std::chrono::seconds(3);  // without a byte of them
    std::chrono::milliseconds first_pause = std::chrono::minutes(1);
    std::chrono::milliseconds most_pause = std::chrono::hours(1);
  };

  explicit LatePatches(const Settings& settings)
      : patience_(settings.patience), pause_(settings.first_pause, settings.most_pause) {}

  // The first try is due at once.
  bool due(Time now) const noexcept { return now >= due_; }

  // Of a try under way that has got so many bytes: whether it is still worth it.
  bool go_on(std::uint64_t bytes, Time now) {
    if (!progress_ || progress_->bytes != bytes) progress_ = Progress{bytes, now};
    return now - progress_->since < patience_;
  }

  void renew() { progress_.reset(); }  // somebody new may have them

  template <class Rng>
  void put_off(Time now, Rng& rng) {
    renew();
    due_ = now + pause_.next(rng);
  }

 private:
  struct Progress {
    std::uint64_t bytes = 0;
    Time since;
  };

  std::chrono::milliseconds patience_;
  Backoff pause_;
  Time due_ = Time::min();
  std::optional<Progress> progress_;
};

}  // namespace roost::seeder
