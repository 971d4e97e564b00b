// From values to places along an axis, and where its ticks stand. Pure.
#pragma once

#include <string>
#include <vector>

namespace roost::bench {

class Scale {
 public:
  // Values from low to high onto places from `from` to `to`. An empty range becomes one of 1.
  Scale(double low, double high, double from, double to);

  double place(double value) const noexcept;
  double high() const noexcept { return high_; }
  std::vector<double> ticks() const;  // a handful of round values

 private:
  double low_;
  double high_;
  double from_;
  double to_;
};

std::string tick_text(double value);  // "0.5", "20"

}  // namespace roost::bench
