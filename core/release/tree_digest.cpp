#include "core/release/tree_digest.hpp"

#include "core/crypto/sha256.hpp"
#include "core/release/varint.hpp"

namespace roost::release {
namespace {

constexpr std::string_view kDomain{"roost tree digest 1\0", 20};

class Digester {
 public:
  Bytes& buffer() {
    if (buffer_.size() > 64 * 1024) flush();
    return buffer_;
  }

  Sha256 finish() {
    flush();
    return hasher_.finish();
  }

 private:
  void flush() {
    hasher_.update(buffer_);
    buffer_.clear();
  }

  crypto::Sha256Hasher hasher_;
  Bytes buffer_;
};

void put_text(Bytes& out, std::string_view text) {
  put_varint(out, text.size());
  put_bytes(out, as_bytes(text));
}

}  // namespace

Sha256 tree_digest(const IndexParts& parts) {
  Digester digester;
  put_bytes(digester.buffer(), as_bytes(kDomain));
  put_varint(digester.buffer(), parts.entries.size());
  for (const Entry& entry : parts.entries) {
    Bytes& out = digester.buffer();
    out.push_back(static_cast<std::uint8_t>(entry.kind));
    put_text(out, entry.path.str());
    if (entry.is_file()) put_varint(out, entry.size);
    if (entry.kind == Kind::symlink) put_text(out, entry.target);
  }
  put_varint(digester.buffer(), parts.segments.size());
  for (const Segment& segment : parts.segments) {
    Bytes& out = digester.buffer();
    out.push_back(segment.hole() ? 0 : 1);
    put_varint(out, segment.length);
    if (!segment.hole()) put_bytes(out, parts.chunks[segment.chunk].raw.bytes);
  }
  return digester.finish();
}

}  // namespace roost::release
