// A seeder's data directory, and every name in it:
//
//   lock format seeds/<release id>/descriptor.json
//   seeds/<release id>/{PART,PART.torrent,PART.complete} for index, image and patches
//
// A store holds the lock for its life: there is one writer. A part is `complete`
// only once its file is on disk to stay, so what a restart finds marked needs no
// recheck, and what it doesn't is all that it looks at. One thread. Errors: conflict naming the pid
// of the holder, usage for a directory that is something else or that a newer Roost wrote.
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
  std::vector<Part> parts;  // index, image unless it is empty, patches if the tracker has any

  // Throws Error{integrity} unless the payload is that release's, and the torrents the payload's.
  static SeedPapers check(const release::ReleaseId& id, crypto::Envelope envelope,
                          const SeedTorrents& torrents);
};

class SeedFiles {
 public:
  std::filesystem::path path_of(const SeedPapers::Part& part) const { return path_ / part.name; }

  void write(const SeedPapers& papers) const;  // durable
  SeedPapers read() const;                     // throws when something is missing or altered

  // A marked file that is gone, or of another size, is not.
  bool complete(const SeedPapers::Part& part) const;

  // Makes the file of a part that is not complete in full size; false when there was one,
  // of which any piece may be good. Throws Error{no_space}.
  bool allocate(const SeedPapers::Part& part) const;

  void mark_complete(const SeedPapers::Part& part) const;  // syncs its file first
  void discard(const SeedPapers::Part& part) const;        // its file, if there is one

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
