// Whole small files and whole trees: read, replace, remove.
//
// A file is replaced under a temporary name and renamed, so that a reader sees
// the old or the new one; with Durable::yes it also survives a power cut before
// the call returns. One writer per directory. Errors as Fs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/fs.hpp"

namespace roost::store {

enum class Durable { no, yes };

// Throws integrity when the file is larger than limit, not_found when it is missing.
Bytes read_file(Fs& fs, int dir, const std::string& name, std::uint64_t limit);
std::optional<Bytes> read_if_there(Fs& fs, int dir, const std::string& name, std::uint64_t limit);

void replace_file(Fs& fs, int dir, const std::string& name, BytesView bytes, Durable durable);

// Makes a directory unless it is there; opens it.
UniqueFd open_dir(Fs& fs, int dir, const std::string& path);
UniqueFd open_or_make_dir(Fs& fs, int dir, const std::string& name, mode_t mode);

// Removes a file or a tree, whatever its modes; gives the bytes of disk freed.
std::uint64_t remove_tree(Fs& fs, int dir, const std::string& name);

}  // namespace roost::store
