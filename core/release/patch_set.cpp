#include <algorithm>
#include <string>

#include "core/release/digest_keys.hpp"
#include "core/release/patch_format.hpp"
#include "core/release/patches.hpp"
#include "core/release/varint.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {
namespace {

constexpr const char* kWhat = "read patches";

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, std::string(kWhat) + ": " + why);
}

Bytes read_all(Fs& fs, int file, std::uint64_t offset, std::size_t length) {
  Bytes bytes(length);
  if (fs.read(file, bytes, offset) != length) refuse("the file is truncated");
  return bytes;
}

// The sum of the raw lengths of chunks [first, first + count).
std::uint64_t raw_bytes(const Index& index, std::uint32_t first, std::uint32_t count) {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < count && bytes <= kMaxPatchedBytes; ++i) {
    bytes += index.chunks()[first + i].raw_length;
  }
  if (bytes > kMaxPatchedBytes) refuse("a patch makes too many bytes");
  return bytes;
}

}  // namespace

PatchSet PatchSet::read(Fs& fs, int file, std::uint64_t size, const Index& wanted) {
  return parse(fs, file, size, &wanted);
}

PatchSet::Form PatchSet::form(Fs& fs, int file, std::uint64_t size) {
  const auto set = parse(fs, file, size, nullptr);
  Form form{set.patches_.size(), 0, 0};
  for (const Patch& patch : set.patches_) {
    form.chunks += patch.count;
    form.frame_bytes += patch.frame_length;
  }
  return form;
}

// Without an index a table may speak of any chunks, of any length.
PatchSet PatchSet::parse(Fs& fs, int file, std::uint64_t size, const Index* wanted) {
  if (size < kPatchesHeader) refuse("the file is truncated");
  const Bytes head = read_all(fs, file, 0, kPatchesHeader);
  ByteReader header(head, kWhat);
  if (as_text(header.take(kPatchesMagic.size())) != kPatchesMagic) refuse("not a file of patches");
  const std::uint32_t format = header.u32();
  if (format != kPatchesFormat) {
    throw Error(
        Errc::integrity,
        std::string(kWhat) + ": format " + std::to_string(format) + " is not known to this version",
        "a newer roost reads it");
  }
  const std::uint32_t count = header.u32();
  const std::uint32_t length = header.u32();
  const auto chunks =
      wanted == nullptr ? ~std::uint32_t{0} : static_cast<std::uint32_t>(wanted->chunks().size());
  if (count > chunks) refuse("more patches than chunks");
  if (length > kMaxPatchTable) refuse("its table is too long");
  if (length > size - kPatchesHeader) refuse("the file is truncated");
  const Bytes table = read_all(fs, file, kPatchesHeader, length);

  PatchSet set;
  set.file_ = file;
  ByteReader reader(table, kWhat);
  std::uint32_t next = 0;  // the first chunk that no patch made yet
  std::uint64_t frame = kPatchesHeader + length;
  for (std::uint32_t i = 0; i < count; ++i) {
    Patch patch;
    patch.first = next + static_cast<std::uint32_t>(reader.varint(chunks - next));
    patch.count = static_cast<std::uint32_t>(reader.varint(chunks - patch.first));
    if (patch.count == 0) refuse("a patch makes nothing");
    patch.raw_bytes =
        wanted == nullptr ? kMaxPatchedBytes : raw_bytes(*wanted, patch.first, patch.count);
    patch.old_first = static_cast<std::uint32_t>(set.old_.size());
    patch.old_count = static_cast<std::uint32_t>(reader.varint(reader.left() / kOldKeyBytes));
    if (patch.old_count == 0) refuse("a patch needs nothing");
    for (std::uint32_t k = 0; k < patch.old_count; ++k) {
      set.old_.push_back(Old{});
      set.old_.back().key = reader.u64();
    }
    patch.frame = frame;
    patch.frame_length = reader.varint(patch.raw_bytes + kShortPatch);
    if (patch.frame_length > size - frame) refuse("the file is truncated");
    frame += patch.frame_length;
    next = patch.first + patch.count;
    set.patches_.push_back(patch);
  }
  if (reader.left() != 0) refuse("bytes are left over in its table");
  if (frame != size) refuse("it has another length than its table says");
  return set;
}

void PatchSet::add(std::uint32_t source, const Index& image, const std::vector<bool>& there) {
  const auto keys = digest_keys(image, &ChunkInfo::raw);
  for (Old& old : old_) {
    if (old.source != kNowhere) continue;
    for (const auto& [key, number] : keys_with(keys, old.key)) {
      if (!there.empty() && !there[number]) continue;
      const ChunkInfo& chunk = image.chunks()[number];
      old = {old.key, source, chunk.raw_length, chunk.stored_length, chunk.offset};
      break;
    }
  }
}

std::optional<std::uint64_t> PatchSet::prefix_bytes(const Patch& patch) const noexcept {
  std::uint64_t bytes = 0;
  for (const Old& old : old_of(patch)) {
    if (old.source == kNowhere) return std::nullopt;
    bytes += old.raw_length;
    if (bytes > kMaxPrefixBytes) return std::nullopt;
  }
  return bytes;
}

bool PatchSet::usable() const noexcept {
  return std::any_of(patches_.begin(), patches_.end(),
                     [&](const Patch& patch) { return prefix_bytes(patch).has_value(); });
}

bool read_raw(Fs& fs, int file, std::uint64_t offset, std::uint32_t stored_length,
              std::span<std::uint8_t> raw, Bytes& stored) {
  try {
    if (stored_length == raw.size()) return fs.read(file, raw, offset) == raw.size();
    if (stored.size() < stored_length) stored.resize(stored_length);
    const auto room = std::span(stored).first(stored_length);
    return fs.read(file, room, offset) == room.size() && decompress_exactly(room, raw);
  } catch (const Error&) {
    return false;  // a bad sector, say
  }
}

}  // namespace roost::release
