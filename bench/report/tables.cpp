#include "bench/report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/report/figure_html.hpp"
#include "bench/report/names.hpp"
#include "bench/report/svg.hpp"

namespace roost::bench {
namespace {

constexpr std::array<std::string_view, 17> kColumns{
    "t_last_s",          "ratio_last",         "ratio_p50",     "t_staged_last_s",
    "ratio_staged_last", "seeder_bytes_ratio", "cpu_s_per_gib", "redundant_share",
    "t_first_p99_s",     "trunk_bytes_ratio",  "bound_s",       "link_mib",
    "link_over_stored",  "link_over_packed",   "payload_mib",   "payload_over_stored",
    "reused_mib"};

// Those that some row has, so that a table has no empty columns.
std::vector<const Figure*> columns_of(const Group& group) {
  std::vector<const Figure*> columns;
  for (const auto name : kColumns) {
    if (std::ranges::any_of(group.rows, [&](const Summary* row) { return row->find(name); })) {
      columns.push_back(find_figure(name));
    }
  }
  return columns;
}

std::string cell(const Figure& figure, const Spread* spread) {
  if (spread == nullptr) return "<td class=\"none\">&ndash;</td>";
  std::string text = fmt::format("<td>{}", value_text(figure, spread->median));
  if (spread->min < spread->max) {
    text += fmt::format("<span class=\"range\">{}&ndash;{}</span>", value_text(figure, spread->min),
                        value_text(figure, spread->max));
  }
  return text + "</td>";
}

std::string method_cell(const Summary& row, const Palette& palette) {
  std::string text = fmt::format(
      "<th scope=\"row\">{}{}",
      line_sample(palette.line(row.setting), palette.fill(row.setting), palette.shape(row.setting)),
      escape(label_of(row.setting)));
  if (row.computed) text += " <span class=\"tag\">computed</span>";
  const auto warn = [&](std::size_t count, const char* what) {
    if (count > 0) text += fmt::format(" <span class=\"tag warn\">{} {}</span>", count, what);
  };
  warn(row.short_of_cpu, "short of CPU");
  warn(row.failed.size(), "failed");
  return text + "</th>";
}

std::string classes_line(const Summary& row) {
  std::string text;
  for (const auto& [rate, spread] : row.class_p50_s) {
    text += fmt::format("{}{}: {}", text.empty() ? "half of each rate class, s: " : ", ",
                        bit_rate(static_cast<double>(rate)),
                        spread_text(*find_figure("t_p50_s"), spread));
  }
  return text;
}

std::string causes_line(const Summary& row) {
  return row.bound_by.empty() ? "" : "bound by, nodes: " + to_text(row.bound_by);
}

std::string links_of(const Setting& setting) {
  auto text = bit_rate(static_cast<double>(setting.rate));
  if (setting.seed_rate != setting.rate) {
    text += ", seeder " + bit_rate(static_cast<double>(setting.seed_rate));
  }
  return text;
}

}  // namespace

std::string table_html(const Group& group, const Palette& palette) {
  const auto columns = columns_of(group);
  std::string html = fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Figures: {}\">"
      "<table><thead><tr><th scope=\"col\">method</th>",
      escape(group.title));
  for (const Figure* figure : columns) {
    const auto unit = unit_text(*figure);
    html += fmt::format("<th scope=\"col\">{}{}</th>", escape(figure->title),
                        unit.empty() ? "" : "<span class=\"unit\">" + escape(unit) + "</span>");
  }
  html += "<th scope=\"col\">runs</th></tr></thead>\n";
  for (const unsigned nodes : group.node_counts()) {
    const auto rows = group.at(nodes);
    html += fmt::format(
        "<tbody><tr class=\"part\"><th scope=\"rowgroup\" colspan=\"{}\">{} nodes, {}</th></tr>\n",
        columns.size() + 2, nodes, escape(links_of(rows.front()->setting)));
    for (const Summary* row : rows) {
      html += fmt::format("<tr class=\"{}\">", row->setting.method == "roost" ? "ours" : "");
      html += method_cell(*row, palette);
      for (const Figure* figure : columns) html += cell(*figure, row->find(figure->name));
      html += fmt::format("<td>{}</td></tr>\n", escape(runs_text(*row)));
      for (const auto& line : {classes_line(*row), causes_line(*row)}) {
        if (line.empty()) continue;
        html += fmt::format("<tr class=\"more\"><td colspan=\"{}\">{}</td></tr>\n",
                            columns.size() + 2, escape(line));
      }
    }
    html += "</tbody>\n";
  }
  return html + "</table></div>\n";
}

}  // namespace roost::bench
