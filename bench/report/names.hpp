// How settings and figures are called in reports, in words that are the same everywhere.
//
// Pure. Nothing here is escaped: that is for whoever puts it into a page.
#pragma once

#include <cstdint>
#include <string>

#include "bench/results/summary.hpp"

namespace roost::bench {

std::string label_of(const Setting& setting);       // "roost", "roost (no-tls)"
std::string conditions_of(const Setting& setting);  // "equal, 64 MiB blob, ext4"
std::string describe(const Setting& setting);       // all of it, in one line

std::string bit_rate(double bits_a_second);                           // "50 Mbit/s"
std::string value_text(const Figure& figure, double value);           // "1.07", "23.1", "1.3 %"
std::string spread_text(const Figure& figure, const Spread& spread);  // "1.07 (1.05-1.09)"
std::string unit_text(const Figure& figure);                          // "s", "copies", ""
std::string runs_text(const Summary& summary);  // "3 of 5" are quoted, "computed"

}  // namespace roost::bench
