#include "bench/report/scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace roost::bench {
namespace {

constexpr double kWide = 6;  // high / low from which doublings read better
constexpr int kTicks = 5;    // about as many on a linear axis

double nice_step(double span) {
  const double rough = span / kTicks;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

}  // namespace

Scale::Scale(Kind kind, double low, double high, double from, double to)
    : kind_(kind), low_(low), high_(high > low ? high : low + 1), from_(from), to_(to) {}

Scale Scale::fitting(double low, double high, double from, double to) {
  if (low > 0 && high / low > kWide) {
    return {Kind::doubling, std::exp2(std::floor(std::log2(low))), high * 1.1, from, to};
  }
  return {Kind::linear, 0, high > 0 ? high * 1.06 : 1, from, to};
}

double Scale::place(double value) const noexcept {
  const double share = kind_ == Kind::linear
                           ? (value - low_) / (high_ - low_)
                           : std::log2(std::max(value, low_) / low_) / std::log2(high_ / low_);
  return from_ + share * (to_ - from_);
}

std::vector<double> Scale::ticks() const {
  std::vector<double> ticks;
  if (kind_ == Kind::doubling) {
    for (double tick = std::exp2(std::ceil(std::log2(low_))); tick <= high_; tick *= 2) {
      ticks.push_back(tick);
    }
    return ticks;
  }
  const double step = nice_step(high_ - low_);
  const auto last = static_cast<int>(std::floor(high_ / step + 1e-9));
  for (auto i = static_cast<int>(std::ceil(low_ / step - 1e-9)); i <= last; ++i) {
    ticks.push_back(i * step);
  }
  return ticks;
}

std::string tick_text(double value) {
  return fmt::format("{:.4g}", value);
}

}  // namespace roost::bench
