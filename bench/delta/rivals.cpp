#include "bench/delta/rivals.hpp"

#include <fmt/format.h>

#include "bench/fanout/job.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 30min;

std::string quoted(const fs::path& path) {
  return shell_quoted(path.string());
}

// Runs a program of the server's that is no part of a delivery.
void run_beforehand(std::vector<std::string> argv, const fs::path& directory) {
  ChildOptions program;
  program.argv = std::move(argv);
  program.directory = directory;
  const auto done = run_child(program, Deadline::in(kPatience));
  if (done.exit.status != 0) {
    throw Error(Errc::failed, fmt::format("run {}: {}", program.argv.front(), done.err));
  }
}

// What all have in common: an update at the seeder, files made of it once for all runs.
class Delta : public Rival {
 public:
  explicit Delta(const Arena& arena) : arena_(arena) {}

 protected:
  const fs::path& old_tree() const { return *arena_.artifact().previous(); }
  const fs::path& new_tree() const { return arena_.artifact().tree(); }

  // A directory that is filled by the first run that needs it.
  template <class Fill>
  fs::path made_once(const std::string& name, const Fill& fill_it) const {
    auto directory = arena_.artifact().work_dir() / name;
    if (fs::exists(directory)) return directory;
    const auto unfinished = arena_.artifact().work_dir() / (name + ".part");
    fs::remove_all(unfinished);
    fs::create_directories(unfinished);
    fill_it(unfinished);
    fs::rename(unfinished, directory);
    return directory;
  }

  const Arena& arena_;
};

// Files that are equal in size and time are passed over, as people use it; the others go by
// rsync's own delta. What a file becomes is written beside it and renamed.
class Rsync : public Delta {
 public:
  using Delta::Delta;

  void prepare() override {
    for (std::size_t node = 0; node < arena_.nodes(); ++node) {
      const auto tree = arena_.directory(arena_.host_of(node)) / "tree";
      run_beforehand({"cp", "-a", old_tree().string(), tree.string()}, {});
    }
  }

  std::vector<Server> servers() override { return {rsync_server(arena_, new_tree())}; }

  std::string node(std::size_t /*node*/) override {
    return fmt::format("rsync -az --zc=zstd --delete --stats {} tree/ && staged",
                       rsync_source(arena_));
  }

  std::uint64_t wire_bytes(const std::string& out) override { return rsync_received(out); }

  void account(std::size_t /*node*/, const std::string& out, NodeRun& run) const override {
    run.bytes_payload = rsync_received(out);
  }
};

// Both get what they need from nginx, which counts the bytes of its answers.
class FromNginx : public Delta {
 public:
  using Delta::Delta;

  std::uint64_t wire_bytes(const std::string& /*out*/) override {
    return nginx_served(arena_, arena_.host_of(0));
  }

  void account(std::size_t node, const std::string& /*out*/, NodeRun& run) const override {
    run.bytes_payload = nginx_served(arena_, arena_.host_of(node));
  }
};

// An archive with a control file beside it. -z: ranges of a .gz that is made for it are fetched
// instead of plain ones, about half as many bytes. Blocks of 2 KiB are its own choice; smaller
// and larger ones came to more bytes.
class Zsync : public FromNginx {
 public:
  using FromNginx::FromNginx;

  std::vector<Server> servers() override {
    const auto served = made_once("zsync", [this](const fs::path& directory) {
      pack(new_tree(), directory / kArchive);
      run_beforehand({"zsyncmake", "-z", kArchive}, directory);
    });
    held_ =
        made_once("zsync-held",
                  [this](const fs::path& directory) { pack(old_tree(), directory / kArchive); }) /
        kArchive;
    return {nginx_server(arena_, served, Account::yes)};
  }

  std::string node(std::size_t /*node*/) override {
    return fmt::format("zsync -q -i {} -o {} {} && tar -C tree -xf {} && staged", quoted(held_),
                       kArchive, nginx_url(arena_, std::string(kArchive) + ".zsync"), kArchive);
  }

 private:
  static constexpr const char* kArchive = "tree.tar";

  // Entries in order and without owners' names, so that equal files lie alike in both.
  static void pack(const fs::path& tree, const fs::path& archive) {
    run_beforehand({"tar", "-C", tree.string(), "--sort=name", "--numeric-owner", "-cf",
                    archive.string(), "."},
                   {});
  }

  fs::path held_;
};

// Chunks of 32 KiB on average, half of its own choice: fewer bytes on the link, if more work.
// Owners and what else Roost does not carry are left out.
class Casync : public FromNginx {
 public:
  using FromNginx::FromNginx;

  std::vector<Server> servers() override {
    const auto served = made_once("casync", [this](const fs::path& directory) {
      run_beforehand(
          {"casync", "make", "--chunk-size=32768", "--with=sec-time", "--with=permissions",
           "--with=symlinks", "--store=" + (directory / kStore).string(),
           (directory / kIndex).string(), new_tree().string()},
          {});
    });
    return {nginx_server(arena_, served, Account::yes)};
  }

  std::string node(std::size_t /*node*/) override {
    return fmt::format("casync extract --store={} --seed={} {} tree && staged",
                       nginx_url(arena_, kStore), quoted(old_tree()), nginx_url(arena_, kIndex));
  }

 private:
  static constexpr const char* kStore = "tree.castr";
  static constexpr const char* kIndex = "tree.caidx";
};

}  // namespace

std::unique_ptr<Rival> make_delta_rsync(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Rsync>(arena);
}

std::unique_ptr<Rival> make_zsync(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Zsync>(arena);
}

std::unique_ptr<Rival> make_casync(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Casync>(arena);
}

}  // namespace roost::bench
