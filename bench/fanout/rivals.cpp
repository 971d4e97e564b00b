#include "bench/fanout/rivals.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/fanout/job.hpp"
#include "bench/fanout/torrent.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kAnnouncePort = 6969;
constexpr std::uint16_t kPeerPort = 6881;
constexpr const char* kUntar = "tar -C tree -I zstd -xf -";

// What all rivals have in common: one file or a tree at the seeder.
class OnArena : public Rival {
 public:
  explicit OnArena(const Arena& arena) : arena_(arena) {}

 protected:
  bool blob() const { return arena_.artifact().shape() == Shape::blob; }
  fs::path file() const { return arena_.artifact().file(); }

  const Arena& arena_;
};

// nginx and curl | tar.
class Http : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override { return {nginx_server(arena_, file().parent_path())}; }

  std::string node(std::size_t /*node*/) override {
    const auto url = nginx_url(arena_, file().filename().string());
    return blob() ? fmt::format("curl -sSf -o {} {} && staged", Artifact::kBlob, url)
                  : fmt::format("curl -sSf {} | {} && staged", url, kUntar);
  }

  std::uint64_t wire_bytes(const std::string& /*out*/) override { return fs::file_size(file()); }
};

// Everything is new at a node: whole files, written in place. Trees are compressed as
// `-az --zc=zstd`; random bytes would only cost time in it.
class Rsync : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override {
    return {rsync_server(arena_, arena_.artifact().tree())};
  }

  std::string node(std::size_t /*node*/) override {
    return fmt::format("rsync -a {} --whole-file --inplace --stats {} {} && staged",
                       blob() ? "" : "-z --zc=zstd", rsync_source(arena_), blob() ? "./" : "tree/");
  }

  std::uint64_t wire_bytes(const std::string& out) override { return rsync_received(out); }
};

// Debian's opentracker serves only what its whitelist names, and leaves root for another user.
class WithTracker : public OnArena {
 public:
  using OnArena::OnArena;

 protected:
  Server opentracker(const Torrent& torrent) const {
    const auto directory = arena_.directory(arena_.tracker());
    write_text(directory / "whitelist", torrent.info_hash_hex + "\n");
    fs::permissions(directory, fs::perms(0755));
    return {arena_.tracker(),
            fmt::format("exec opentracker -i {} -p {} -P {} -u nobody -d {} -w whitelist",
                        address(), kAnnouncePort, kAnnouncePort, shell_quoted(directory.string())),
            kAnnouncePort, ""};
  }
  std::string announce() const {
    return fmt::format("http://{}:{}/announce", address(), kAnnouncePort);
  }
  // Succeeds once the tracker knows of a seeder.
  std::string seeder_is_known(const Torrent& torrent) const {
    return fmt::format("curl -sf 'http://{}:{}/scrape?info_hash={}' | grep -aq completei1e",
                       address(), kAnnouncePort, torrent.info_hash_escaped);
  }
  fs::path torrent_path() const { return arena_.directory() / "artifact.torrent"; }

 private:
  std::string address() const { return arena_.address(arena_.tracker()); }
};

// aria2 as seeder and at the nodes, opentracker between them.
class Aria2 : public WithTracker {
 public:
  using WithTracker::WithTracker;

  std::vector<Server> servers() override {
    const auto torrent = make_torrent(file());
    write_text(torrent_path(), torrent.file);
    return {opentracker(torrent),
            {Arena::seeder(),
             fmt::format("exec {} --dir={} --bt-seed-unverified=true {}", aria2c(),
                         shell_quoted(file().parent_path().string()),
                         shell_quoted(torrent_path().string())),
             kPeerPort, seeder_is_known(torrent)}};
  }

  // The hook is a program that aria2 starts; by the FIFO the script goes on in its own shell.
  std::string node(std::size_t /*node*/) override {
    const auto name = file().filename().string();
    const auto unpack =
        blob() ? std::string("true") : fmt::format("tar -C tree -I zstd -xf {}", name);
    return fmt::format(
        "rm -f arrived; mkfifo arrived\n"
        "printf '#!/bin/sh\\necho > \"%s/arrived\"\\n' \"$PWD\" > hook; chmod +x hook\n"
        "{} --dir=. --on-bt-download-complete=\"$PWD/hook\" {} &\n"
        "read -r line < arrived; {} && staged; wait",
        aria2c(), shell_quoted(torrent_path().string()), unpack);
  }

  std::uint64_t wire_bytes(const std::string& /*out*/) override { return fs::file_size(file()); }

 private:
  // No discovery but by the tracker; plain links; no limit on peers or upload slots
  // (--bt-max-peers=0), and it looks for more peers whatever its speed is; no preallocation;
  // it goes on seeding. One piece is announced as soon as it is there.
  std::string aria2c() const {
    return fmt::format(
        "aria2c --no-conf --quiet --enable-dht=false --enable-dht6=false --disable-ipv6 "
        "--bt-enable-lpd=false --enable-peer-exchange=false --bt-max-peers=0 "
        "--bt-request-peer-speed-limit=1000M --bt-tracker-interval=2 --bt-min-crypto-level=plain "
        "--bt-require-crypto=false --seed-ratio=0.0 --file-allocation=none --disk-cache=64M "
        "--allow-overwrite=true --listen-port={} --bt-tracker={}",
        kPeerPort, announce());
  }
};

