// What must hold before the registry hears of a publisher's wish: signatures,
// and that everything says the same about the release.
//
// Pure: no registry, no clock. The results are tokens that only these functions
// make; whether their signer owns the name, and whether sequence and versions
// follow, the registry decides in its transaction. Throw Error: usage for what
// contradicts itself, integrity for what does not match its signature or hash,
// not_authorised for a key that is not trusted here.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/crypto/keys.hpp"
#include "core/proto/metainfo.hpp"
#include "core/proto/registration.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/statement.hpp"

namespace roost::tracker {

// Who signed, and how the tracker knows: one of the keys it was configured
// with, or a key that came along and must prove to be the name's owner.
struct Signer {
  crypto::PublicKey key;
  bool configured = false;
};

class AdmittedRelease {
 public:
  const Signer& signer() const noexcept { return signer_; }
  const release::VerifiedDescriptor& descriptor() const noexcept { return descriptor_; }
  const proto::Metainfo& index() const noexcept { return index_; }
  const std::optional<proto::Metainfo>& image() const noexcept { return image_; }
  const std::optional<Bytes>& index_bytes() const noexcept { return index_bytes_; }
  // Nothing also when they are signed, but who registers has none: see Registry::record().
  const std::optional<proto::Metainfo>& patches() const noexcept { return patches_; }
  const std::optional<Bytes>& patches_bytes() const noexcept { return patches_bytes_; }
  const std::vector<release::VerifiedChannel>& channels() const noexcept { return channels_; }
  const Endpoint& seeder() const noexcept { return seeder_; }
  const std::string& seeder_zone() const noexcept { return seeder_zone_; }

 private:
  friend AdmittedRelease admit(const proto::Registration&, std::span<const crypto::PublicKey>);
  AdmittedRelease(Signer signer, release::VerifiedDescriptor descriptor, proto::Metainfo index)
      : signer_(std::move(signer)), descriptor_(std::move(descriptor)), index_(std::move(index)) {}

  Signer signer_;
  release::VerifiedDescriptor descriptor_;
  proto::Metainfo index_;
  std::optional<proto::Metainfo> image_;
  std::optional<Bytes> index_bytes_;
  std::optional<proto::Metainfo> patches_;
  std::optional<Bytes> patches_bytes_;
  std::vector<release::VerifiedChannel> channels_;
  Endpoint seeder_;
  std::string seeder_zone_;
};

// trust: the configured keys; empty means that the registration's own key may sign.
AdmittedRelease admit(const proto::Registration& registration,
                      std::span<const crypto::PublicKey> trust);

// For a statement that comes alone: owner is the name's.
release::VerifiedChannel admit_channel(const crypto::Envelope& statement,
                                       const crypto::PublicKey& owner,
                                       std::span<const crypto::PublicKey> trust);
release::VerifiedUnpublish admit_unpublish(const crypto::Envelope& statement,
                                           const crypto::PublicKey& owner,
                                           std::span<const crypto::PublicKey> trust);

}  // namespace roost::tracker
