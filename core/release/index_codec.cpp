#include "core/release/index_codec.hpp"

#include <algorithm>

#include "core/crypto/sha256.hpp"
#include "core/release/varint.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {
namespace {

constexpr std::size_t kMaxBody = std::size_t{1} << 30;
constexpr std::size_t kDigestBytes = 32;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, "read index: " + why);
}

void check_magic(ByteReader& reader) {
  if (reader.left() < kIndexMagic.size() ||
      as_text(reader.take(kIndexMagic.size())) != kIndexMagic) {
    refuse("not an index");
  }
  const std::uint32_t format = reader.u32();
  if (format != kIndexFormat) {
    throw Error(Errc::integrity,
                "read index: format " + std::to_string(format) + " is not known to this version",
                "a newer roost reads it");
  }
}

std::uint32_t bounded(std::uint32_t value, std::size_t limit, const char* what) {
  if (value > limit) refuse(std::string("too many ") + what);
  return value;
}

void read_digests(ByteReader& reader, std::vector<ChunkInfo>& chunks) {
  for (ChunkInfo& chunk : chunks) chunk.raw = reader.digest();
  for (ChunkInfo& chunk : chunks) chunk.stored = chunk.compressed() ? reader.digest() : chunk.raw;
}

}  // namespace

void seal_index(Bytes& bytes) {
  put_bytes(bytes, crypto::sha256(bytes).bytes);
}

Bytes serialise(const Index& index) {
  const Bytes body = encode_body(index);
  if (body.size() > kMaxBody) {
    throw Error(Errc::usage, "write index: the tree's paths and links take more than 1 GiB");
  }
  Compressor compressor(index_parameters());
  const BytesView stored = compressor.compress(body);
  Bytes out;
  out.reserve(stored.size() + 64 * index.chunks().size() + 128);
  put_bytes(out, as_bytes(kIndexMagic));
  put_u32(out, kIndexFormat);
  put_u32(out, static_cast<std::uint32_t>(index.entries().size()));
  put_u32(out, static_cast<std::uint32_t>(index.chunks().size()));
  put_u32(out, static_cast<std::uint32_t>(index.segments().size()));
  put_u32(out, static_cast<std::uint32_t>(body.size()));
  put_u32(out, static_cast<std::uint32_t>(stored.size()));
  put_bytes(out, stored);
  for (const ChunkInfo& chunk : index.chunks()) put_bytes(out, chunk.raw.bytes);
  for (const ChunkInfo& chunk : index.chunks()) {
    if (chunk.compressed()) put_bytes(out, chunk.stored.bytes);
  }
  seal_index(out);
  return out;
}

Index parse_index(BytesView bytes) {
  ByteReader reader(bytes);
  check_magic(reader);
  // Before the digest, so that a file cut short is called that and not altered.
  IndexCounts counts;
  counts.entries = bounded(reader.u32(), kMaxEntries, "entries");
  counts.chunks = bounded(reader.u32(), kMaxChunks, "chunks");
  counts.segments = bounded(reader.u32(), kMaxSegments, "segments");
  const std::uint32_t raw_length = bounded(reader.u32(), kMaxBody, "bytes");
  const std::uint32_t stored_length = reader.u32();
  if (reader.left() < stored_length + std::uint64_t{counts.chunks} * kDigestBytes + kDigestBytes) {
    refuse("it is truncated");
  }
  const BytesView sealed = bytes.first(bytes.size() - kDigestBytes);
  if (!std::ranges::equal(crypto::sha256(sealed).bytes, bytes.last(kDigestBytes))) {
    refuse("it does not have the digest that it ends with: truncated or altered");
  }
  const Bytes body = decompress(reader.take(stored_length), raw_length);
  IndexParts parts = decode_body(body, counts);
  read_digests(reader, parts.chunks);
  if (reader.left() != kDigestBytes) refuse("bytes are left over");
  return Index(std::move(parts));
}

}  // namespace roost::release
