// Whatever parses as a torrent is one that make() writes, byte for byte.
#include <cstdlib>
#include <cstring>

#include "core/base/error.hpp"
#include "core/crypto/sha256.hpp"
#include "core/proto/metainfo.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace roost;
  const BytesView input(data, size);
  try {
    const auto metainfo = proto::Metainfo::parse(input);
    const auto& encoded = metainfo.encode();
    if (encoded.size() != size || std::memcmp(encoded.data(), data, size) != 0) std::abort();
    if (crypto::sha256(metainfo.info_dict()) != metainfo.info_hash()) std::abort();
    if (proto::Metainfo::parse(encoded).pieces() != metainfo.pieces()) std::abort();
  } catch (const Error& error) {
    if (error.code() != Errc::integrity) std::abort();
  }
  return 0;
}
