// The table of a group, as HTML. Private to this folder; texts are escaped.
#pragma once

#include <string>

#include "bench/report/dataset.hpp"
#include "bench/report/palette.hpp"

namespace roost::bench {

std::string table_html(const Group& group, const Palette& palette);

}  // namespace roost::bench
