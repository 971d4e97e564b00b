#include "bench/report/page.hpp"

#include <fmt/format.h>

#include <array>

#include "bench/report/names.hpp"
#include "bench/report/palette.hpp"
#include "bench/report/plots.hpp"
#include "bench/report/svg.hpp"
#include "bench/report/tables.hpp"

namespace roost::bench {
namespace {

constexpr std::array kScalings{
    Scaling{"ratio_last", "Last node against the bound", "last node / bound", "the bound"},
    Scaling{"ratio_p50", "Half of the nodes against the bound", "half of the nodes / bound",
            "the bound"},
    Scaling{"ratio_staged_last", "Last node staged against the bound", "last staged / bound",
            "the bound"},
    Scaling{"seeder_bytes_ratio", "What the seeder sent", "copies sent by the seeder", "one copy"},
};

std::string paragraph(std::string_view classes, const std::string& text) {
  return fmt::format("<p class=\"{}\">{}</p>\n", classes, escape(text));
}

std::string list(const std::vector<std::string>& items) {
  if (items.empty()) return {};
  std::string html = "<ul>";
  for (const auto& item : items) html += "<li>" + escape(item) + "</li>\n";
  return html + "</ul>\n";
}

// A tree is there when it is staged, a blob when its bytes are.
std::pair<const char*, const char*> finish_of(const Summary& row) {
  const bool staged = row.setting.shape == Shape::tree && row.find("ratio_staged_last") != nullptr;
  return staged ? std::pair("ratio_staged_last", "t_staged_last_s")
                : std::pair("ratio_last", "t_last_s");
}

// The best that is not roost itself, nor a formula, on the same nodes.
const Summary* next_best(const Group& group, const Summary& ours, const char* time) {
  const Summary* best = nullptr;
  for (const Summary* row : group.at(ours.setting.nodes)) {
    if (row->setting.method == "roost" || row->computed || !row->median(time)) continue;
    if (best == nullptr || *row->median(time) < *best->median(time)) best = row;
  }
  return best;
}

std::string card(const Group& group) {
  const Summary* ours = nullptr;
  for (const Summary* row : group.rows) {
    const bool shipped = row->setting.method == "roost" && row->setting.variant.empty();
    if (shipped && !row->quoted.empty()) ours = row;  // the one with most nodes
  }
  if (ours == nullptr) return {};
  const auto [ratio, time] = finish_of(*ours);
  if (!ours->median(ratio)) return {};
  const Figure& figure = *find_figure(ratio);
  std::string html =
      fmt::format("<li><b>{:.2f}<i>&times; bound</i></b><span>{}</span><span>last of {} nodes{}",
                  *ours->median(ratio), escape(group.title), ours->setting.nodes,
                  figure.name == "ratio_staged_last" ? " staged" : "");
  if (const Summary* rival = next_best(group, *ours, time)) {
    const double factor = *rival->median(time) / *ours->median(time);
    html += fmt::format("</span><span>{} {:.2f} &times; as long", escape(label_of(rival->setting)),
                        factor);
  }
  return html + "</span></li>\n";
}

std::string cards(const std::vector<Group>& groups) {
  std::string html;
  for (const Group& group : groups) html += card(group);
  return html.empty() ? html : "<ul class=\"cards\">\n" + html + "</ul>\n";
}

std::string missed_html(const std::vector<Miss>& misses) {
  if (misses.empty()) return {};
  std::vector<std::string> lines;
  for (const Miss& miss : misses) {
    lines.push_back(fmt::format("{}: {} {}", miss.threshold, miss.setting, miss.why));
  }
  return "<section class=\"missed\"><h2>Thresholds missed</h2>\n" + list(lines) + "</section>\n";
}

std::string remarks(const Group& group) {
  std::vector<std::string> lines;
  for (const Summary* row : group.rows) {
    const auto who = fmt::format("{}, {} nodes: ", label_of(row->setting), row->setting.nodes);
    for (const auto& note : row->notes) lines.push_back(who + note);
    for (const auto& why : row->failed) lines.push_back(who + why);
    if (row->short_of_cpu > 0) {
      lines.push_back(who + fmt::format("{} short of CPU and in no figure{}",
                                        row->short_of_cpu == 1
                                            ? "1 run was"
                                            : fmt::format("{} runs were", row->short_of_cpu),
                                        row->quoted.empty() ? "; no other run is left" : ""));
    }
  }
  if (lines.empty()) return {};
  return "<details open><summary>Remarks</summary>" + list(lines) + "</details>\n";
}

std::string section(const Group& group, const Palette& palette) {
  const auto counts = group.node_counts();
  std::string html = fmt::format("<section>\n<h2>{}</h2>\n", escape(group.title));
  html += table_html(group, palette) + remarks(group) + "<div class=\"plots\">\n";
  for (const unsigned nodes : counts) html += coverage_plot(group, nodes, palette);
  for (const Scaling& scaling : kScalings) {
    if (counts.size() > 1) html += scaling_plot(group, scaling, palette);
  }
  for (const unsigned nodes : counts) html += throughput_plot(group, nodes, palette);
  return html + cpu_plot(group, palette) + bound_by_plot(group) + "</div>\n</section>\n";
}

std::string source_html(const Source& source) {
  std::string versions;
  for (const auto& [program, version] : source.machine.versions) {
    versions += (versions.empty() ? "" : "; ") + program + " " + version;
  }
  std::string html = fmt::format("<section class=\"source\"><h3>{}</h3>\n<pre>{}</pre>\n<dl>",
                                 escape(source.file), escape(source.command));
  const auto row = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, escape(value));
  };
  row("started", source.started);
  row("machine", fmt::format("{}, {} cores", source.machine.cpu, source.machine.cores));
  row("kernel", source.machine.kernel);
  row("versions", versions);
  for (const auto& skipped : source.skipped) row("skipped", skipped);
  return html + "</dl></section>\n";
}

constexpr std::string_view kReading = R"(<section><h2>How to read this</h2>
<p><b>The bound</b> is the least time in which any scheme could bring the bytes to every node:
the largest of F / seeder's uplink, F / slowest downlink, and N F / all uplinks together, where F
is what one copy takes on the wire and rates are those of a plain TCP transfer over the same links
in the same run. A ratio of 1 can't be beaten.</p>
<p>Figures are <b>medians</b> of the quoted runs, with the range from the smallest to the largest
beneath. A run whose host was short of CPU is counted and enters no figure; neither does one that
failed, or after which a node had not the right content. <b>Computed</b> lines come from a formula.
<b>Copies</b> are bytes on the seeder's link over F. <b>CPU per GiB</b> is the processor time of all
processes over N F. Every time counts from one instant for all nodes; for a node that joins late,
from its arrival.</p></section>
)";

}  // namespace

std::string html_page(const Dataset& data, const std::vector<Miss>& misses) {
  const auto groups = data.groups();
  const Palette palette(data.summaries());
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Roost: fan-out "
      "benchmark</title>\n";
  html += fmt::format("<style>{}</style></head>\n<body><header><h1>Roost: fan-out benchmark</h1>\n",
                      page_style());
  html += paragraph("lead",
                    "How long until the last node has the artifact, and how far that is from what "
                    "the links allow.");
  html += cards(groups) + "</header>\n<main>\n" + missed_html(misses);
  for (const Group& group : groups) html += section(group, palette);
  if (groups.empty()) html += paragraph("", "The result files hold no runs.");
  html += kReading;
  html += "<section><h2>How it was measured</h2>\n";
  for (const Source& source : data.sources()) html += source_html(source);
  return html + "</section>\n</main></body></html>\n";
}

}  // namespace roost::bench
