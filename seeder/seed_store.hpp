// A seeder's data directory, and every name in it:
//
//   lock format seeds/<release id>/{descriptor.json,complete}
//   seeds/<release id>/PART, seeds/<release id>/PART.torrent for index, image and patches
//
// A store holds the lock for its life: there is one writer. A seed is `complete`
// only once its files are on disk to stay, so what a restart finds marked needs no
// recheck. One thread. Errors: conflict naming the pid of the holder, usage for a
// directory that is something else or that a newer Roost wrote.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/fd.hpp"
#include "core/crypto/dsse.hpp"
#include "core/proto/metainfo.hpp"
#include "core/release/descriptor.hpp"

namespace roost::seeder {

inline constexpr const char* kIndexPart = "index";
inline constexpr const char* kImagePart = "image";
inline constexpr const char* kPatchesPart = "patches";

struct SeedTorrents {
  Bytes index;
  std::optional<Bytes> image;
  std::optional<Bytes> patches;
};

// What the tracker has registered of a release, checked to belong together.
struct SeedPapers {
  struct Part {
    std::string name;
    proto::Metainfo torrent;
  };

  crypto::Envelope envelope;
  release::Descriptor descriptor;
  std::vector<Part> parts;  // index, image unless it is empty, patches if there are any here

  // Throws Error{integrity} unless the payload is that release's, and the torrents the payload's.
  static SeedPapers check(const release::ReleaseId& id, crypto::Envelope envelope,
                          const SeedTorrents& torrents);

  std::uint64_t bytes() const;
};

class SeedFiles {
 public:
  std::filesystem::path path_of(const SeedPapers::Part& part) const { return path_ / part.name; }

  void write(const SeedPapers& papers) const;  // durable
  SeedPapers read() const;                     // throws when something is missing or altered

  // Makes the files in full size; false when all were there before. Throws Error{no_space}.
  bool allocate(const SeedPapers& papers) const;

  void drop(const SeedPapers::Part& part) const;  // both its files

  bool complete() const;
  void mark_complete(const SeedPapers& papers) const;  // syncs the files first

 private:
  friend class SeedStore;
  SeedFiles(std::filesystem::path path, UniqueFd dir, release::ReleaseId id)
      : path_(std::move(path)), dir_(std::move(dir)), id_(id) {}

  std::filesystem::path path_;
  UniqueFd dir_;
  release::ReleaseId id_;
};

class SeedStore {
 public:
  explicit SeedStore(const std::filesystem::path& data);

  std::vector<release::ReleaseId> list() const;
  SeedFiles open(const release::ReleaseId& id) const;  // made when missing
  void remove(const release::ReleaseId& id) const;     // nothing happens when it isn't there

 private:
  void take_lock();
  void check_format();

  std::filesystem::path path_;
  UniqueFd dir_, lock_, seeds_;
};

}  // namespace roost::seeder
