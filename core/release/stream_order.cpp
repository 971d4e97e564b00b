#include "core/release/stream_order.hpp"

#include <algorithm>
#include <string_view>

#include "core/release/format.hpp"

namespace roost::release {
namespace {

// What follows the name's last '.', unless that begins the name.
std::string_view extension_of(std::string_view name) noexcept {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view{} : name.substr(dot + 1);
}

struct Key {
  std::string_view parent;
  std::string_view extension;
  std::string_view name;
  auto operator<=>(const Key&) const = default;
};

}  // namespace

std::vector<std::uint32_t> stream_order(const std::vector<Entry>& entries,
                                        std::uint64_t tree_bytes) {
  return stream_order_with(entries, large_file(tree_bytes));
}

std::vector<std::uint32_t> stream_order_with(const std::vector<Entry>& entries,
                                             std::uint64_t threshold) {
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;  // by path, as the entries are
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].is_file() || entries[i].size == 0) continue;
    (entries[i].size < threshold ? small : large).push_back(i);
  }
  const auto key = [&](std::uint32_t i) {
    const RelPath& path = entries[i].path;
    return Key{path.parent(), extension_of(path.name()), path.name()};
  };
  std::sort(small.begin(), small.end(),
            [&](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  small.insert(small.end(), large.begin(), large.end());
  return small;
}

}  // namespace roost::release
