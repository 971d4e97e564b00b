// A release's index as it lies beside its image.
//
// Read whole, hashed against the descriptor, parsed, and compared with what the descriptor states
// of the tree. Error{integrity} when it is not that index, not_found when there is none.
#pragma once

#include "core/release/descriptor.hpp"
#include "core/release/index.hpp"
#include "core/store/images.hpp"

namespace roost::peer {

release::Index read_index(const store::Image& image, const release::Descriptor& descriptor);

// Of bytes that were verified as they came.
release::Index parse_index(BytesView file, const release::Descriptor& descriptor);

}  // namespace roost::peer
