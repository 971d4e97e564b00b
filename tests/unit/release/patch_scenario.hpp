// Two releases, the patches between them and what is wrong with these, all chosen by a string of
// bytes: a property test and a fuzzer look for the bytes that make patches break a promise.
//
// The second tree is an edit of the first: bytes altered, put in and taken out, chunks dropped,
// repeated and made anew, files renamed. The base's image rots and lacks chunks, the file of
// patches is damaged. broken() names the first promise that was not kept.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/release/chunk_packer.hpp"
#include "core/release/patches.hpp"
#include "core/release/stream_order.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/trees.hpp"
#include "tests/unit/release/fill_scenario.hpp"

namespace roost::release::test {

// A file as the chunks that it is cut into.
struct FileSketch {
  std::string name;
  std::vector<std::string> chunks;

  std::uint64_t size() const {
    std::uint64_t bytes = 0;
    for (const auto& chunk : chunks) bytes += chunk.size();
    return bytes;
  }
};

struct ReleaseSketch {
  Index index;
  std::string image;
};

// Packs the files as the packer would: chunks that `base` lacks first.
inline ReleaseSketch release_of(std::vector<FileSketch> files, const Index* base) {
  std::erase_if(files, [](const FileSketch& file) { return file.size() == 0; });
  std::ranges::sort(files, {}, &FileSketch::name);
  IndexParts parts;
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    parts.entries.push_back({RelPath::parse(file.name), Kind::file, file.size(), 0, {}});
    bytes += file.size();
  }
  struct Chunk {
    ChunkInfo info;
    std::string stored;
  };
  std::vector<Chunk> lists[2];  // new, known
  std::map<Sha256, std::pair<bool, std::uint32_t>> seen;
  std::vector<std::pair<Sha256, std::uint64_t>> stream;
  ChunkPacker packer(longest_chunk(bytes));
  for (const auto number : stream_order(parts.entries, bytes)) {
    const auto region =
        parts.entries[number].size < 64 * 1024 ? Region::small_files : Region::large_files;
    for (const auto& raw : files[number].chunks) {
      if (raw.empty()) continue;
      const auto digest = crypto::sha256(as_bytes(raw));
      stream.emplace_back(digest, raw.size());
      const bool known =
          base != nullptr && std::ranges::count(base->chunks(), digest, &ChunkInfo::raw) > 0;
      auto& list = lists[known ? 1 : 0];
      if (!seen.emplace(digest, std::pair(known, list.size())).second) continue;
      const auto stored = packer.pack(region, as_bytes(raw));
      list.push_back(
          {{static_cast<std::uint32_t>(raw.size()), static_cast<std::uint32_t>(stored.size()),
            digest, crypto::sha256(stored), 0},
           std::string(as_text(stored))});
    }
  }
  std::string image;
  for (const auto& list : lists) {
    for (const auto& chunk : list) {
      parts.chunks.push_back(chunk.info);
      image += chunk.stored;
    }
  }
  for (const auto& [digest, length] : stream) {
    const auto [known, number] = seen.at(digest);
    const auto shift = known ? lists[0].size() : 0;
    parts.segments.push_back({static_cast<std::uint32_t>(number + shift), length});
  }
  return {Index(std::move(parts)), std::move(image)};
}

class PatchScenario {
 public:
  explicit PatchScenario(BytesView choices) : choose_(choices) {
    std::vector<FileSketch> files;
    const auto count = 1 + choose_.below(6);
    for (unsigned i = 0; i < count; ++i) {
      FileSketch file{"file" + std::to_string(i) + (i % 2 == 0 ? ".js" : ".txt"), {}};
      const auto chunks = 1 + choose_.below(6);
      for (unsigned k = 0; k < chunks; ++k) file.chunks.push_back(fresh());
      files.push_back(std::move(file));
    }
    was_ = std::make_unique<ReleaseSketch>(release_of(files, nullptr));
    for (auto& file : files) edit(file);
    is_ = std::make_unique<ReleaseSketch>(
        release_of(files, choose_.one_in(8) ? nullptr : &was_->index));
  }

  // What is wrong with the patches is chosen by what is left of the string.
  std::string broken() {
    const auto plan = plan_patches(is_->index, was_->index);
    if (auto wrong = wrong_plan(plan); !wrong.empty()) return wrong;
    auto seen = was_->image;  // by the publisher, who makes none of what is not right
    if (choose_.one_in(4) && !seen.empty()) damage(seen);
    auto patches = written(plan, seen);
    bool sound = true;
    for (auto i = choose_.below(4); i > 0 && !patches.empty(); --i) {
      sound = false;
      damage(patches);
    }
    auto base = was_->image;
    if (choose_.one_in(4) && !base.empty()) {
      sound = false;
      damage(base);
    }
    return applied(patches, base, sound);
  }

  // With any file of patches.
  std::string broken_by(std::string_view patches) {
    return applied(std::string(patches), was_->image, false);
  }

  // A good file of patches, to begin with.
  std::string patches() const {
    return written(plan_patches(is_->index, was_->index), was_->image);
  }

 private:
  std::string fresh() {
    const std::size_t length = 1 + choose_.below(255) * std::size_t{97};
    const auto seed = choose_.below(7);
    return choose_.one_in(6) ? roost::test::random_bytes(length, seed)
                             : roost::test::text_bytes(length, seed);
  }

  std::size_t place(const std::string& text) {
    return text.empty() ? 0 : choose_.below(255) * (text.size() - 1) / 254;
  }

