#include "bench/report/figure_html.hpp"

#include <fmt/format.h>

#include "bench/report/svg.hpp"

namespace roost::bench {

std::string line_sample(std::string_view classes, std::string_view fill, int shape) {
  Svg svg(34, 14);
  svg.line({1, 7}, {33, 7}, classes);
  if (!fill.empty()) svg.marker(shape, {17, 7}, fill);
  return svg.str();
}

std::string box_sample(std::string_view fill) {
  Svg svg(14, 14);
  svg.rect({1, 1}, 12, 12, fill);
  return svg.str();
}

std::string figure_html(std::string_view title, std::string_view drawing,
                        const std::vector<LegendEntry>& legend, std::string_view caption) {
  std::string html = fmt::format("<figure>\n<h3>{}</h3>\n{}\n", escape(title), drawing);
  if (!legend.empty()) html += "<ul class=\"legend\">";
  for (const LegendEntry& entry : legend) {
    html += fmt::format("<li>{}{}", entry.sample, escape(entry.label));
    if (!entry.value.empty()) html += fmt::format(" <span>{}</span>", escape(entry.value));
    html += "</li>\n";
  }
  if (!legend.empty()) html += "</ul>\n";
  return html + fmt::format("<figcaption>{}</figcaption>\n</figure>\n", escape(caption));
}

}  // namespace roost::bench
