#include "bench/fanout/servers.hpp"

#include <fmt/format.h>

#include <fstream>

#include "bench/fanout/job.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kRsyncPort = 873;
constexpr const char* kServed = "served";

std::string seeder_address(const Arena& arena) {
  return arena.address(Arena::seeder());
}

}  // namespace

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw Error(Errc::failed, "write " + path.string() + ": the disk says no");
}

Server nginx_server(const Arena& arena, const fs::path& root, Account account) {
  const auto directory = arena.directory(Arena::seeder());
  const auto log = account == Account::yes ? std::string(kServed) + " served" : "off";
  write_text(directory / "nginx.conf", nginx_config(seeder_address(arena), kHttpPort, root, log));
  return {Arena::seeder(),
          fmt::format("exec nginx -p {0} -c {0}/nginx.conf", shell_quoted(directory.string())),
          kHttpPort, ""};
}

std::string nginx_url(const Arena& arena, const std::string& file) {
  return fmt::format("http://{}:{}/{}", seeder_address(arena), kHttpPort, file);
}

std::uint64_t nginx_served(const Arena& arena, std::size_t host) {
  std::ifstream log(arena.directory(Arena::seeder()) / kServed);
  std::uint64_t sum = 0;
  std::string address;
  for (std::uint64_t bytes = 0; log >> address >> bytes;) {
    if (address == arena.address(host)) sum += bytes;
  }
  return sum;
}

// sendfile and tcp_nopush: full segments straight from the page cache. A worker for each of
// the two cores; each answers all of its connections in turn, so that no node is left behind.
std::string nginx_config(const std::string& address, std::uint16_t port, const fs::path& root,
                         const std::string& access_log) {
  return fmt::format(
      "daemon off;\n"
      "user root;\n"
      "worker_processes auto;\n"
      "pid nginx.pid;\n"
      "error_log stderr;\n"
      "events {{ worker_connections 4096; }}\n"
      "http {{\n"
      "  log_format served '$remote_addr $bytes_sent';\n"
      "  access_log {};\n"
      "  sendfile on;\n"
      "  sendfile_max_chunk 512k;\n"
      "  tcp_nopush on;\n"
      "  server {{ listen {}:{} backlog=1024; root {}; }}\n"
      "}}\n",
      access_log, address, port, root.string());
}

Server rsync_server(const Arena& arena, const fs::path& root) {
  const auto directory = arena.directory(Arena::seeder());
  write_text(directory / "rsyncd.conf",
             fmt::format("use chroot = no\n"
                         "uid = root\ngid = root\n"
                         "max connections = 0\n"
                         "reverse lookup = no\n"
                         "pid file = {}\n"
                         "[artifact]\n"
                         "  path = {}\n"
                         "  read only = yes\n",
                         (directory / "rsyncd.pid").string(), root.string()));
  return {Arena::seeder(),
          fmt::format("exec rsync --daemon --no-detach --address={} --port={} --config={}",
                      seeder_address(arena), kRsyncPort,
                      shell_quoted((directory / "rsyncd.conf").string())),
          kRsyncPort, ""};
}

std::string rsync_source(const Arena& arena) {
  return fmt::format("rsync://{}:{}/artifact/", seeder_address(arena), kRsyncPort);
}

// "Total bytes received: 1,234,567"
std::uint64_t rsync_received(const std::string& client_out) {
  constexpr std::string_view kLabel = "Total bytes received: ";
  const auto at = client_out.find(kLabel);
  if (at == std::string::npos) return 0;
  std::uint64_t number = 0;
  for (std::size_t i = at + kLabel.size(); i < client_out.size() && client_out[i] != '\n'; ++i) {
    const char c = client_out[i];
    if (c >= '0' && c <= '9') number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number;
}

}  // namespace roost::bench
