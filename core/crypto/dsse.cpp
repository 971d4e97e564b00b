#include "core/crypto/dsse.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/crypto/base64.hpp"

namespace roost::crypto {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxTypeLength = 256;
constexpr std::size_t kMaxKeyIdLength = 256;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(Errc::integrity, "parse envelope: " + why);
}

const std::string& text_at(const Json& object, const char* name, std::size_t limit) {
  const auto field = object.find(name);
  if (field == object.end()) refuse("no field '" + std::string(name) + "'");
  if (!field->is_string()) refuse("field '" + std::string(name) + "' is no text");
  const auto& text = field->get_ref<const std::string&>();
  if (text.size() > limit) refuse("field '" + std::string(name) + "' is too long");
  return text;
}

EnvelopeSignature parse_signature(const Json& item) {
  if (!item.is_object()) refuse("a signature is no object");
  EnvelopeSignature signature;
  if (item.contains("keyid")) signature.key_id = text_at(item, "keyid", kMaxKeyIdLength);
  signature.signature = base64_decode(text_at(item, "sig", 4096));
  return signature;
}

bool signed_by(const Envelope& envelope, BytesView message, const PublicKey& key) {
  return std::any_of(envelope.signatures.begin(), envelope.signatures.end(), [&](const auto& item) {
    Signature signature{};
    if (item.signature.size() != signature.size()) return false;
    std::copy(item.signature.begin(), item.signature.end(), signature.begin());
    return key.verify(message, signature);
  });
}

// Envelopes come from anywhere: only what looks like a key id is repeated.
std::string short_ids(const Envelope& envelope) {
  std::string text;
  for (const auto& item : envelope.signatures) {
    const bool hex = item.key_id.size() >= 8 &&
                     item.key_id.find_first_not_of("0123456789abcdef") == std::string::npos;
    text += (text.empty() ? "" : " ") + (hex ? item.key_id.substr(0, 8) : "unknown");
  }
  return text.empty() ? "nobody" : text;
}

std::string short_ids(std::span<const PublicKey> keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : " ") + key.short_id();
  return text.empty() ? "none" : text;
}

}  // namespace

Bytes signed_bytes(std::string_view payload_type, BytesView payload) {
  const std::string head = "DSSEv1 " + std::to_string(payload_type.size()) + " " +
                           std::string(payload_type) + " " + std::to_string(payload.size()) + " ";
  Bytes out;
  out.reserve(head.size() + payload.size());
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Envelope sign_envelope(std::string_view payload_type, BytesView payload, const SecretKey& key) {
  Envelope envelope{std::string(payload_type), Bytes(payload.begin(), payload.end()), {}};
  add_signature(envelope, key);
  return envelope;
}

void add_signature(Envelope& envelope, const SecretKey& key) {
  if (envelope.payload.size() > kMaxPayload || envelope.signatures.size() >= kMaxSignatures) {
    throw Error(Errc::usage, "sign envelope: over 1 MiB of payload or 16 signatures");
  }
  const auto signature = key.sign(signed_bytes(envelope.payload_type, envelope.payload));
  envelope.signatures.push_back({key.public_key().id(), Bytes(signature.begin(), signature.end())});
}

Envelope parse_envelope(std::string_view json) {
  if (json.size() > kMaxEnvelope) refuse("longer than 2 MiB");
  const Json object = Json::parse(json, nullptr, false);
  if (object.is_discarded()) refuse("not JSON");
  if (!object.is_object()) refuse("not a JSON object");
  Envelope envelope;
  envelope.payload_type = text_at(object, "payloadType", kMaxTypeLength);
  envelope.payload = base64_decode(text_at(object, "payload", kMaxEnvelope));
  if (envelope.payload.size() > kMaxPayload) refuse("the payload is over 1 MiB");
  const auto signatures = object.find("signatures");
  if (signatures == object.end() || !signatures->is_array()) refuse("no list 'signatures'");
  if (signatures->empty() || signatures->size() > kMaxSignatures) {
    refuse("not 1 to 16 signatures");
  }
  for (const auto& item : *signatures) envelope.signatures.push_back(parse_signature(item));
  return envelope;
}

std::string serialise(const Envelope& envelope) {
  Json signatures = Json::array();
  for (const auto& item : envelope.signatures) {
    signatures.push_back({{"keyid", item.key_id}, {"sig", base64_encode(item.signature)}});
  }
  return Json{{"payloadType", envelope.payload_type},
              {"payload", base64_encode(envelope.payload)},
              {"signatures", std::move(signatures)}}
      .dump();
}

const PublicKey& verify(const Envelope& envelope, std::span<const PublicKey> trusted,
                        std::string_view payload_type, std::string_view what) {
  const std::string verb = "verify " + std::string(what) + ": ";
  if (envelope.payload_type != payload_type) {
    throw Error(Errc::integrity, verb + "signed as another type than " + std::string(payload_type));
  }
  const Bytes message = signed_bytes(envelope.payload_type, envelope.payload);
  for (const auto& key : trusted) {
    if (signed_by(envelope, message, key)) return key;
  }
  throw Error(Errc::integrity, verb + "no signature by a trusted key (signed by " +
                                   short_ids(envelope) + ", trusted: " + short_ids(trusted) + ")");
}

}  // namespace roost::crypto
