#include "core/store/images.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "core/crypto/merkle.hpp"
#include "core/store/crc32.hpp"
#include "core/store/files.hpp"
#include "core/store/layout.hpp"

namespace roost::store {
namespace {

// `have`: magic, CRC-32 of what follows, number of pieces, boot id as the kernel writes it, bits
// (piece 0 is the highest bit of the first byte). Numbers are little-endian.
constexpr std::string_view kMagic = "ROOSTHV1";
constexpr std::size_t kBootId = 36;
constexpr std::uint64_t kMaxOffer = 64ULL << 20U;  // three torrents in base64, and more
constexpr std::size_t kBits = kMagic.size() + 8 + kBootId;

void put_u32(std::uint8_t* at, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint32_t get_u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
  return value;
}

const char* name_of(Image::File file) {
  switch (file) {
    case Image::File::index:
      return layout::kIndex;
    case Image::File::patches:
      return layout::kPatches;
    case Image::File::image:
      break;
  }
  return layout::kImage;
}

std::string boot_id(Fs& fs) {
  Bytes text(kBootId);
  const auto fd = fs.open_path("/proc/sys/kernel/random/boot_id", O_RDONLY);
  text.resize(fs.read(fd.get(), text, 0));
  return std::string(as_text(text));
}

}  // namespace

Image Image::open(const Root& root, const release::ReleaseId& id) {
  const auto images = open_dir(root.fs(), root.dir(), layout::kImages);
  auto dir = open_or_make_dir(root.fs(), images.get(), id.hex(), 0755);
  return Image(root, root.path() / layout::kImages / id.hex(), std::move(dir));
}

std::filesystem::path Image::path(File file) const {
  return path_ / name_of(file);
}

void Image::allocate(std::uint64_t size) const {
  const auto found = fs_->stat_at(dir_.get(), layout::kImage);
  if (found && static_cast<std::uint64_t>(found->st_size) == size) return;
  const auto fd =
      fs_->open(dir_.get(), layout::kImage, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
  try {
    fs_->allocate(fd.get(), size);
  } catch (const Error&) {
    fs_->unlink(dir_.get(), layout::kImage);
    throw;
  }
}

bool Image::has(File file, const release::FilePart& part) const {
  try {
    const auto found = fs_->stat_at(dir_.get(), name_of(file));
    if (!found || static_cast<std::uint64_t>(found->st_size) != part.size) return false;
    const auto fd = open_file(file, O_RDONLY);
    crypto::MerkleHasher hasher;
    Bytes buffer(std::min<std::uint64_t>(part.size, 1U << 20));
    for (std::uint64_t at = 0; at < part.size;) {
      const auto got = fs_->read(fd.get(), buffer, at);
      if (got == 0) return false;
      hasher.update(BytesView(buffer).first(got));
      at += got;
    }
    return release::FilePart::of(hasher.finish()) == part;
  } catch (const Error&) {
    return false;  // unreadable
  }
}

void Image::remove(File file) const {
  if (fs_->stat_at(dir_.get(), name_of(file))) fs_->unlink(dir_.get(), name_of(file));
}

UniqueFd Image::open_file(File file, int flags) const {
  return fs_->open(dir_.get(), name_of(file), flags | O_NOFOLLOW);
}

void Image::write(File file, BytesView bytes) const {
  replace_file(*fs_, dir_.get(), name_of(file), bytes, Durable::no);
}

Bytes Image::read(File file, std::uint64_t size_limit) const {
  return read_file(*fs_, dir_.get(), name_of(file), size_limit);
}

void Image::write_offer(BytesView bytes) const {
  replace_file(*fs_, dir_.get(), layout::kOffer, bytes, Durable::no);
}

Bytes Image::read_offer() const {
  return read_file(*fs_, dir_.get(), layout::kOffer, kMaxOffer);
}

Have Image::load_have(std::size_t pieces) const {
  const auto size = kBits + (pieces + 7) / 8;
  std::optional<Bytes> bytes;
  try {
    bytes = read_if_there(*fs_, dir_.get(), layout::kHave, size);
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) throw;
  }
  if (!bytes || bytes->size() != size ||
      as_text(BytesView(*bytes).first(kMagic.size())) != kMagic) {
    return {};
  }
  const auto body = BytesView(*bytes).subspan(kMagic.size() + 4);
  if (get_u32(bytes->data() + kMagic.size()) != crc32(body) || get_u32(body.data()) != pieces) {
    return {};
  }
  Have have;
  have.must_be_reverified = as_text(body.subspan(4, kBootId)) != boot_id(*fs_);
  have.pieces.resize(pieces);
  for (std::size_t i = 0; i < pieces; ++i) {
    have.pieces[i] = ((*bytes)[kBits + i / 8] >> (7 - i % 8) & 1U) != 0;
  }
  return have;
}

void Image::save_have(const std::vector<bool>& pieces) const {
  Bytes bytes(kBits + (pieces.size() + 7) / 8);
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  put_u32(bytes.data() + kMagic.size() + 4, static_cast<std::uint32_t>(pieces.size()));
  const auto boot = boot_id(*fs_);
  std::memcpy(bytes.data() + kMagic.size() + 8, boot.data(), std::min(boot.size(), kBootId));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i]) bytes[kBits + i / 8] |= static_cast<std::uint8_t>(0x80U >> (i % 8));
  }
  put_u32(bytes.data() + kMagic.size(), crc32(BytesView(bytes).subspan(kMagic.size() + 4)));
  replace_file(*fs_, dir_.get(), layout::kHave, bytes, Durable::no);
}

std::vector<release::ReleaseId> list_images(const Root& root) {
  std::vector<release::ReleaseId> ids;
  const auto images = open_dir(root.fs(), root.dir(), layout::kImages);
  for (const auto& entry : root.fs().list(images.get())) {
    Sha256 digest;
    if (from_hex(entry.name, digest.bytes)) ids.push_back({digest});
  }
  return ids;
}

std::uint64_t remove_image(const Root& root, const release::ReleaseId& id) {
  const auto images = open_dir(root.fs(), root.dir(), layout::kImages);
  return remove_tree(root.fs(), images.get(), id.hex());
}

}  // namespace roost::store
