// Signed envelopes: DSSE v1 (github.com/secure-systems-lab/dsse).
//
// The signature covers "DSSEv1 LEN TYPE LEN BODY", so type and bytes are bound
// together and nobody has to canonicalise JSON. A key id in an envelope is only
// a hint: verify() tries the keys it was given and no other. Bounds: payload at
// most 1 MiB, 1 to 16 signatures. Pure and thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/crypto/keys.hpp"

namespace roost::crypto {

inline constexpr std::size_t kMaxPayload = 1024UL * 1024;
inline constexpr std::size_t kMaxSignatures = 16;
// A serialised envelope is never longer than this: base64 of the payload and the rest.
inline constexpr std::size_t kMaxEnvelope = 2 * kMaxPayload;

struct EnvelopeSignature {
  std::string key_id;  // PublicKey::id() of the signer; a hint
  Bytes signature;

  bool operator==(const EnvelopeSignature&) const = default;
};

struct Envelope {
  std::string payload_type;  // a media type
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;

  bool operator==(const Envelope&) const = default;
};

// What is signed: the pre-authentication encoding of type and payload.
Bytes signed_bytes(std::string_view payload_type, BytesView payload);

Envelope sign_envelope(std::string_view payload_type, BytesView payload, const SecretKey& key);
void add_signature(Envelope& envelope, const SecretKey& key);

// JSON text. Throws Error{integrity} for what is no envelope within the bounds.
Envelope parse_envelope(std::string_view json);
std::string serialise(const Envelope& envelope);

// Returns the trusted key that signed (the first of them that did). Throws
// Error{integrity} "verify WHAT: ..." when the type is another or no trusted key signed.
const PublicKey& verify(const Envelope& envelope, std::span<const PublicKey> trusted,
                        std::string_view payload_type, std::string_view what = "envelope");

}  // namespace roost::crypto
