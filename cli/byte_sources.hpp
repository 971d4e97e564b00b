// Where the bytes of a release came from, as a person reads it: from seeders and peers over
// the wire, and from images of other releases that the node had. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace roost::cli {

struct ByteSources {
  std::uint64_t seeder = 0;
  std::uint64_t peers = 0;
  std::map<std::string, std::uint64_t> reused;  // bytes by NAME@VERSION

  bool empty() const noexcept { return seeder == 0 && peers == 0 && reused.empty(); }
};

// "received 1.3 MiB (204.8 KiB from seeders), reused 28.8 MiB of web@1.0.0"
std::string to_text(const ByteSources& sources);

// "28.8 MiB of web@1.0.0 (28.1 MiB), web@0.9.0 (716.8 KiB) and 2 more": those that gave most
// first, so many by name.
std::string reused_text(const std::map<std::string, std::uint64_t>& reused, std::size_t named);

}  // namespace roost::cli
