#include "core/release/expand.hpp"

#include "core/base/error.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {
namespace {

[[noreturn]] void refuse(std::uint32_t number, const char* why) {
  throw Error(Errc::integrity, "expand chunk " + std::to_string(number) + ": " + why);
}

void check_digest(const ChunkInfo& chunk, std::uint32_t number, BytesView raw) {
  if (raw.size() != chunk.raw_length || crypto::sha256(raw) != chunk.raw) {
    refuse(number, "its bytes do not have the digest that the index names");
  }
}

}  // namespace

BytesView raw_bytes_of(const ChunkInfo& chunk, std::uint32_t number, BytesView stored) {
  if (stored.size() != chunk.stored_length) refuse(number, "it has another length");
  if (!chunk.compressed()) {
    check_digest(chunk, number, stored);
    return stored;
  }
  thread_local Bytes buffer;  // grown once to the longest chunk, so no page is faulted in twice
  if (buffer.size() < chunk.raw_length) buffer.resize(chunk.raw_length);
  const std::span<std::uint8_t> raw(buffer.data(), chunk.raw_length);
  if (!decompress_exactly(stored, raw)) refuse(number, "it can't be decompressed");
  check_digest(chunk, number, raw);
  return raw;
}

Expander::Expander(const Index& index, TreeSink& sink)
    : index_(index), sink_(sink), places_(index) {}

void Expander::expand(std::uint32_t chunk, BytesView stored) {
  write(chunk, raw_bytes_of(index_.chunks().at(chunk), chunk, stored));
}

void Expander::write(std::uint32_t chunk, BytesView raw) {
  places_.for_each(chunk, [&](const Places::Run& run) {
    sink_.write(run.entry, run.file_offset, raw.subspan(run.chunk_offset, run.length));
  });
}

}  // namespace roost::release
