#include "bench/delta/changes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "bench/delta/edit.hpp"
#include "bench/fanout/artifact.hpp"
#include "core/base/error.hpp"
#include "core/base/units.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kShare = 20;  // one in 20 bytes: 5 %
constexpr unsigned kFiles = 20'000;
constexpr unsigned kChangedFiles = 1'000;
constexpr unsigned kInDirectory = 40;

// Large files in lib/, small ones in src/, and a link.
void make_software(const fs::path& tree, std::uint64_t size, std::uint64_t seed) {
  const auto made = Artifact::make(Shape::tree, size, seed, tree.parent_path() / "made");
  fs::rename(made.tree(), tree);
  fs::create_symlink("lib0.so", tree / "lib" / "current.so");
}

void make_binary(const fs::path& tree, std::uint64_t size, std::uint64_t seed) {
  fs::create_directories(tree / "bin");
  const auto path = tree / "bin" / "app";
  Rng rng(seed);
  FileWriter out(path);
  for (std::uint64_t left = size; left > 0;) {
    const auto part = std::min<std::uint64_t>(left, kBinaryBlock);
    out.write(binary_block(static_cast<std::size_t>(part), rng));
    left -= part;
  }
  out.close();
  fs::permissions(path, fs::perms(0755));
}

void make_many_files(const fs::path& tree, std::uint64_t size, std::uint64_t seed) {
  Rng rng(seed);
  std::uint64_t left = size;
  for (unsigned i = 0; i < kFiles; ++i) {
    const auto directory = tree / fmt::format("part{:03}", i / kInDirectory);
    if (i % kInDirectory == 0) fs::create_directories(directory);
    const auto mean = left / (kFiles - i);
    const auto bytes = i + 1 == kFiles ? left : mean / 2 + rng() % (mean + 1);
    FileWriter file(directory / fmt::format("file{:05}.txt", i));
    file.write(source_text(static_cast<std::size_t>(bytes), rng));
    file.close();
    left -= bytes;
  }
}

// Neighbouring files of one directory, 64 to 256 KiB of them; none when it has not as much.
std::vector<fs::path> neighbours(const std::vector<fs::path>& files, Rng& rng) {
  const auto wanted = kLeastSpan + rng() % (kMostSpan - kLeastSpan);
  auto begin = rng() % files.size();
  auto end = begin;
  std::uint64_t sum = 0;
  while (end < files.size() && sum < wanted) sum += fs::file_size(files[end++]);
  while (begin > 0 && sum < kLeastSpan) sum += fs::file_size(files[--begin]);
  if (sum < kLeastSpan) return {};
  const auto at = files.begin();
  return {at + static_cast<std::ptrdiff_t>(begin), at + static_cast<std::ptrdiff_t>(end)};
}

// Rewrites neighbouring small files in some directories, `wanted` bytes or somewhat more, and
// leaves `room` for a span elsewhere at least.
void rewrite_neighbours(Edit& edit, std::uint64_t wanted, std::uint64_t room) {
  std::map<fs::path, std::vector<fs::path>> by_directory;
  for (const auto& file : edit.files("src")) by_directory[file.parent_path()].push_back(file);
  std::vector<std::vector<fs::path>> directories;
  directories.reserve(by_directory.size());
  for (auto& [path, files] : by_directory) directories.push_back(std::move(files));
  for (auto left = directories.size(); left > 0 && edit.changed_bytes() < wanted; --left) {
    std::swap(directories[edit.rng()() % left], directories[left - 1]);
    const auto files = neighbours(directories[left - 1], edit.rng());
    std::uint64_t sum = 0;
    for (const auto& file : files) sum += fs::file_size(file);
    if (edit.changed_bytes() + sum > room) continue;
    for (const auto& file : files) edit.overwrite(file, {{0, fs::file_size(file)}}, source_text);
  }
}

// 5 % of all bytes: of the small files' share whole files that lie together, the rest in the
// large ones.
void change_in_place(Edit& edit) {
  const auto total = edit.size() / kShare;
  auto large = edit.files("lib");
  std::uint64_t in_large = 0;
  for (const auto& file : large) in_large += fs::file_size(file);
  rewrite_neighbours(edit, (edit.size() - in_large) / kShare, total - kLeastSpan);
  std::vector<std::vector<std::uint64_t>> lengths(large.size());
  std::size_t next = 0;
  for (const auto length : span_lengths(total - edit.changed_bytes(), edit.rng())) {
    lengths[next++ % large.size()].push_back(length);
  }
  for (std::size_t i = 0; i < large.size(); ++i) {
    edit.overwrite(large[i], scatter(lengths[i], fs::file_size(large[i]), edit.rng()),
                   binary_block);
  }
}

void insert_into_binary(Edit& edit) {
  const auto total = edit.size() / kShare;
  const auto lengths = span_lengths(total, edit.rng());
  const auto file = edit.tree() / "bin" / "app";
  edit.insert(file, scatter(lengths, edit.size() + total, edit.rng()), binary_block);
}

void rename_directory(Edit& edit) {
  fs::rename(edit.tree() / "src", edit.tree() / "source");
}

