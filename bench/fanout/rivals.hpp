// The command lines of the methods that Roost is compared with, all in rivals.cpp.
//
// A Rival says what runs where; ScriptedMethod runs it. Scripts are bash with
// pipefail, each in its host's directory. A node's script ends with `staged`, a
// shell function that says "done", syncs what came, and says "staged"; content is
// expected as ./blob.bin or in ./tree, which is there. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/fanout/arena.hpp"
#include "bench/fanout/method.hpp"

namespace roost::bench {

struct Server {
  std::size_t host = 0;
  std::string script;
  std::uint16_t port = 0;  // it is ready when it listens there (TCP)
  std::string ready;       // and when this script succeeds on its host; may be empty
};

class Rival {
 public:
  virtual ~Rival() = default;
  virtual std::vector<Server> servers() = 0;  // that run before the instant; writes their files
  virtual std::string node(std::size_t node) = 0;
  virtual std::string seeder() { return {}; }  // started at the instant, as the nodes are
  // From what the first node's script has printed; 0: not known yet.
  virtual std::uint64_t wire_bytes(const std::string& first_node_out) = 0;
};

// Of a server for the files of that directory, in the foreground.
std::string nginx_config(const std::string& address, std::uint16_t port,
                         const std::filesystem::path& root);

std::unique_ptr<Rival> make_http(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_rsync(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_aria2(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_plain(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_murder(const Arena& arena, const std::string& variant);
std::unique_ptr<Rival> make_udpcast(const Arena& arena, const std::string& variant);

}  // namespace roost::bench
