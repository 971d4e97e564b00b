// Whether a staged tree is what its publisher signed, byte for byte.
//
// Reads the descriptor and index that lie in TREE/.roost, trusts neither before
// the signature and the Merkle root hold, then reads every file back. Differences
// are answers. Any thread. Errors: not_found (no release there), integrity (no
// trusted key signed it, or the index beside it is not the signed one).
#pragma once

#include <filesystem>
#include <span>
#include <stop_token>
#include <vector>

#include "core/crypto/keys.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/verify.hpp"

namespace roost::peer {

struct StagedCheck {
  release::VerifiedDescriptor descriptor;
  std::vector<release::Mismatch> mismatches;
};

// tree may be a link to it, such as `current`.
StagedCheck verify_staged(const std::filesystem::path& tree,
                          std::span<const crypto::PublicKey> trusted, const std::stop_token& stop);

}  // namespace roost::peer
