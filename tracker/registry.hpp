// What the tracker must never lose: releases, names and their owners, channels
// and every move they made.
//
// Over SQLite (WAL, every commit synced): when record(), move() or withdraw()
// has returned, a crash or a power cut keeps it; when it threw, nothing of it
// happened. Typed calls only, no SQL outside, so that another database can stand
// behind it. One thread at a time. Throws Error: conflict for what contradicts
// the registry (Raced where reading again and signing anew can help),
// not_authorised for another's name, not_found, and what the database says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "core/crypto/dsse.hpp"
#include "core/crypto/keys.hpp"
#include "core/proto/registration.hpp"
#include "core/release/descriptor.hpp"
#include "core/release/names.hpp"
#include "tracker/admission.hpp"

namespace roost::tracker {

// A conflict with what another publisher did in between.
class Raced : public Error {
 public:
  explicit Raced(const std::string& what)
      : Error(Errc::conflict, what, "another publisher was faster: read the name again and retry") {
  }
};

struct ReleaseRecord {
  release::ReleaseId id;
  release::Descriptor descriptor;
  crypto::Envelope envelope;  // of the descriptor
  Bytes index_torrent;
  std::optional<Bytes> image_torrent;
  std::optional<Bytes> index_bytes;
  std::optional<Bytes> patches_torrent;
  std::optional<Bytes> patches_bytes;
  Endpoint seeder;          // who served it last,
  std::string seeder_zone;  // and where; may be empty
  std::int64_t registered = 0;
};

struct Recorded {
  release::ReleaseId id;
  std::uint64_t sequence = 0;
  bool created = false;
  std::vector<proto::ChannelInfo> moved;  // channels that now are elsewhere than before
};

class Registry {
 public:
  // Creates the file, or brings an older one forward; a newer one is Error{usage}.
  explicit Registry(const std::filesystem::path& file);
  ~Registry();

  // One transaction: the release, its owner if the name is new, its channels.
  // The same NAME@VERSION with the same tree is kept as it is (created = false),
  // and its channels still move. Who serves it may have no patches of it: only
  // a new one needs them, if its descriptor names them (else Error{usage}).
  Recorded record(const AdmittedRelease& release, std::int64_t now);

  // Nothing if the channel is there already by the same statement's version.
  std::optional<proto::ChannelInfo> move(const release::VerifiedChannel& statement,
                                         std::int64_t now);

  // Refused while a channel names the release.
  void withdraw(const release::VerifiedUnpublish& statement, std::int64_t now);

  // Withdrawn releases are in none of these.
  std::optional<ReleaseRecord> release(const release::ReleaseRef& ref);
  std::optional<ReleaseRecord> release(const release::ReleaseId& id);
  void each_release(const std::function<void(ReleaseRecord)>& visit);  // oldest first

  std::optional<proto::NameState> name(const release::Name& name);
  std::optional<crypto::PublicKey> owner(const release::Name& name);
  std::optional<proto::ChannelInfo> channel(const release::ChannelRef& channel);
  void each_channel(const std::function<void(proto::ChannelInfo)>& visit);
  std::vector<proto::ChannelInfo> history(const release::ChannelRef& channel);  // newest first
  std::vector<release::Channel> channels_naming(const release::ReleaseId& id);

  void ping();  // throws if the database does not answer

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace roost::tracker
