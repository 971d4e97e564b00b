// From values to places along an axis, and where its ticks stand.
//
// Linear, or by powers of two where values span more than a few doublings. Pure.
#pragma once

#include <string>
#include <vector>

namespace roost::bench {

class Scale {
 public:
  enum class Kind { linear, doubling };

  // Values from low to high onto places from `from` to `to`. Doubling needs low > 0.
  Scale(Kind kind, double low, double high, double from, double to);

  // From 0, or for a wide range by doublings; room above the largest.
  static Scale fitting(double low, double high, double from, double to);

  double place(double value) const noexcept;
  Kind kind() const noexcept { return kind_; }
  double high() const noexcept { return high_; }
  std::vector<double> ticks() const;

 private:
  Kind kind_;
  double low_;
  double high_;
  double from_;
  double to_;
};

std::string tick_text(double value);  // "0.5", "20"

}  // namespace roost::bench
