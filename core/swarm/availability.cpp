#include "core/swarm/availability.hpp"

#include <algorithm>

namespace roost::swarm {

void Availability::replace(const Bitmap& before, const Bitmap& after) {
  for (std::size_t piece = 0; piece < counts_.size(); ++piece) {
    if (piece < before.size() && before[piece]) --counts_[piece];
    if (piece < after.size() && after[piece]) ++counts_[piece];
  }
}

double Availability::copies() const {
  if (counts_.empty()) return 0;
  const std::uint32_t least = *std::min_element(counts_.begin(), counts_.end());
  const auto more =
      std::count_if(counts_.begin(), counts_.end(), [least](auto n) { return n > least; });
  return least + static_cast<double>(more) / static_cast<double>(counts_.size());
}

bool Availability::offers(const Bitmap& pieces) const {
  for (std::size_t piece = 0; piece < counts_.size(); ++piece) {
    if (counts_[piece] > 0 && pieces[piece]) return true;
  }
  return false;
}

}  // namespace roost::swarm
