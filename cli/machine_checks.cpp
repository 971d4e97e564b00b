#include "cli/machine_checks.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <openssl/crypto.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <libtorrent/version.hpp>

#include "core/base/fd.hpp"
#include "core/base/units.hpp"

namespace roost::cli {
namespace {

using Grade = Finding::Grade;

constexpr rlim_t kWantedFiles = 4096;
constexpr std::uint64_t kWantedSpace = std::uint64_t{1} << 30;

Finding kernel() {
  utsname name{};
  ::uname(&name);
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH;
  const UniqueFd dir(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how)));
  const std::string found = fmt::format("{} {}", name.sysname, name.release);
  if (dir) return {"kernel", Grade::good, found + ", openat2 works", ""};
  return {"kernel", Grade::bad, found + ", openat2 fails: " + std::strerror(errno),
          "Linux 5.6 or later is needed; a container's filter may forbid openat2"};
}

struct FileSystem {
  unsigned long magic;
  std::string_view name;
  std::string_view trouble;  // why it is no good place for a node, or empty
};

constexpr std::string_view kRemote = "locks and syncs of a network file system are not enough";
constexpr FileSystem kFileSystems[] = {
    {0xEF53, "ext4", ""},          {0x58465342, "xfs", ""},
    {0x9123683E, "btrfs", ""},     {0x2FC12FC1, "zfs", ""},
    {0xF2F52010, "f2fs", ""},      {0xCA451A4E, "bcachefs", ""},
    {0x794C7630, "overlayfs", ""}, {0x01021994, "tmpfs", "its content is gone after a reboot"},
    {0x6969, "nfs", kRemote},      {0xFF534D42, "cifs", kRemote},
    {0x65735546, "fuse", ""},      {0x01021997, "9p", kRemote}};

// The directory or, while it is not there, the nearest one above that is.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code ignored;
  path = std::filesystem::absolute(path, ignored);
  while (!std::filesystem::exists(path, ignored) && path != path.parent_path()) {
    path = path.parent_path();
  }
  return path;
}

void check_disk(const std::filesystem::path& root, std::vector<Finding>& findings) {
  const auto place = existing(root);
  struct statfs info {};
  if (::statfs(place.c_str(), &info) != 0) {
    findings.push_back({"file system", Grade::bad, place.string() + ": " + std::strerror(errno),
                        "choose a directory that can be read"});
    return;
  }
  const auto magic = static_cast<unsigned long>(info.f_type) & 0xFFFFFFFFUL;
  Finding kind{"file system", Grade::warning,
               fmt::format("unknown (0x{:x}) at {}", magic, place.string()),
               "ext4, xfs and btrfs are known to keep what they sync"};
  for (const auto& known : kFileSystems) {
    if (known.magic != magic) continue;
    kind.found = fmt::format("{} at {}", known.name, place.string());
    kind.grade = known.trouble.empty() ? Grade::good : Grade::warning;
    kind.help = known.trouble;
  }
  findings.push_back(kind);
  const auto free =
      static_cast<std::uint64_t>(info.f_bavail) * static_cast<std::uint64_t>(info.f_bsize);
  findings.push_back({"free space", free < kWantedSpace ? Grade::warning : Grade::good,
                      format_size(free),
                      free < kWantedSpace ? "a node keeps the image and two or more trees" : ""});
  const UniqueFd probe(::open(place.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  const bool writable = probe || (errno == EOPNOTSUPP && ::access(place.c_str(), W_OK) == 0);
  findings.push_back({"writable", writable ? Grade::good : Grade::bad,
                      writable ? "yes" : std::strerror(errno),
                      writable ? "" : "give --root a directory that this user may write to"});
}

Finding files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const bool few = limit.rlim_cur < kWantedFiles;
  return {"open files", few ? Grade::warning : Grade::good,
          fmt::format("{} of at most {}", limit.rlim_cur, limit.rlim_max),
          few ? fmt::format("raise the limit to {}: each peer is an open file", kWantedFiles) : ""};
}

Finding port(const Endpoint& listen) {
  const bool six = listen.address.find(':') != std::string::npos;
  const UniqueFd socket(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int failed = 0;
  if (six) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(listen.port);
    ::inet_pton(AF_INET6, listen.address.c_str(), &address.sin6_addr);
    failed = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listen.port);
    ::inet_pton(AF_INET, listen.address.c_str(), &address.sin_addr);
    failed = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  if (failed == 0) return {"port", Grade::good, listen.str() + " is free", ""};
  return {"port", Grade::warning, listen.str() + ": " + std::strerror(errno),
          "a tracker may run there already; else choose another with --listen"};
}

Finding clock() {
  timex state{};
  const int answer = ::adjtimex(&state);
  if (answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0 && answer >= 0) {
    return {"clock", Grade::good, "synchronised", ""};
  }
  return {"clock", Grade::warning, answer < 0 ? std::strerror(errno) : "not synchronised",
          "run a time service; dates in descriptors and logs rely on it"};
}

Finding user() {
  if (::geteuid() != 0) return {"user", Grade::good, fmt::format("uid {}", ::geteuid()), ""};
  return {"user", Grade::good, "root; a user of its own is enough for every role", ""};
}

}  // namespace

std::vector<Finding> check_machine(const std::filesystem::path& root, const Endpoint& listen) {
  std::vector<Finding> findings;
  findings.push_back(kernel());
  check_disk(root, findings);
  findings.push_back(files());
  findings.push_back(port(listen));
  findings.push_back(clock());
  findings.push_back(user());
  findings.push_back({"libraries", Grade::good,
                      fmt::format("libtorrent {}, OpenSSL {}, zstd {}", lt::version(),
                                  OpenSSL_version(OPENSSL_VERSION_STRING), ZSTD_versionString()),
                      ""});
  return findings;
}

}  // namespace roost::cli
