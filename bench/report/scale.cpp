#include "bench/report/scale.hpp"

#include <fmt/format.h>

#include <cmath>

namespace roost::bench {
namespace {

constexpr int kTicks = 6;  // about as many

double nice_step(double span) {
  const double rough = span / kTicks;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (rough <= factor * power) return factor * power;
  }
  return 10 * power;
}

}  // namespace

Scale::Scale(double low, double high, double from, double to)
    : low_(low), high_(high > low ? high : low + 1), from_(from), to_(to) {}

double Scale::place(double value) const noexcept {
  return from_ + (value - low_) / (high_ - low_) * (to_ - from_);
}

std::vector<double> Scale::ticks() const {
  const double step = nice_step(high_ - low_);
  std::vector<double> ticks;
  // At most twice kTicks of them, also where the range is tiny beside its ends.
  for (double i = std::ceil(low_ / step - 1e-9) + 0.0; ticks.size() < 2 * kTicks; ++i) {
    if (i * step > high_ + 1e-9 * step) break;
    ticks.push_back(i * step);
  }
  return ticks;
}

std::string tick_text(double value) {
  return fmt::format("{:.4g}", value);
}

}  // namespace roost::bench
