#include "tracker/status_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/units.hpp"

namespace roost::tracker {
namespace {

constexpr std::size_t kMostRows = 200;

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5">
<title>Roost tracker</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color-scheme: light dark }
table { border-collapse: collapse; margin-bottom: 2rem }
th, td { text-align: left; padding: .2rem 1.2rem .2rem 0; border-bottom: 1px solid #8886 }
td.n, th.n { text-align: right }
code { font-size: .9em }
</style>
</head>
<body>
<h1>Roost tracker</h1>
)";

std::string channels_of(const proto::ReleaseSummary& release) {
  std::string text;
  for (const auto& channel : release.channels) {
    text += (text.empty() ? "" : ", ") + channel.str();
  }
  return text;
}

void add_release(std::string& out, const proto::ReleaseSummary& release) {
  fmt::format_to(std::back_inserter(out),
                 "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td class=n>{}</td>"
                 "<td class=n>{}</td><td class=n>{}</td><td class=n>{}</td><td class=n>{}</td>"
                 "<td class=n>{}</td></tr>\n",
                 escape_html(release.release.str()), release.release_id.short_hex(),
                 escape_html(channels_of(release)), format_size(release.tree_bytes),
                 format_size(release.image ? release.image->size : 0), release.nodes.following,
                 release.nodes.fetching, release.nodes.staged, release.nodes.active);
}

std::string doing(const proto::NodeReport& report) {
  std::string text;
  for (const auto& transfer : report.transfers) {
    if (!text.empty()) text += ", ";
    text += transfer.release.str() + " " + std::string(proto::to_text(transfer.state));
    if (transfer.state == proto::TransferState::fetching && transfer.pieces_total > 0) {
      text += fmt::format(" {}/{}", transfer.pieces, transfer.pieces_total);
    }
    std::uint64_t reused = 0;
    for (const auto& [release, bytes] : transfer.reused) reused += bytes;
    if (reused > 0) text += ", reused " + format_size(reused);
    if (!transfer.bound_by.empty()) text += ", bound by " + transfer.bound_by;
    if (!transfer.reason.empty()) text += " (" + transfer.reason + ")";
  }
  return text;
}

void add_node(std::string& out, const proto::NodeView& node) {
  std::string follows;
  for (const auto& channel : node.report.follows) {
    follows += (follows.empty() ? "" : ", ") + channel.str();
  }
  fmt::format_to(std::back_inserter(out),
                 "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                 escape_html(node.report.node), escape_html(node.report.addr.str()),
                 escape_html(node.report.zone),
                 node.live ? "live" : fmt::format("lost {:.0f} s ago", node.heard_seconds_ago),
                 escape_html(follows), escape_html(doing(node.report)));
}

template <class Rows, class Add>
void add_rows(std::string& out, const Rows& rows, std::size_t columns, Add&& add) {
  for (std::size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) add(out, rows[i]);
  if (rows.size() > kMostRows) {
    fmt::format_to(std::back_inserter(out), "<tr><td colspan={}>and {} more</td></tr>\n", columns,
                   rows.size() - kMostRows);
  }
  out += "</table>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string status_page(const std::vector<proto::ReleaseSummary>& releases,
                        const std::vector<proto::NodeView>& nodes) {
  std::string out(kHead);
  fmt::format_to(std::back_inserter(out), "<h2>{} releases</h2>\n<table>\n", releases.size());
  out +=
      "<tr><th>release<th>id<th>channels<th class=n>tree<th class=n>image<th class=n>following"
      "<th class=n>fetching<th class=n>staged<th class=n>active</tr>\n";
  add_rows(out, releases, 9, add_release);
  fmt::format_to(std::back_inserter(out), "<h2>{} nodes</h2>\n<table>\n", nodes.size());
  out += "<tr><th>node<th>address<th>zone<th>state<th>follows<th>releases</tr>\n";
  add_rows(out, nodes, 6, add_node);
  out += "<p>roost " ROOST_VERSION "</p>\n</body>\n</html>\n";
  return out;
}

}  // namespace roost::tracker
