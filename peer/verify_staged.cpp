#include "peer/verify_staged.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/error.hpp"
#include "core/base/fs.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/merkle.hpp"
#include "core/store/layout.hpp"

namespace roost::peer {
namespace {

namespace fs = std::filesystem;

Bytes read_file(const fs::path& path, std::uint64_t limit) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) throw_errno("read " + path.string());
  if (static_cast<std::uint64_t>(info.st_size) > limit) {
    throw Error(Errc::integrity, "read " + path.string() + ": larger than it can be");
  }
  Bytes bytes(static_cast<std::size_t>(info.st_size));
  bytes.resize(real_fs().read(fd.get(), bytes, 0));
  return bytes;
}

release::VerifiedDescriptor read_descriptor(const fs::path& tree,
                                            std::span<const crypto::PublicKey> trusted) {
  const auto file = tree / store::layout::kReserved / store::layout::kDescriptor;
  if (!fs::exists(file)) {
    throw Error(Errc::not_found, "verify " + tree.string() + ": no staged release there",
                "give a directory under apps/NAME/releases, or apps/NAME/current");
  }
  const auto bytes = read_file(file, crypto::kMaxEnvelope);
  return release::verify_descriptor(crypto::parse_envelope(as_text(bytes)), trusted);
}

release::Index read_index(const fs::path& tree, const release::FilePart& part) {
  const auto file = tree / store::layout::kReserved / store::layout::kIndex;
  const auto bytes = read_file(file, part.size);
  crypto::MerkleHasher hasher;
  hasher.update(bytes);
  if (bytes.size() != part.size || hasher.finish().root != part.pieces_root) {
    throw Error(Errc::integrity, "verify " + file.string() + ": it is not the signed index",
                "stage the release again");
  }
  return release::parse_index(bytes);
}

// The node's image of it, if the tree lies in a node's root and the image is still
// there: with it a difference is pinned to one file. Only believed after its own
// chunks' digests hold, so a rotten one does no harm.
std::string image_of(const fs::path& tree, const release::ReleaseId& id) {
  const auto root = tree.parent_path().parent_path().parent_path().parent_path();
  const auto image = root / store::layout::kImages / id.hex() / store::layout::kImage;
  return fs::exists(image) ? image.string() : std::string();
}

}  // namespace

StagedCheck verify_staged(const fs::path& given, std::span<const crypto::PublicKey> trusted,
                          const std::stop_token& stop) {
  std::error_code error;
  const auto tree = fs::canonical(given, error);
  if (error) throw_errno(error.value(), "verify " + given.string());
  auto descriptor = read_descriptor(tree, trusted);
  const auto index = read_index(tree, descriptor.descriptor().index);
  release::VerifyOptions options;
  options.image = image_of(tree, descriptor.id());
  options.stop = stop;
  auto mismatches = release::verify_tree(tree.string(), index, options);
  return {std::move(descriptor), std::move(mismatches)};
}

}  // namespace roost::peer
