// Whatever parses as an index has one serialised body. Input is taken as a whole file, and as a
// body whose digests are made up, so that the fuzzer needn't guess a compressor and a SHA-256.
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/expand.hpp"
#include "core/release/index_codec.hpp"

namespace {

using namespace roost;
using namespace roost::release;

void parse_body(BytesView input) {
  if (input.size() < 3) return;
  const IndexCounts counts{input[0], input[1], input[2]};
  IndexParts parts = decode_body(input.subspan(3), counts);
  std::uint8_t number = 0;
  for (ChunkInfo& chunk : parts.chunks) {
    chunk.raw = crypto::sha256(BytesView(&number, 1));
    chunk.stored = chunk.compressed() ? crypto::sha256(chunk.raw.bytes) : chunk.raw;
    ++number;
  }
  const Index index(std::move(parts));
  const Bytes body = encode_body(index);
  if (as_text(body) != as_text(input.subspan(3))) std::abort();
  const Bytes file = serialise(index);
  if (parse_index(file).tree_digest() != index.tree_digest()) std::abort();
  const Places places(index);
  std::uint64_t placed = 0;
  for (std::uint32_t i = 0; i < index.chunks().size(); ++i) {
    places.for_each(i, [&](const Places::Run& run) { placed += run.length; });
  }
  if (placed > index.tree_bytes()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(data, size);
  for (const auto parse : {+[](BytesView bytes) { (void)parse_index(bytes); }, &parse_body}) {
    try {
      parse(input);
    } catch (const Error& error) {
      if (error.code() != Errc::integrity) std::abort();
    }
  }
  return 0;
}
