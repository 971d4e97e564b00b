// A seeder's data directory, and every name in it:
//
//   lock format seeds/<release
//   id>/{descriptor.json,index.torrent,image.torrent,index,image,complete}
//
// A store holds the lock for its life: there is one writer. A seed is `complete`
// only once its files are on disk to stay, so what a restart finds marked needs no
// recheck. One thread. Errors: conflict naming the pid of the holder, usage for a
// directory that is something else or that a newer Roost wrote.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/fd.hpp"
#include "core/crypto/dsse.hpp"
#include "core/proto/metainfo.hpp"
#include "core/release/descriptor.hpp"

namespace roost::seeder {

// What the tracker has registered of a release, checked to belong together.
struct SeedPapers {
  crypto::Envelope envelope;
  release::Descriptor descriptor;
  proto::Metainfo index;
  std::optional<proto::Metainfo> image;

  // Throws Error{integrity} unless the payload is that release's, and the torrents the payload's.
  static SeedPapers check(const release::ReleaseId& id, crypto::Envelope envelope,
                          BytesView index_torrent, const std::optional<Bytes>& image_torrent);

  std::uint64_t bytes() const { return index.length() + (image ? image->length() : 0); }
};

class SeedFiles {
 public:
  std::filesystem::path index() const { return path_ / "index"; }
  std::filesystem::path image() const { return path_ / "image"; }

  void write(const SeedPapers& papers) const;  // durable
  SeedPapers read() const;                     // throws when something is missing or altered

  // Makes the files in full size; false when all were there before. Throws Error{no_space}.
  bool allocate(const SeedPapers& papers) const;

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