void change_mode(Edit& edit) {
  fs::permissions(edit.tree() / "lib" / "lib0.so", fs::perms(0644));
}

void change_link(Edit& edit) {
  const auto link = edit.tree() / "lib" / "current.so";
  fs::remove(link);
  fs::create_symlink("lib1.so", link);
}

void change_one_byte_each(Edit& edit) {
  auto files = edit.files({});
  for (unsigned i = 0; i < kChangedFiles; ++i) {
    std::swap(files[i], files[i + edit.rng()() % (files.size() - i)]);
    edit.overwrite(files[i], {{edit.rng()() % fs::file_size(files[i]), 1}}, source_text);
  }
}

void change_nothing(Edit& /*edit*/) {}

// A large file is a ninth of a tree and can't take more than what fits in it; small trees have
// room for a single span.
constexpr std::uint64_t kLeastTree = 2U << 20;

constexpr std::array kCases{
    ChangeCase{"in-place", "5 % of the bytes, in runs of 64 to 256 KiB", kLeastTree, make_software,
               change_in_place},
    ChangeCase{"insert", "5 % inserted in such runs, in one large binary", kLeastTree, make_binary,
               insert_into_binary},
    ChangeCase{"rename-dir", "a directory of small files has another name", 16, make_software,
               rename_directory},
    ChangeCase{"mode", "one file is executable no more", 16, make_software, change_mode},
    ChangeCase{"link", "one link leads elsewhere", 16, make_software, change_link},
    ChangeCase{"one-byte", "1 byte in each of 1,000 files of 20,000", 16 * kFiles, make_many_files,
               change_one_byte_each},
    ChangeCase{"none", "the same tree again", 16, make_software, change_nothing},
};

void copy_tree(const fs::path& from, const fs::path& to) {
  fs::create_directories(to.parent_path());
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

constexpr std::time_t kOldTime = 1'700'000'000;
constexpr std::time_t kNewTime = kOldTime + 3'600;

void set_time(const fs::path& path, std::time_t time) {
  const std::array times{timespec{time, 0}, timespec{time, 0}};
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    throw_errno("set the time of " + path.string());
  }
}

void set_times(const fs::path& tree, const std::function<bool(const fs::path&)>& is_new) {
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    set_time(entry.path(), is_new(entry.path()) ? kNewTime : kOldTime);
  }
  set_time(tree, kOldTime);
}

bool never_new(const fs::path& /*path*/) {
  return false;
}

// A file that was not there, or was another one.
bool is_new_file(const fs::path& path, const fs::path& before) {
  const auto is_file = [](const fs::path& each) {
    return fs::symlink_status(each).type() == fs::file_type::regular;
  };
  if (!is_file(path)) return false;
  return !is_file(before) || fs::file_size(before) != fs::file_size(path) ||
         !difference_of_files(before, path).empty();
}

TreePair pair_in(const fs::path& work_dir) {
  return {work_dir / "old", work_dir / "new", std::nullopt, std::nullopt};
}

}  // namespace

std::span<const ChangeCase> change_cases() {
  return kCases;
}

const ChangeCase& find_change_case(std::string_view name) {
  const auto found = std::ranges::find(kCases, name, &ChangeCase::name);
  if (found != kCases.end()) return *found;
  std::string known;
  for (const auto& each : kCases) known += (known.empty() ? "" : ", ") + std::string(each.name);
  throw Error(Errc::usage, fmt::format("find case '{}': unknown", name), "one of " + known);
}

TreePair make_pair(const ChangeCase& made, std::uint64_t size, std::uint64_t seed,
                   const fs::path& work_dir) {
  if (size < made.least_size) {
    throw Error(Errc::usage,
                fmt::format("make case {}: {} is too small a tree", made.name, format_size(size)),
                "give a --size of at least " + format_size(made.least_size));
  }
  auto pair = pair_in(work_dir);
  made.make_old(pair.old_tree, size, seed);
  copy_tree(pair.old_tree, pair.new_tree);
  Edit edit(pair.new_tree, size, seed + 1);
  made.change(edit);
  pair.changed_bytes = edit.changed_bytes();
  pair.changed_packed = edit.changed_packed();
  set_times(pair.old_tree, never_new);
  set_times(pair.new_tree, [&](const fs::path& path) { return edit.changed(path); });
  return pair;
}

TreePair copy_pair(const fs::path& old_tree, const fs::path& new_tree, const fs::path& work_dir) {
  auto pair = pair_in(work_dir);
  for (const auto& tree : {old_tree, new_tree}) {
    if (!fs::is_directory(tree)) {
      throw Error(Errc::not_found, "use tree " + tree.string() + ": no such directory");
    }
  }
  copy_tree(old_tree, pair.old_tree);
  copy_tree(new_tree, pair.new_tree);
  set_times(pair.old_tree, never_new);
  set_times(pair.new_tree, [&](const fs::path& path) {
    return is_new_file(path, pair.old_tree / path.lexically_relative(pair.new_tree));
  });
  return pair;
}

}  // namespace roost::bench