  void edit(FileSketch& file) {
    if (choose_.one_in(6)) file.name.insert(4, "-2");
    for (std::size_t i = 0; i < file.chunks.size(); ++i) {
      auto& chunk = file.chunks[i];
      switch (choose_.below(10)) {
        case 1:
          if (!chunk.empty()) chunk[place(chunk)] ^= 1;
          break;
        case 2:
          chunk.insert(place(chunk), roost::test::random_bytes(1 + choose_.below(200), 9));
          break;
        case 3:
          chunk.erase(place(chunk), 1 + choose_.below(200));
          break;
        case 4:
          chunk.clear();
          break;
        case 5:
          chunk = fresh();
          break;
        case 6:
          chunk = file.chunks[choose_.below(static_cast<unsigned>(file.chunks.size()))];
          break;
        default:
          break;
      }
    }
  }

  void damage(std::string& bytes) {
    switch (choose_.below(4)) {
      case 0:
        bytes[place(bytes)] ^= static_cast<char>(1 + choose_.below(255));
        break;
      case 1:  // the table is at the beginning
        bytes[choose_.below(static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 255)))] ^=
            static_cast<char>(1 + choose_.below(255));
        break;
      case 2:
        bytes.resize(place(bytes));
        break;
      default:
        bytes.insert(place(bytes), 1, static_cast<char>(choose_.below(255)));
    }
  }

  std::string wrong_plan(const PatchPlan& plan) const {
    std::uint32_t next = 0;
    for (const auto& run : plan.runs) {
      if (run.first < next || run.count == 0) return "runs overlap, or make nothing";
      next = run.first + run.count;
      if (next > is_->index.chunks().size()) return "a run is out of bounds";
      if (run.old.empty()) return "a run needs nothing";
      for (auto i = run.first; i < next; ++i) {
        const auto& raw = is_->index.chunks()[i].raw;
        if (std::ranges::count(was_->index.chunks(), raw, &ChunkInfo::raw) > 0) {
          return "a run makes what the base has";
        }
      }
      auto old = run.old;
      std::ranges::sort(old);
      if (std::ranges::adjacent_find(old) != old.end()) return "a run needs a chunk twice";
      if (old.back() >= was_->index.chunks().size()) return "an old chunk is out of bounds";
    }
    return {};
  }

  static UniqueFd in_memory(std::string_view bytes) {
    UniqueFd fd(memfd_create("patches", MFD_CLOEXEC));
    if (!fd) throw_errno("memfd_create");
    real_fs().write(fd.get(), as_bytes(bytes), 0);
    return fd;
  }

  std::string written(const PatchPlan& plan, const std::string& base) const {
    const roost::test::TempDir dir;
    const auto image_file = in_memory(is_->image);
    const auto base_file = in_memory(base);
    const auto tree =
        write_patches(real_fs(), plan, {is_->index, image_file.get(), was_->index, base_file.get()},
                      dir / "p", {});
    return tree ? roost::test::read_file(dir / "p") : std::string();
  }

  std::string applied(const std::string& patches, const std::string& base, bool sound) {
    const auto file = in_memory(patches);
    const auto base_file = in_memory(base);
    const auto scratch = in_memory("");
    std::vector<bool> there;
    if (choose_.one_in(4)) {
      sound = false;
      for (std::size_t i = 0; i < was_->index.chunks().size(); ++i) {
        there.push_back(!choose_.one_in(5));
      }
    }
    const auto form = form_of(file.get(), patches.size());
    PatchSet set;
    try {
      set = PatchSet::read(real_fs(), file.get(), patches.size(), is_->index);
    } catch (const Error& error) {
      if (error.code() != Errc::integrity) return std::string("read: ") + error.what();
      return sound && !patches.empty() ? error.what() : "";
    }
    if (form != set.patches().size()) return "without the index it reads otherwise";
    set.add(0, was_->index, there);
    ChunkMatch match(is_->index);
    const auto made =
        apply_patches(real_fs(), set, is_->index, match, {base_file.get()}, {scratch.get(), 1}, {});
    std::size_t promised = 0;
    for (const auto& patch : set.patches()) promised += patch.count;
    if (sound && match.found() != promised) return "a sound patch made not all chunks";
    return wrong_chunks(match, scratch.get(), made);
  }

  // How many patches there are by the file alone; nothing if that says that it is broken.
  static std::optional<std::size_t> form_of(int file, std::size_t size) {
    try {
      return PatchSet::form(real_fs(), file, size).patches;
    } catch (const Error& error) {
      if (error.code() != Errc::integrity) throw;
      return std::nullopt;
    }
  }

  std::string wrong_chunks(const ChunkMatch& match, int scratch, std::uint64_t made) const {
    std::uint64_t bytes = 0;
    for (std::uint32_t i = 0; i < is_->index.chunks().size(); ++i) {
      const auto place = match.find(i);
      if (!place) continue;
      const auto& chunk = is_->index.chunks()[i];
      Bytes stored(chunk.stored_length);
      if (place->source != 1) return "a made chunk is not in the scratch file";
      if (real_fs().read(scratch, stored, place->offset) != stored.size() ||
          crypto::sha256(stored) != chunk.stored) {
        return "a made chunk is not what the index names";
      }
      bytes += stored.size();
    }
    return bytes == made ? "" : "another number of bytes was made than told";
  }

  Choices choose_;
  std::unique_ptr<ReleaseSketch> was_;
  std::unique_ptr<ReleaseSketch> is_;
};

}  // namespace roost::release::test
