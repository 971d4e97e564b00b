#include "core/store/layout.hpp"

#include <algorithm>

namespace roost::store::layout {
namespace {

constexpr std::size_t kShortHex = 12;
constexpr std::string_view kPrefix = "releases/";

}  // namespace

std::string release_dir(const release::Version& version, const release::ReleaseId& id) {
  return version.str() + "-" + id.short_hex();
}

bool is_release_dir(std::string_view text) noexcept {
  if (text.size() < kShortHex + 2 || text.front() == '.') return false;
  const auto hex = text.substr(text.size() - kShortHex);
  return text[text.size() - kShortHex - 1] == '-' && text.find('/') == std::string_view::npos &&
         std::all_of(hex.begin(), hex.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string link_target(std::string_view dir) {
  return std::string(kPrefix) + std::string(dir);
}

std::optional<std::string> dir_of_target(std::string_view target) {
  if (!target.starts_with(kPrefix)) return std::nullopt;
  const auto dir = target.substr(kPrefix.size());
  if (!is_release_dir(dir)) return std::nullopt;
  return std::string(dir);
}

std::string temporary_link(std::string_view link, std::uint64_t transaction) {
  std::string name(link);
  if (!name.starts_with('.')) name.insert(name.begin(), '.');
  return name + "." + std::to_string(transaction);
}

bool is_temporary_link(std::string_view name) noexcept {
  return name.starts_with(".current.") || name.starts_with(".rollback.");
}

std::string temporary_file(std::string_view name) {
  return "." + std::string(name) + ".new";
}

}  // namespace roost::store::layout
