// What the tracker shows of its releases: GET /v1/releases and below. For
// people, scripts and a publisher that waits for copies. Pure; any thread. The
// parsers throw Error{integrity} naming the field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.hpp"
#include "core/crypto/sha1.hpp"
#include "core/release/names.hpp"

namespace roost::proto {

struct FileSummary {
  std::uint64_t size = 0;
  Sha256 info_hash;                          // v2
  std::optional<crypto::Sha1> info_hash_v1;  // of a hybrid
};

struct NodeCounts {
  std::uint32_t fetching = 0;
  std::uint32_t staged = 0;
  std::uint32_t active = 0;
  std::uint32_t failed = 0;
  std::uint32_t whole = 0;      // of staged and active: all pieces of the image are there, too
  std::uint32_t following = 0;  // live nodes that follow a channel which names it
};

struct ReleaseSummary {
  release::ReleaseRef release;
  release::ReleaseId release_id;
  std::uint64_t sequence = 0;
  Sha256 tree_digest;
  std::uint64_t tree_bytes = 0;
  std::uint64_t files = 0;
  FileSummary index;
  std::optional<FileSummary> image;        // absent when it is empty
  std::optional<FileSummary> patches;      // absent when there are none
  std::int64_t created = 0;                // Unix seconds, by the descriptor
  std::vector<release::Channel> channels;  // that name it now
  NodeCounts nodes;
};

std::string to_json(const ReleaseSummary& summary);
ReleaseSummary parse_release_summary(std::string_view json);

// {"releases":[...]}, newest first.
std::string to_json(const std::vector<ReleaseSummary>& summaries);
std::vector<ReleaseSummary> parse_release_list(std::string_view json);

}  // namespace roost::proto
