// Messages with every field set, for the tests of this folder.
#pragma once

#include "core/proto/api.hpp"

namespace roost::proto::samples {

inline const release::ReleaseRef kRelease = release::ReleaseRef::parse("web@1.2.0");
inline const release::ChannelRef kChannel = release::ChannelRef::parse("web/prod");

inline release::ReleaseId release_id() {
  return release::ReleaseId::parse(std::string(62, '0') + "ab");
}

inline crypto::Envelope envelope(const char* payload = "payload") {
  return {"application/x",
          Bytes(as_bytes(payload).begin(), as_bytes(payload).end()),
          {{"keyid", Bytes(64, 7)}}};
}

inline Registration registration() {
  return {envelope(),
          crypto::PublicKey::from_raw(Bytes(32, 9)),
          Bytes(100, 1),
          Bytes(200, 2),
          Bytes(300, 3),
          Bytes(100, 4),
          Bytes(300, 5),
          {envelope("channel")},
          Endpoint{"10.0.0.1", 6881},
          "rack-7"};
}

inline ReleaseOffer offer() {
  return {kRelease,      release_id(),
          envelope(),    envelope("channel"),
          Bytes(100, 1), Bytes(200, 2),
          Bytes(300, 3), Bytes(100, 4),
          Bytes(300, 5), {{{"10.0.0.1", 6881}, true}, {{"2001:db8::1", 1}, false}}};
}

inline ReleaseSummary summary() {
  crypto::Sha1 v1{};
  v1[0] = 0xAB;
  return {kRelease,
          release_id(),
          7,
          Sha256{},
          1ULL << 40,
          500'000,
          {100, Sha256{}, v1},
          FileSummary{200, Sha256{}, std::nullopt},
          FileSummary{50, Sha256{}, std::nullopt},
          1'700'000'000,
          {kChannel.channel},
          {1, 2, 3, 4, 5}};
}

inline NodeReport report() {
  return {"node-1",
          Endpoint{"10.0.0.2", 6881},
          "rack-7",
          {kChannel},
          {{.release = kRelease,
            .release_id = release_id(),
            .state = TransferState::staged,
            .pieces = 10,
            .pieces_total = 10,
            .bytes_seeder = 1000,
            .bytes_peers = 2000,
            .seconds_to_staged = 1.25,
            .reason = {},
            .reused = {{"api@7", 1}, {"web@1.1.0", 1ULL << 40}}},
           {kRelease, release_id(), TransferState::failed, 3, 10, 5, 6, std::nullopt,
            "disk \"full\"\n"}}};
}

}  // namespace roost::proto::samples
