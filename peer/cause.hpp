// What can bind a delivery, and how its time is shared among the causes. Pure.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace roost::peer {

enum class Cause { own_downlink, own_uplink, seeder, peers, starved, cpu, disk, tracker };
inline constexpr std::size_t kCauses = 8;

// As people and JSON read it: "own downlink", "starved of pieces", ...
std::string_view to_text(Cause cause) noexcept;

class CauseTimes {
 public:
  void add(Cause cause, std::chrono::duration<double> time);

  std::optional<Cause> largest() const;          // nothing before the first time
  std::map<std::string, double> shares() const;  // of those that took any; their sum is 1

 private:
  std::array<double, kCauses> seconds_{};
};

}  // namespace roost::peer
