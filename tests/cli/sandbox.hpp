// A directory as a user has it: ./build-output, key.pem, key.pem.pub, and on request a
// tracker, a seeder and a node. Everything is made with the real binary.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/process.hpp"
#include "tests/support/run_roost.hpp"
#include "tests/support/temp_dir.hpp"

namespace roost::test {

using Args = std::vector<std::string>;

// A daemon of ours that says {"type":"ready",...} on stdout; killed at the end.
class Daemon {
 public:
  // Throws std::runtime_error with its stderr when it ends before it is ready.
  explicit Daemon(ChildOptions options);

  // A field of the ready line, such as "url".
  std::string field(const std::string& name) const;
  Child& child() { return child_; }
  std::string log() const { return child_.err(); }

  // The exit status after the signal; throws when it takes longer than limit.
  int stop(int signal, std::chrono::milliseconds limit = std::chrono::seconds(20));

 private:
  Child child_;
  std::string ready_;
};

class Sandbox {
 public:
  Sandbox();

  const std::filesystem::path& path() const { return dir_.path(); }
  std::filesystem::path operator/(std::string_view name) const { return dir_ / name; }

  // What starts `roost ARGS` in this directory.
  ChildOptions options(const Args& args) const;
  Ran run(const Args& args) const { return run_roost(options(args)); }

  Daemon start(const Args& args) const;  // adds --json

  // http://127.0.0.1:PORT of a tracker on ./tracker-data, started on the first call.
  const std::string& tracker();
  Daemon& tracker_daemon() { return *tracker_; }

  // The API of a seeder on ./seeder-data, likewise.
  const std::string& seeder();

  // Publishes a tree through the seeder.
  void publish(const std::string& release, const Args& more = {"--channel", "prod"},
               const std::string& tree = "build-output");

  // fetch arguments up to and including --trust, for ./node or another root.
  Args fetch(const std::string& what, const std::string& root = "node");

 private:
  TempDir dir_;
  std::string tracker_url_;
  std::string seeder_url_;
  std::unique_ptr<Daemon> tracker_;
  std::unique_ptr<Daemon> seeder_;
};

// The same command as a user without rights (as nobody when we are root), and
// with a small file system of its own at dir. The second is nothing where this
// machine forbids mounts.
ChildOptions unprivileged(ChildOptions options);
std::optional<ChildOptions> with_small_disk(ChildOptions options, const std::filesystem::path& dir,
                                            const std::string& size);

// Every command that `roost --help` lists; one of a family has two words.
std::vector<Args> all_commands();
std::string joined(const Args& words);

// The result line of --json. Throws std::runtime_error when there is none.
std::string json_field(const std::string& line, const std::string& pointer);

}  // namespace roost::test
