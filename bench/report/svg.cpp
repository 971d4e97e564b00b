#include "bench/report/svg.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstddef>

namespace roost::bench {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the valid UTF-8 sequence at the start of text; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = at(0);
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  if (first == 0xE0) low = 0xA0;
  if (first == 0xED) high = 0x9F;
  if (first == 0xF0) low = 0x90;
  if (first == 0xF4) high = 0x8F;
  if (at(1) < low || at(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

std::string_view escaped_ascii(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string path_of_shape(int shape, Place at) {
  const double r = 4;
  switch (shape % 8) {
    case 0:
      return fmt::format("M{:.1f} {:.1f}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z", at.x - r, at.y,
                         fmt::arg("r", r), fmt::arg("d", 2 * r));
    case 1:
      return fmt::format("M{:.1f} {:.1f}h7v7h-7z", at.x - 3.5, at.y - 3.5);
    case 2:
      return fmt::format("M{:.1f} {:.1f}l4.8 8.4h-9.6z", at.x, at.y - 5.2);
    case 3:
      return fmt::format("M{:.1f} {:.1f}l5 5l-5 5l-5 -5z", at.x, at.y - 5);
    case 4:
      return fmt::format("M{:.1f} {:.1f}l4.8 -8.4h-9.6z", at.x, at.y + 5.2);
    case 5:
      return fmt::format("M{:.1f} {:.1f}h2.6v-3h3v3h2.6v3h-2.6v3h-3v-3h-2.6z", at.x - 4.1,
                         at.y - 1.5);
    case 6:
      return fmt::format("M{:.1f} {:.1f}h10v4h-10z", at.x - 5, at.y - 2);
    default:
      return fmt::format("M{:.1f} {:.1f}h4v10h-4z", at.x - 2, at.y - 5);
  }
}

}  // namespace

std::string escape(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const char c = text.front();
    std::size_t taken = 1;
    if (static_cast<unsigned char>(c) >= 0x80) {
      const auto length = sequence_length(text);
      taken = length == 0 ? 1 : length;
      result += length == 0 ? kReplacement : text.substr(0, length);
    } else if (const auto special = escaped_ascii(c); !special.empty()) {
      result += special;
    } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      result += kReplacement;
    } else {
      result += c;
    }
    text.remove_prefix(taken);
  }
  return result;
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description) {
  static std::atomic<int> next{0};  // ids are one name space in a page
  id_ = next++;
  body_ = fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"t{id} d{id}\">"
      "<title id=\"t{id}\">{}</title><desc id=\"d{id}\">{}</desc>\n",
      width, height, escape(title), escape(description), fmt::arg("id", id_));
}

Svg::Svg(double width, double height)
    : body_(fmt::format("<svg viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
                        "aria-hidden=\"true\">",
                        width, height)) {}

void Svg::line(Place from, Place to, std::string_view classes) {
  body_ += fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>\n", classes, from.x,
                       from.y, to.x, to.y);
}

void Svg::polyline(const std::vector<Place>& places, std::string_view classes) {
  if (places.empty()) return;
  body_ += fmt::format("<path class=\"{}\" d=\"", classes);
  char command = 'M';
  for (const Place& place : places) {
    body_ += fmt::format("{}{:.1f} {:.1f}", command, place.x, place.y);
    command = 'L';
  }
  body_ += "\"/>\n";
}

void Svg::rect(Place corner, double width, double height, std::string_view classes) {
  body_ += fmt::format(
      "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
      classes, corner.x, corner.y, width, height);
}

void Svg::marker(int shape, Place at, std::string_view classes) {
  body_ += fmt::format("<path class=\"{}\" d=\"{}\"/>\n", classes, path_of_shape(shape, at));
}

void Svg::text(Place at, std::string_view text, std::string_view classes) {
  body_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", classes, at.x,
                       at.y, escape(text));
}

void Svg::turned_text(Place at, std::string_view text, std::string_view classes) {
  body_ += fmt::format(
      "<text class=\"{}\" transform=\"translate({:.1f} {:.1f}) rotate(-90)\">{}</text>\n", classes,
      at.x, at.y, escape(text));
}

void Svg::clip(Place corner, double width, double height) {
  body_ += fmt::format("<clipPath id=\"c{}\">", id_);
  rect(corner, width, height, "");
  body_ += fmt::format("</clipPath><g clip-path=\"url(#c{})\">\n", id_);
}

void Svg::end_clip() {
  body_ += "</g>\n";
}

std::string Svg::str() const {
  return body_ + "</svg>";
}

}  // namespace roost::bench
