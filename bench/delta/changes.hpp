// What differs between two releases, as trees that are made for it.
//
// make_pair() writes the old and the new tree below a directory, the same on every
// machine for the same size and seed; copy_pair() takes two that are there. In both,
// files that are equal have the same modification time and others don't, as rsync
// expects of them. Throws Error, {usage} for a size that is too small for the case.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "bench/fanout/content.hpp"

namespace roost::bench {

struct TreePair {
  std::filesystem::path old_tree, new_tree;
  // What is new in the files, and that packed as one by zstd -3; where it is known.
  std::optional<std::uint64_t> changed_bytes, changed_packed;
};

class Edit;

struct ChangeCase {
  std::string_view name;
  std::string_view about;
  std::uint64_t least_size = 0;
  void (*make_old)(const std::filesystem::path& tree, std::uint64_t size,
                   std::uint64_t seed) = nullptr;
  void (*change)(Edit& edit) = nullptr;
};

std::span<const ChangeCase> change_cases();
const ChangeCase& find_change_case(std::string_view name);  // throws Error{usage} with the names

TreePair make_pair(const ChangeCase& made, std::uint64_t size, std::uint64_t seed,
                   const std::filesystem::path& work_dir);
TreePair copy_pair(const std::filesystem::path& old_tree, const std::filesystem::path& new_tree,
                   const std::filesystem::path& work_dir);

}  // namespace roost::bench
