// What a publisher tells the tracker: POST /v1/releases, and what it reads
// before and after. Structs hold bytes and typed values; base64 and text exist
// only in the JSON (docs/protocol.md). Fields that a parser doesn't know are
// ignored; one that is missing, of another type or out of bounds is an error
// that names it: Error{usage} in requests, Error{integrity} in answers.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/endpoint.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/keys.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

// A larger index travels by swarm, and so do larger patches.
inline constexpr std::size_t kMaxInlineIndex = 128UL * 1024;
inline constexpr std::size_t kMaxChannels = 16;  // in one registration

struct Registration {
  crypto::Envelope descriptor;
  // Who signed: envelopes carry only a hint. The tracker takes it for the
  // owner's if it is, or if NAME has no owner yet.
  crypto::PublicKey key;
  Bytes index_torrent;
  std::optional<Bytes> image_torrent;      // absent when the image is empty
  std::optional<Bytes> index;              // iff it has at most kMaxInlineIndex bytes
  std::optional<Bytes> patches_torrent;    // absent when there are none
  std::optional<Bytes> patches;            // iff they have at most kMaxInlineIndex bytes
  std::vector<crypto::Envelope> channels;  // channel statements, moved in the same transaction
  Endpoint seeder;        // where the publisher accepts peers; unspecified IP: the connection's
  std::string zone = {};  // the seeder's; empty: not told
};

struct RegistrationResult {
  release::ReleaseId release_id;  // of the release registered first, if not created
  bool created = false;
  std::uint64_t sequence = 0;
  std::uint32_t followers = 0;  // live nodes that follow one of its channels
  // Unix milliseconds by the tracker's clock: when it was durable, before anybody was told; 0: not
  // told.
  std::uint64_t committed_ms = 0;
};

std::string to_json(const Registration& registration);
Registration parse_registration(std::string_view json);
std::string to_json(const RegistrationResult& result);
RegistrationResult parse_registration_result(std::string_view json);

struct ChannelState {
  std::uint64_t version = 0;
  release::ReleaseRef release;
  release::ReleaseId release_id;
};

// GET /v1/names/NAME: what the next descriptor and statement must go beyond.
struct NameState {
  release::Name name;
  std::uint64_t sequence = 0;  // of its newest release
  std::map<release::Channel, ChannelState> channels;
};

std::string to_json(const NameState& state);
NameState parse_name_state(std::string_view json);

// GET /v1/channels/NAME/CHANNEL, and the answer to POST there.
struct ChannelInfo {
  release::ChannelRef channel;
  ChannelState state;
  crypto::Envelope statement;
};

std::string to_json(const ChannelInfo& info);
ChannelInfo parse_channel_info(std::string_view json);

}  // namespace roost::proto
