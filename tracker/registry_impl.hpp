// The registry's insides, shared by its reading and its writing half.
#pragma once

#include <string_view>

#include "tracker/registry.hpp"
#include "tracker/sqlite.hpp"

namespace roost::tracker {

struct Registry::Impl {
  explicit Impl(const std::filesystem::path& file) : database(file) {}

  // Rows of `SELECT kReleaseColumns ...`.
  static ReleaseRecord read_release(const Statement& row);
  // Rows of `SELECT kChannelColumns FROM channels ...`.
  static proto::ChannelInfo read_channel(const Statement& row);

  std::optional<proto::ChannelInfo> channel(const release::ChannelRef& ref);
  // True if the channel moved; false if it is there by this very version.
  bool move(const release::VerifiedChannel& verified, std::int64_t now);
  void own(const AdmittedRelease& release, std::uint64_t sequence);
  void insert(const AdmittedRelease& release, std::int64_t now);
  bool keep(const AdmittedRelease& release, Recorded& recorded);

  Database database;
};

inline constexpr std::string_view kReleaseColumns =
    "id, descriptor, index_torrent, image_torrent, index_bytes, patches_torrent, patches_bytes, "
    "seeder, seeder_zone, registered";
inline constexpr std::string_view kChannelColumns =
    "name, channel, version, release_id, release_version, statement";

}  // namespace roost::tracker
