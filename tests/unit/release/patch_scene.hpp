// An update from one tree to another on disk, with its patches: made, read, applied, checked.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/release/patches.hpp"
#include "tests/support/trees.hpp"
#include "tests/unit/release/packing.hpp"

namespace roost::release::test {

// Write the trees into dir/old and dir/new, then pack().
class PatchScene {
 public:
  roost::test::TempDir dir;
  std::unique_ptr<PackedTree> was;
  std::unique_ptr<PackedTree> is;
  PatchPlan plan;

  void pack() {
    was = test::pack(dir / "old");
    PackOptions options;
    options.base = &was->packed.index;
    is = test::pack(dir / "new", options);
    plan = plan_patches(new_index(), old_index());
    roost::test::write_file(dir / "old.image", was->image_bytes);
    roost::test::write_file(dir / "new.image", is->image_bytes);
  }

  const Index& old_index() const { return was->packed.index; }
  const Index& new_index() const { return is->packed.index; }

  // The bytes of the file of patches; empty when there is none.
  std::string write() const {
    const UniqueFd image = open("new.image");
    const UniqueFd base = open("old.image");
    fs::remove(dir / "patches");
    const auto tree = write_patches(
        real_fs(), plan, {new_index(), image.get(), old_index(), base.get()}, dir / "patches", {});
    EXPECT_EQ(fs::exists(dir / "patches"), tree.has_value());
    if (!tree) return {};
    auto bytes = roost::test::read_file(dir / "patches");
    EXPECT_EQ(tree->size, bytes.size());
    EXPECT_EQ(tree->root, merkle_of(bytes).root);
    return bytes;
  }

  PatchSet set(const std::string& patches) const {
    return PatchSet::read(real_fs(), open("patches").get(), patches.size(), new_index());
  }

  struct Applied {
    ChunkMatch match;
    std::uint64_t bytes = 0;
    std::string scratch;
  };

  // With the base's image as the one source. What is made must be what the image holds.
  Applied apply(const std::string& patches, const std::vector<bool>& there = {}) const {
    roost::test::write_file(dir / "patches", patches);
    roost::test::write_file(dir / "scratch", "");
    const UniqueFd file = open("patches");
    const UniqueFd base = open("old.image");
    const UniqueFd scratch(::open((dir / "scratch").c_str(), O_WRONLY | O_CLOEXEC));
    auto set = PatchSet::read(real_fs(), file.get(), patches.size(), new_index());
    set.add(0, old_index(), there);
    Applied applied{ChunkMatch(new_index()), 0, {}};
    applied.bytes = apply_patches(real_fs(), set, new_index(), applied.match, {base.get()},
                                  {scratch.get(), 1}, {});
    applied.scratch = roost::test::read_file(dir / "scratch");
    expect_right(applied);
    return applied;
  }

  UniqueFd open(const char* name) const {
    UniqueFd fd(::open((dir / name).c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw_errno(name);
    return fd;
  }

  std::uint64_t new_bytes() const { return is->packed.new_bytes; }

 private:
  static crypto::MerkleTree merkle_of(const std::string& bytes) {
    crypto::MerkleHasher hasher;
    hasher.update(as_bytes(bytes));
    return hasher.finish();
  }

  void expect_right(const Applied& applied) const {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < new_index().chunks().size(); ++i) {
      const auto place = applied.match.find(i);
      if (!place) continue;
      const auto& chunk = new_index().chunks()[i];
      EXPECT_EQ(place->source, 1U);
      EXPECT_EQ(place->offset, chunk.offset);
      EXPECT_EQ(applied.scratch.substr(place->offset, chunk.stored_length),
                is->image_bytes.substr(chunk.offset, chunk.stored_length))
          << "chunk " << i;
      bytes += chunk.stored_length;
    }
    EXPECT_EQ(bytes, applied.bytes);
  }
};

}  // namespace roost::release::test
