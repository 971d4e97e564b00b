// images/<release id>/{index,patches,image,have,offer.json}: the bytes that the swarm exchanges.
//
// `have` says which pieces of the image were verified, and during which boot of
// the machine: piece data survives the death of a process but not of the kernel
// unless it was synced, so after a reboot the bits are only a hint and every
// piece must be hashed again before it counts. It is written whole, with a CRC,
// under a temporary name, then renamed. Index and patches have no bits: they are small,
// and who opens them checks them against the descriptor. One thread at a time per image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include "core/release/descriptor.hpp"
#include "core/release/names.hpp"
#include "core/store/root.hpp"

namespace roost::store {

struct Have {
  std::vector<bool> pieces;         // empty when nothing is known
  bool must_be_reverified = false;  // another boot, so what they say may be lost
};

class Image {
 public:
  // Makes the directory when missing.
  static Image open(const Root& root, const release::ReleaseId& id);

  // The files that travel.
  enum class File { index, patches, image };
  std::filesystem::path path(File file) const;

  // Whether the file is there with these very bytes: it is read to the end.
  bool has(File file, const release::FilePart& part) const;

  void remove(File file) const;                    // if it is there
  UniqueFd open_file(File file, int flags) const;  // by the flags of open(2); Errc::not_found
  void write(File file, BytesView bytes) const;    // temporary name, rename
  Bytes read(File file, std::uint64_t size_limit) const;  // not_found; integrity when larger

  // Makes the file with its blocks reserved; keeps an image of that size as it is. Errc::no_space
  // leaves nothing behind.
  void allocate(std::uint64_t size) const;

  // The offer that the image came with, so that it can be shared again after a restart.
  void write_offer(BytesView bytes) const;  // temporary name, rename
  Bytes read_offer() const;                 // Errc::not_found

  // A damaged or missing file gives no pieces, as does one whose count differs.
  Have load_have(std::size_t pieces) const;
  void save_have(const std::vector<bool>& pieces) const;

 private:
  Image(const Root& root, std::filesystem::path path, UniqueFd dir)
      : fs_(&root.fs()), path_(std::move(path)), dir_(std::move(dir)) {}

  Fs* fs_;
  std::filesystem::path path_;
  UniqueFd dir_;
};

// Ids of the images on this root.
std::vector<release::ReleaseId> list_images(const Root& root);

// Bytes freed. Nothing happens when it isn't there.
std::uint64_t remove_image(const Root& root, const release::ReleaseId& id);

}  // namespace roost::store
