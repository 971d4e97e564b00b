// The report as one HTML page: tables, plots, and what it takes to repeat the runs.
//
// Self-contained: no script, no font, no image from elsewhere, and a policy in the page
// that forbids them. Follows the reader's light or dark setting, prints on white. All
// text from result files is escaped. Pure.
#pragma once

#include <string>
#include <vector>

#include "bench/report/dataset.hpp"
#include "bench/report/threshold.hpp"

namespace roost::bench {

std::string html_page(const Dataset& data, const std::vector<Miss>& misses);

std::string_view page_style() noexcept;  // its CSS

}  // namespace roost::bench
