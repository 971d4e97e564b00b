// A small signed release, and what it takes to stage it: no network, no tracker.
#pragma once

#include <fstream>
#include <map>
#include <string>

#include "core/crypto/dsse.hpp"
#include "core/crypto/keys.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/expand.hpp"
#include "core/release/pack.hpp"
#include "core/release/scan.hpp"
#include "core/release/verify.hpp"
#include "core/store/staging.hpp"
#include "tests/unit/store/temp_dir.hpp"

namespace roost::store {

inline void put_file(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string get_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Bytes that don't compress, the same for the same seed.
inline std::string noise(std::size_t size, std::uint64_t seed) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    byte = static_cast<char>(seed >> 56);
  }
  return bytes;
}

inline const crypto::SecretKey& sample_key() {
  static const auto key = crypto::SecretKey::generate();
  return key;
}

// What a tree's publisher would hand out.
struct Sample {
  release::VerifiedDescriptor descriptor;
  release::Index index;
  Bytes index_file;
  Bytes image;

  std::string dir() const {
    return descriptor.descriptor().release.version.str() + "-" + descriptor.id().short_hex();
  }

  static Sample of_tree(const std::string& ref, const std::filesystem::path& tree,
                        std::uint64_t sequence = 1) {
    const TempDir out;
    release::ScanOptions scan;
    scan.external_links = release::ExternalLinks::keep;
    auto packed = release::pack_tree(release::scan_tree(tree.string(), scan), out.path().string(),
                                     release::PackOptions{});
    release::Descriptor d{.release = release::ReleaseRef::parse(ref),
                          .sequence = sequence,
                          .base = {},
                          .index = release::FilePart::of(packed.index_tree),
                          .image = release::FilePart::of(packed.image_tree),
                          .tree_digest = packed.index.tree_digest(),
                          .tree_bytes = packed.index.tree_bytes(),
                          .entries = packed.index.entries().size(),
                          .files = packed.index.files(),
                          .chunks = packed.index.chunks().size(),
                          .hooks = {},
                          .linked = {},
                          .provenance = {.created = 1700000000, .tool = "test", .builder = ""}};
    const auto envelope = crypto::sign_envelope(release::kDescriptorType,
                                                as_bytes(release::serialise(d)), sample_key());
    const std::vector<crypto::PublicKey> trusted{sample_key().public_key()};
    const auto index_file = get_file(packed.index_path);
    const auto image = get_file(packed.image_path);
    return {release::verify_descriptor(envelope, trusted), std::move(packed.index),
            Bytes(index_file.begin(), index_file.end()), Bytes(image.begin(), image.end())};
  }

  // Files by path; a path that ends in '/' is an empty directory.
  static Sample of(const std::string& ref, const std::map<std::string, std::string>& files) {
    const TempDir tree;
    for (const auto& [path, bytes] : files) {
      if (path.ends_with('/')) {
        std::filesystem::create_directories(tree / path);
      } else {
        put_file(tree / path, bytes);
      }
    }
    return of_tree(ref, tree.path());
  }
};

inline StageOptions small_disk() {
  StageOptions options;
  options.space = {.free_fraction = 0, .free_bytes = 0, .free_inodes = 0};
  return options;
}

// Every chunk of the image into the tree.
inline void expand_all(const Sample& sample, StagingTree& tree) {
  release::Expander expander(sample.index, tree);
  for (std::uint32_t chunk = 0; chunk < sample.index.chunks().size(); ++chunk) {
    const auto& info = sample.index.chunks()[chunk];
    expander.expand(chunk, BytesView(sample.image).subspan(info.offset, info.stored_length));
  }
}

inline StagedRelease stage(const App& app, const Sample& sample,
                           const StageOptions& options = small_disk()) {
  StagingTree tree(app, sample.descriptor, sample.index, sample.index_file, options);
  expand_all(sample, tree);
  return tree.commit();
}

inline std::vector<release::Mismatch> differences(const std::filesystem::path& tree,
                                                  const Sample& sample) {
  return release::verify_tree(tree.string(), sample.index, release::VerifyOptions{});
}

}  // namespace roost::store
