#include "bench/fanout/rivals.hpp"

#include <fmt/format.h>

#include <fstream>

#include "bench/fanout/torrent.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kRsyncPort = 873;
constexpr std::uint16_t kAnnouncePort = 6969;
constexpr std::uint16_t kPeerPort = 6881;
constexpr const char* kUntar = "tar -C tree -I zstd -xf -";

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw Error(Errc::failed, "write " + path.string() + ": the disk says no");
}

// What all rivals have in common: one file or a tree at the seeder.
class OnArena : public Rival {
 public:
  explicit OnArena(const Arena& arena) : arena_(arena) {}

 protected:
  bool blob() const { return arena_.artifact().shape() == Shape::blob; }
  fs::path file() const { return arena_.artifact().file(); }
  std::string seeder_address() const { return arena_.address(Arena::seeder()); }

  const Arena& arena_;
};

// nginx and curl | tar.
class Http : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override {
    const auto directory = arena_.directory(Arena::seeder());
    // sendfile and tcp_nopush: full segments straight from the page cache. A worker for each of
    // the two cores; each answers all of its connections in turn, so that no node is left behind.
    write_text(directory / "nginx.conf",
               fmt::format("daemon off;\n"
                           "user root;\n"
                           "worker_processes auto;\n"
                           "pid nginx.pid;\n"
                           "error_log stderr;\n"
                           "events {{ worker_connections 4096; }}\n"
                           "http {{\n"
                           "  access_log off;\n"
                           "  sendfile on;\n"
                           "  sendfile_max_chunk 512k;\n"
                           "  tcp_nopush on;\n"
                           "  server {{ listen {}:{} backlog=1024; root {}; }}\n"
                           "}}\n",
                           seeder_address(), kHttpPort, file().parent_path().string()));
    return {{Arena::seeder(),
             fmt::format("exec nginx -p {0} -c {0}/nginx.conf", shell_quoted(directory.string())),
             kHttpPort, ""}};
  }

  std::string node(std::size_t /*node*/) override {
    const auto url =
        fmt::format("http://{}:{}/{}", seeder_address(), kHttpPort, file().filename().string());
    return blob() ? fmt::format("curl -sSf -o {} {} && staged", Artifact::kBlob, url)
                  : fmt::format("curl -sSf {} | {} && staged", url, kUntar);
  }

  std::uint64_t wire_bytes(const std::string& /*out*/) override { return fs::file_size(file()); }
};

// A daemon, so that no ssh stands in its way. Everything is new at a node: whole files, written
// in place. Trees are compressed as `-az --zc=zstd`; random bytes would only cost time in it.
class Rsync : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override {
    const auto directory = arena_.directory(Arena::seeder());
    write_text(directory / "rsyncd.conf",
               fmt::format("use chroot = no\n"
                           "uid = root\ngid = root\n"
                           "max connections = 0\n"
                           "reverse lookup = no\n"
                           "pid file = {}\n"
                           "[artifact]\n"
                           "  path = {}\n"
                           "  read only = yes\n",
                           (directory / "rsyncd.pid").string(), arena_.artifact().tree().string()));
    return {{Arena::seeder(),
             fmt::format("exec rsync --daemon --no-detach --address={} --port={} --config={}",
                         seeder_address(), kRsyncPort,
                         shell_quoted((directory / "rsyncd.conf").string())),
             kRsyncPort, ""}};
  }

  std::string node(std::size_t /*node*/) override {
    return fmt::format(
        "rsync -a {} --whole-file --inplace --stats rsync://{}:{}/artifact/ {} && staged",
        blob() ? "" : "-z --zc=zstd", seeder_address(), kRsyncPort, blob() ? "./" : "tree/");
  }

  // "Total bytes received: 1,234,567"
  std::uint64_t wire_bytes(const std::string& out) override {
    constexpr std::string_view kLabel = "Total bytes received: ";
    const auto at = out.find(kLabel);
    if (at == std::string::npos) return 0;
    std::uint64_t number = 0;
    for (std::size_t i = at + kLabel.size(); i < out.size() && out[i] != '\n'; ++i) {
      if (out[i] >= '0' && out[i] <= '9')
        number = number * 10 + static_cast<unsigned>(out[i] - '0');
    }
    return number;
  }
};

// aria2 as seeder and at the nodes, opentracker between them.
class Aria2 : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override {
    const auto torrent = make_torrent(file());
    write_text(torrent_path(), torrent.file);
    const auto tracker = arena_.directory(arena_.tracker());
    // Debian's opentracker serves only what its whitelist names, and leaves root for another user.
    write_text(tracker / "whitelist", torrent.info_hash_hex + "\n");
    fs::permissions(tracker, fs::perms(0755));
    const auto address = arena_.address(arena_.tracker());
    const auto scrape = fmt::format("http://{}:{}/scrape?info_hash={}", address, kAnnouncePort,
                                    torrent.info_hash_escaped);
    return {{arena_.tracker(),
             fmt::format("exec opentracker -i {} -p {} -P {} -u nobody -d {} -w whitelist", address,
                         kAnnouncePort, kAnnouncePort, shell_quoted(tracker.string())),
             kAnnouncePort, ""},
            {Arena::seeder(),
             fmt::format("exec {} --dir={} --bt-seed-unverified=true {}", aria2c(),
                         shell_quoted(file().parent_path().string()),
                         shell_quoted(torrent_path().string())),
             kPeerPort, fmt::format("curl -sf '{}' | grep -aq completei1e", scrape)}};
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
  fs::path torrent_path() const { return arena_.directory() / "artifact.torrent"; }

  // No discovery but by the tracker; plain links; no limit on peers or upload slots
  // (--bt-max-peers=0), and it looks for more peers whatever its speed is; no preallocation;
  // it goes on seeding. One piece is announced as soon as it is there.
  std::string aria2c() const {
    return fmt::format(
        "aria2c --no-conf --quiet --enable-dht=false --enable-dht6=false --disable-ipv6 "
        "--bt-enable-lpd=false --enable-peer-exchange=false --bt-max-peers=0 "
        "--bt-request-peer-speed-limit=1000M --bt-tracker-interval=2 --bt-min-crypto-level=plain "
        "--bt-require-crypto=false --seed-ratio=0.0 --file-allocation=none --disk-cache=64M "
        "--allow-overwrite=true --listen-port={} --bt-tracker=http://{}:{}/announce",
        kPeerPort, arena_.address(arena_.tracker()), kAnnouncePort);
  }
};

// One sender, all nodes at once. --full-duplex: the switch can send and receive at a time.
// The sender keeps just under its link's rate, else its packets are lost in the link's queue.
class Udpcast : public OnArena {
 public:
  using OnArena::OnArena;

  std::vector<Server> servers() override { return {}; }

  std::string seeder() override {
    const auto rate = std::min(arena_.plan().seeder, slowest_node());
    return fmt::format(
        "exec udp-sender --file {} --interface eth0 --min-receivers {} --nokbd --no-progress "
        "--full-duplex --max-bitrate {}k",
        shell_quoted(file().string()), arena_.nodes(), rate * 97 / 100 / 1000);
  }

  std::string node(std::size_t /*node*/) override {
    const std::string receive =
        "udp-receiver --interface eth0 --nokbd --no-progress --start-timeout 60";
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

std::unique_ptr<Rival> make_udpcast(const Arena& arena, const std::string& /*variant*/) {
  return std::make_unique<Udpcast>(arena);
}

}  // namespace roost::bench
