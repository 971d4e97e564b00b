#include "peer/index_file.hpp"

#include "core/base/error.hpp"

namespace roost::peer {

release::Index parse_index(BytesView file, const release::Descriptor& descriptor) {
  auto index = release::parse_index(file);
  if (index.tree_digest() == descriptor.tree_digest &&
      index.image_bytes() == descriptor.image.size && index.tree_bytes() == descriptor.tree_bytes &&
      index.entries().size() == descriptor.entries) {
    return index;
  }
  throw Error(Errc::integrity,
              "check index of " + descriptor.release.str() +
                  ": it is not the tree that the descriptor states",
              "publish the release again: its publisher signed a contradiction");
}

release::Index read_index(const store::Image& image, const release::Descriptor& descriptor) {
  constexpr auto kFile = store::Image::File::index;
  if (!image.has(kFile, descriptor.index)) {
    throw Error(Errc::integrity, "read index of " + descriptor.release.str() +
                                     ": it is missing, or not the signed one");
  }
  return parse_index(image.read(kFile, descriptor.index.size), descriptor);
}

}  // namespace roost::peer
