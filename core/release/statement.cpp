#include "core/release/statement.hpp"

#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"
#include "core/release/json_fields.hpp"

namespace roost::release {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMaxStatementBytes = 4096;

}  // namespace

std::string serialise(const ChannelStatement& statement) {
  return ordered_json{{"format", 1},
                      {"channel", statement.channel.str()},
                      {"version", statement.version},
                      {"release", statement.release.str()},
                      {"release_id", statement.release_id.hex()},
                      {"issued", statement.issued}}
      .dump();
}

std::string serialise(const UnpublishStatement& statement) {
  return ordered_json{{"format", 1},
                      {"release", statement.release.str()},
                      {"release_id", statement.release_id.hex()},
                      {"issued", statement.issued}}
      .dump();
}

ChannelStatement parse_channel_statement(BytesView payload) {
  const std::string what = "read channel statement";
  const nlohmann::json text = parse_json(payload, kMaxStatementBytes, what);
  Fields fields(text, what);
  fields.check_format(1);
  ChannelStatement out{.channel = fields.channel("channel"),
                       .version = fields.number("version", 1, kMaxJsonNumber),
                       .release = fields.release("release"),
                       .release_id = {fields.digest("release_id")},
                       .issued = fields.time("issued")};
  fields.end();
  if (out.release.name != out.channel.name) fields.refuse("channel and release differ in name");
  return out;
}

UnpublishStatement parse_unpublish_statement(BytesView payload) {
  const std::string what = "read unpublish statement";
  const nlohmann::json text = parse_json(payload, kMaxStatementBytes, what);
  Fields fields(text, what);
  fields.check_format(1);
  UnpublishStatement out{.release = fields.release("release"),
                         .release_id = {fields.digest("release_id")},
                         .issued = fields.time("issued")};
  fields.end();
  return out;
}

template <>
VerifiedChannel verify_statement<ChannelStatement>(const crypto::Envelope& envelope,
                                                   std::span<const crypto::PublicKey> trusted) {
  crypto::verify(envelope, trusted, kChannelType, "channel statement");
  return {parse_channel_statement(envelope.payload),
          std::make_shared<const crypto::Envelope>(envelope)};
}

template <>
VerifiedUnpublish verify_statement<UnpublishStatement>(const crypto::Envelope& envelope,
                                                       std::span<const crypto::PublicKey> trusted) {
  crypto::verify(envelope, trusted, kUnpublishType, "unpublish statement");
  return {parse_unpublish_statement(envelope.payload),
          std::make_shared<const crypto::Envelope>(envelope)};
}

}  // namespace roost::release
