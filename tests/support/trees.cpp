#include "tests/support/trees.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/base/tree_compare.hpp"
#include "tests/support/temp_dir.hpp"

namespace fs = std::filesystem;

namespace roost::test {
namespace {

constexpr std::time_t kSomeTime = 1'600'000'000;

// Files and links, then the directories that hold them, get times that depend on the path.
void set_times(const fs::path& dir) {
  std::time_t time = kSomeTime;
  const auto touch = [&](const fs::path& path) {
    const std::array<timespec, 2> times{timespec{time, 0}, timespec{time, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW);
    ++time;
  };
  std::vector<fs::path> paths;
  for (const auto& item : fs::recursive_directory_iterator(dir)) paths.push_back(item.path());
  std::ranges::sort(paths, std::greater<>());
  for (const auto& path : paths) touch(path);
  touch(dir);
}

void make_sparse(const fs::path& path, std::uint64_t size) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  const std::string data = random_bytes(10'000, 7);
  const auto tail = static_cast<off_t>(size) - static_cast<off_t>(data.size());
  const auto length = static_cast<ssize_t>(data.size());
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0 ||
      ::pwrite(file.get(), data.data(), data.size(), tail / 2) != length ||
      ::pwrite(file.get(), data.data(), data.size(), tail) != length) {
    throw_errno("make sparse file " + path.string());
  }
}

void make_odd_names(const fs::path& dir) {
  for (const char* name : {" leading space",
                           "trailing space ",
                           "new\nline",
                           "tab\tbed",
                           "quo\"te's",
                           "-rf",
                           "--help",
                           "$HOME",
                           "`id`",
                           "back\\slash",
                           "*?[a]",
                           "%s%n",
                           "z\xC3\xBCrich",
                           "\xE6\x97\xA5\xE6\x9C\xAC",
                           "\xF0\x9F\x90\x94",
                           "..hidden",
                           "...",
                           "con",
                           "a:b",
                           ".roost-not"}) {
    write_file(dir / "names" / name, std::string("I am ") + name);
  }
  write_file(dir / "names" / std::string(255, 'n'), "longest name");
  fs::path deep = dir / "deep";
  for (int i = 0; i < 60; ++i) deep /= fmt::format("level-{:02}", i);
  write_file(deep / "bottom", "far down");
  write_file(dir / "inner" / ".roost" / "file", "reserved at the top only");
}

void make_links(const fs::path& dir) {
  fs::create_directories(dir / "links");
  fs::create_symlink("../sizes/65536", dir / "links" / "to-file");
  fs::create_directory_symlink("../sizes", dir / "links" / "to-dir");
  fs::create_symlink("nowhere", dir / "links" / "dangling");
  fs::create_symlink("itself", dir / "links" / "itself");
  fs::create_symlink("links/to-file", dir / "top-link");
  fs::create_hard_link(dir / "sizes" / "1", dir / "links" / "hard");
}

}  // namespace

std::string random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

std::string text_bytes(std::size_t size, std::uint64_t seed) {
  constexpr std::array kWords{"release", "tracker", "seeder", "peer", "piece", "stage", "of"};
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) {
    text += kWords[random() % kWords.size()];
    text += random() % 12 == 0 ? '\n' : ' ';
  }
  text.resize(size);
  return text;
}

void make_tree(const fs::path& dir, const PlainTree& plan) {
  std::mt19937_64 random(plan.seed);
  fs::create_directories(dir);
  for (std::size_t i = 0; i < plan.files; ++i) {
    const auto path = dir / fmt::format("dir-{}", i % 5) / fmt::format("file-{}", i);
    const std::size_t size = plan.largest == 0 ? 0 : random() % plan.largest + 1;
    write_file(path, i % 3 == 0 ? random_bytes(size, random()) : text_bytes(size, random()));
    if (i % 4 == 0) fs::permissions(path, fs::perms::owner_exec, fs::perm_options::add);
  }
  set_times(dir);
}

void make_edge_case_tree(const fs::path& dir, std::uint64_t sparse_bytes) {
  write_file(dir / "empty-file", "");
  fs::create_directories(dir / "empty-dir" / "nested-empty-dir");
  for (const std::size_t size :
       {1U, 4095U, 4096U, 4097U, 16383U, 16384U, 16385U, 65536U, 1048577U}) {
    write_file(dir / "sizes" / std::to_string(size), random_bytes(size, size));
  }
  write_file(dir / "same" / "a", text_bytes(300'000, 1));
  write_file(dir / "same" / "b", text_bytes(300'000, 1));
  write_file(dir / "zeros" / "only", std::string(400'000, '\0'));
  write_file(dir / "zeros" / "inside",
             random_bytes(70'000, 2) + std::string(500'000, '\0') + random_bytes(70'000, 3));
  for (int i = 0; i < 200; ++i)
    write_file(dir / "small" / std::to_string(i), std::to_string(i * i));
  write_file(dir / "bin" / "run", "#!/bin/sh\necho hello\n");
  fs::permissions(dir / "bin" / "run", fs::perms(0755));
  write_file(dir / "bin" / "read-only", "0400");
  fs::permissions(dir / "bin" / "read-only", fs::perms(0400));
  make_odd_names(dir);
  make_links(dir);
  if (sparse_bytes > 0) make_sparse(dir / "sparse", sparse_bytes);
  set_times(dir);
}

void change_tree(const fs::path& dir, std::uint64_t seed) {
  std::vector<fs::path> files;
  for (const auto& item : fs::recursive_directory_iterator(dir)) {
    if (item.is_regular_file() && !item.is_symlink()) files.push_back(item.path());
  }
  if (files.empty()) throw Error(Errc::usage, "change tree " + dir.string() + ": no files in it");
  std::ranges::sort(files);
  std::mt19937_64 random(seed);
  std::ranges::shuffle(files, random);
  write_file(dir / fmt::format("added-{}", seed), random_bytes(5000, seed));
  if (files.size() > 1) fs::remove(files.back());
  for (std::size_t i = 0; i < std::max<std::size_t>(1, files.size() / 10); ++i) {
    auto bytes = read_file(files[i]);
    bytes.insert(bytes.size() / 2, fmt::format("changed {}", seed));
    write_file(files[i], bytes);
  }
}

std::vector<std::string> differences(const fs::path& left, const fs::path& right,
                                     bool compare_mtimes) {
  return compare_trees(left, right, ".roost", compare_mtimes ? Mtimes::compare : Mtimes::ignore)
      .differences;
}

}  // namespace roost::test
