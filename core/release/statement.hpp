// What a publisher says about releases beside their descriptors: which release a
// channel names, and that a release is withdrawn. Signed like descriptors (DSSE),
// parsed with the same rules. A channel's version rises with every move, a move
// back included, so that an old statement can't be replayed.
// Pure; any thread. Throws Error{integrity}.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "core/base/bytes.hpp"
#include "core/release/names.hpp"

namespace roost::crypto {
struct Envelope;
class PublicKey;
}  // namespace roost::crypto

namespace roost::release {

inline constexpr std::string_view kChannelType = "application/vnd.roost.channel.v1+json";
inline constexpr std::string_view kUnpublishType = "application/vnd.roost.unpublish.v1+json";

struct ChannelStatement {
  ChannelRef channel;
  std::uint64_t version = 0;  // from 1
  ReleaseRef release;         // of the channel's name
  ReleaseId release_id;
  std::int64_t issued = 0;  // Unix seconds
  bool operator==(const ChannelStatement&) const = default;
};

struct UnpublishStatement {
  ReleaseRef release;
  ReleaseId release_id;
  std::int64_t issued = 0;
  bool operator==(const UnpublishStatement&) const = default;
};

std::string serialise(const ChannelStatement& statement);
std::string serialise(const UnpublishStatement& statement);
ChannelStatement parse_channel_statement(BytesView payload);
UnpublishStatement parse_unpublish_statement(BytesView payload);

// A statement whose signature held. Cheap to copy.
template <class Statement>
class Verified {
 public:
  const Statement& statement() const noexcept { return statement_; }
  const crypto::Envelope& envelope() const noexcept { return *envelope_; }

 private:
  template <class S>
  friend Verified<S> verify_statement(const crypto::Envelope&, std::span<const crypto::PublicKey>);
  Verified(Statement statement, std::shared_ptr<const crypto::Envelope> envelope)
      : statement_(std::move(statement)), envelope_(std::move(envelope)) {}

  Statement statement_;
  std::shared_ptr<const crypto::Envelope> envelope_;
};

using VerifiedChannel = Verified<ChannelStatement>;
using VerifiedUnpublish = Verified<UnpublishStatement>;

// For ChannelStatement and UnpublishStatement. Throws Error{integrity}.
template <class Statement>
Verified<Statement> verify_statement(const crypto::Envelope& envelope,
                                     std::span<const crypto::PublicKey> trusted);

template <>
VerifiedChannel verify_statement<ChannelStatement>(const crypto::Envelope&,
                                                   std::span<const crypto::PublicKey>);
template <>
VerifiedUnpublish verify_statement<UnpublishStatement>(const crypto::Envelope&,
                                                       std::span<const crypto::PublicKey>);

inline VerifiedChannel verify_channel(const crypto::Envelope& envelope,
                                      std::span<const crypto::PublicKey> trusted) {
  return verify_statement<ChannelStatement>(envelope, trusted);
}
inline VerifiedUnpublish verify_unpublish(const crypto::Envelope& envelope,
                                          std::span<const crypto::PublicKey> trusted) {
  return verify_statement<UnpublishStatement>(envelope, trusted);
}

}  // namespace roost::release
