// The descriptor: the signed statement of what a release is (docs/formats.md).
//
// Payload is JSON; the signature covers its exact bytes (DSSE), so whoever
// passes a descriptor on passes the envelope, never a re-serialised value.
// parse_descriptor bounds every field, names an unknown format version, and
// refuses unknown fields but for those that begin with "x-". Pure; any thread.
// Throws Error{integrity}.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"
#include "core/base/rel_path.hpp"
#include "core/crypto/merkle.hpp"
#include "core/release/names.hpp"

namespace roost::crypto {
struct Envelope;
class PublicKey;
}  // namespace roost::crypto

namespace roost::release {

inline constexpr std::string_view kDescriptorType = "application/vnd.roost.descriptor.v1+json";
inline constexpr std::size_t kMaxDescriptorBytes = 64 * 1024;

// One of the files that travel. piece_length is piece_length_for(size); another is refused.
struct FilePart {
  std::uint64_t size = 0;
  Sha256 pieces_root;  // BEP 52; all zero when size is 0
  std::uint32_t piece_length = crypto::kBlockSize;

  static FilePart of(const crypto::MerkleTree& tree) {
    return {tree.size, tree.root, tree.piece_length};
  }
  bool operator==(const FilePart&) const = default;
};

struct BaseRelease {
  ReleaseRef release;
  ReleaseId id;
  bool operator==(const BaseRelease&) const = default;
};

struct Provenance {
  std::int64_t created = 0;  // Unix seconds
  std::string tool;          // "roost 0.1.0"
  std::string builder;       // host or job, may be empty
  bool operator==(const Provenance&) const = default;
};

struct Descriptor {
  ReleaseRef release;
  std::uint64_t sequence = 0;  // rises with every release of the name, from 1
  std::optional<BaseRelease> base{};
  FilePart index{};
  FilePart image{};
  std::optional<FilePart> patches{};  // what a node that has the base makes new chunks of
  Sha256 tree_digest{};
  std::uint64_t tree_bytes = 0;
  std::uint64_t entries = 0;
  std::uint64_t files = 0;
  std::uint64_t chunks = 0;
  std::map<std::string, std::vector<std::string>> hooks{};  // name -> argv, argv[0] in the tree
  std::vector<RelPath> linked{};                            // what appears as links to shared/
  Provenance provenance{};

  bool operator==(const Descriptor&) const = default;
};

std::string serialise(const Descriptor& descriptor);  // the payload: one line of compact JSON
Descriptor parse_descriptor(BytesView payload);
ReleaseId release_id_of(BytesView payload);

// A descriptor whose signature held. Only verify_descriptor makes one. Cheap to copy.
class VerifiedDescriptor {
 public:
  const ReleaseId& id() const noexcept { return id_; }
  const Descriptor& descriptor() const noexcept { return *descriptor_; }
  const crypto::Envelope& envelope() const noexcept { return *envelope_; }

 private:
  friend VerifiedDescriptor verify_descriptor(const crypto::Envelope&,
                                              std::span<const crypto::PublicKey>);
  VerifiedDescriptor(ReleaseId id, std::shared_ptr<const Descriptor> descriptor,
                     std::shared_ptr<const crypto::Envelope> envelope)
      : id_(id), descriptor_(std::move(descriptor)), envelope_(std::move(envelope)) {}

  ReleaseId id_;
  std::shared_ptr<const Descriptor> descriptor_;
  std::shared_ptr<const crypto::Envelope> envelope_;
};

// Throws Error{integrity} when no trusted key signed it, or the payload is no descriptor.
VerifiedDescriptor verify_descriptor(const crypto::Envelope& envelope,
                                     std::span<const crypto::PublicKey> trusted);

}  // namespace roost::release