// libtorrent without any of core/swarm (plain_peer.cpp): `roost bench peer` at all hosts.
class Plain : public WithTracker {
 public:
  using WithTracker::WithTracker;

  std::vector<Server> servers() override {
    write_text(torrent_path(), make_torrent(file()).file);
    return {{Arena::seeder(), "exec " + peer(Arena::seeder()) + seeds(file()), kPeerPort, ""}};
  }

  std::string node(std::size_t node) override {
    std::string neighbours = " --peer " + endpoint(Arena::seeder());
    for (const auto other : dialled_by(node))
      neighbours += " --peer " + endpoint(arena_.host_of(other));
    return fetch_with(peer(arena_.host_of(node)) + " --dir ." + neighbours,
                      "tar -C tree -I zstd -xf");
  }

  std::uint64_t wire_bytes(const std::string& /*out*/) override { return fs::file_size(carried()); }

 protected:
  virtual fs::path carried() const { return file(); }

  std::string peer(std::size_t host) const {
    return fmt::format("{} bench peer --torrent {} --listen {}",
                       shell_quoted(roost_program().string()),
                       shell_quoted(torrent_path().string()), endpoint(host));
  }
  std::string seeds(const fs::path& path) const {
    return " --seed --dir " + shell_quoted(path.parent_path().string());
  }
  // It says a line when every piece is there, and goes on sharing.
  std::string fetch_with(const std::string& command, const std::string& untar) const {
    const auto unpack = blob() ? "true" : untar + " " + carried().filename().string();
    return fmt::format("{} | {{ read -r line && {} && staged; cat > /dev/null; }}", command,
                       unpack);
  }

 private:
  std::string endpoint(std::size_t host) const {
    return fmt::format("{}:{}", arena_.address(host), kPeerPort);
  }
  // All that come before it, up to 16 nodes: a full mesh. Beyond, as many links only cost
  // processor time: each dials four others, so that a node has eight.
  std::vector<std::size_t> dialled_by(std::size_t node) const {
    constexpr std::size_t kMesh = 16;
    std::vector<std::size_t> others;
    if (arena_.nodes() <= kMesh) {
      for (std::size_t i = 0; i < node; ++i) others.push_back(i);
      return others;
    }
    for (const std::size_t step : {1U, 3U, 7U, 13U})
      others.push_back((node + step) % arena_.nodes());
    return others;
  }
};

// Murder's published settings on the same client: a tgz in pieces of 256 KiB, one upload slot
// and an announce every 15 s (both in plain_peer.cpp), peers by the tracker alone, then tar.
class Murder : public Plain {
 public:
  using Plain::Plain;

  std::vector<Server> servers() override {
    const auto torrent = make_torrent(carried(), kPiece);
    write_text(torrent_path(), torrent.file);
    return {opentracker(torrent),
            {Arena::seeder(), "exec " + peer(Arena::seeder()) + options() + seeds(carried()),
             kPeerPort, seeder_is_known(torrent)}};
  }

  std::string node(std::size_t node) override {
    return fetch_with(peer(arena_.host_of(node)) + options() + " --dir .", "tar -C tree -xzf");
  }

 private:
  static constexpr std::uint32_t kPiece = 256 * 1024;

  fs::path carried() const override {
    return blob() ? file() : arena_.artifact().packed(Packing::gzip);
  }
  std::string options() const { return " --profile murder --tracker " + announce(); }
};

// One sender, all nodes at once. --full-duplex: the switch can send and receive at a time.
// The sender keeps just under its link's rate, else its packets are lost in the link's queue.
// Its pause between greetings is also how long it waits after the last node came (2 s), and a
// node waits half a second at the end in case it is asked again: both are made short.
class Udpcast : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override { return {}; }

  std::string seeder() override {
    const auto rate = std::min(arena_.plan().seeder, slowest_node());
    return fmt::format(
        "exec udp-sender --file {} --interface eth0 --min-receivers {} --nokbd --no-progress "
        "--full-duplex --rexmit-hello-interval 50 --max-bitrate {}k",
        shell_quoted(file().string()), arena_.nodes(), rate * 97 / 100 / 1000);
  }

  std::string node(std::size_t /*node*/) override {
    const std::string receive =
        "udp-receiver --interface eth0 --nokbd --no-progress --start-timeout 60 --exit-wait 10";
    return blob() ? fmt::format("{} --file {} && staged", receive, Artifact::kBlob)
                  : fmt::format("{} | {} && staged", receive, kUntar);
  }

  std::uint64_t wire_bytes(const std::string& /*out*/) override { return fs::file_size(file()); }

 private:
  std::uint64_t slowest_node() const {
    std::uint64_t rate = arena_.plan().seeder;
    for (const auto& node : arena_.plan().nodes) rate = std::min(rate, node.down);
    return rate;
  }
};

}  // namespace

std::unique_ptr<Rival> make_http(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Http>(arena);
}

std::unique_ptr<Rival> make_rsync(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Rsync>(arena);
}

std::unique_ptr<Rival> make_aria2(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Aria2>(arena);
}

std::unique_ptr<Rival> make_plain(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Plain>(arena);
}

std::unique_ptr<Rival> make_murder(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Murder>(arena);
}

std::unique_ptr<Rival> make_udpcast(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Udpcast>(arena);
}

}  // namespace roost::bench
