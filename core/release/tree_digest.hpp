// The identity of a tree: what two releases with the same contents share, whatever
// their base, chunk order, compression and modification times. Private to core/release.
#pragma once

#include "core/release/index.hpp"

namespace roost::release {

// SHA-256 over the canonical form that docs/formats.md specifies. Pure.
Sha256 tree_digest(const IndexParts& parts);

}  // namespace roost::release
