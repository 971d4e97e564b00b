#include "peer/control.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/proto/api_error.hpp"
#include "core/store/layout.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxLine = 64 * 1024;  // a request
constexpr std::size_t kMaxAnswer = 16 * 1024 * 1024;

// A socket's path is at most 107 bytes long; the root's may be longer. The
// directory's descriptor under /proc keeps the address short.
struct Address {
  UniqueFd dir;
  sockaddr_un name{};
};

Address address_in(const std::filesystem::path& root) {
  Address address;
  address.dir.reset(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!address.dir) throw_errno("open root " + root.string());
  address.name.sun_family = AF_UNIX;
  const auto path =
      "/proc/self/fd/" + std::to_string(address.dir.get()) + "/" + store::layout::kControlSocket;
  std::memcpy(static_cast<char*>(address.name.sun_path), path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* as_sockaddr(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.name);
}

bool wait_for(int fd, short events, Deadline deadline) {
  pollfd poller{fd, events, 0};
  const auto left = deadline.remaining(10s).count();
  return ::poll(&poller, 1, static_cast<int>(left)) > 0;
}

std::string read_line(int fd, std::size_t limit, Deadline deadline) {
  std::string line;
  char buffer[4096];
  while (!line.ends_with('\n')) {
    if (!wait_for(fd, POLLIN, deadline)) {
      throw Error(Errc::deadline, "read from control socket: no answer in time");
    }
    const auto got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read from control socket");
    if (got == 0) break;
    line.append(buffer, static_cast<std::size_t>(got));
    if (line.size() > limit) throw Error(Errc::usage, "read from control socket: line too long");
  }
  if (line.ends_with('\n')) line.pop_back();
  return line;
}

void write_line(int fd, std::string line, Deadline deadline) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    if (!wait_for(fd, POLLOUT, deadline)) {
      throw Error(Errc::deadline, "write to control socket: not taken in time");
    }
    const auto sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw_errno("write to control socket");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

UniqueFd make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("make control socket");
  return fd;
}

}  // namespace

ControlServer::ControlServer(const std::filesystem::path& root, Handler handler)
    : path_(root / store::layout::kControlSocket),
      handler_(std::move(handler)),
      socket_(make_socket()) {
  const auto address = address_in(root);
  ::unlink(path_.c_str());  // of a dead daemon: we hold the root's lock
  if (::bind(socket_.get(), as_sockaddr(address), sizeof address.name) != 0 ||
      ::chmod(path_.c_str(), 0600) != 0 || ::listen(socket_.get(), 16) != 0) {
    throw_errno("listen on " + path_.string());
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

ControlServer::~ControlServer() {
  thread_.request_stop();
  ::shutdown(socket_.get(), SHUT_RDWR);  // ends the accept
  thread_.join();
  ::unlink(path_.c_str());
}

void ControlServer::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const UniqueFd connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) continue;
    try {
      serve(connection.get());
    } catch (const std::exception& error) {
      log::debug("control: {}", error.what());
    }
  }
}

void ControlServer::serve(int connection) const {
  const auto request = read_line(connection, kMaxLine, Deadline::in(2s));
  std::string answer;
  try {
    answer = R"({"ok":)" + handler_(request) + "}";
  } catch (const Error& error) {
    answer = proto::to_json(error);
  } catch (const std::exception& error) {
    answer = proto::to_json(Error(Errc::failed, std::string("answer: ") + error.what()));
  }
  write_line(connection, std::move(answer), Deadline::in(2s));
}

std::optional<std::string> ask_daemon(const std::filesystem::path& root,
                                      const std::string& request) {
  const auto socket = make_socket();
  try {
    const auto address = address_in(root);
    if (::connect(socket.get(), as_sockaddr(address), sizeof address.name) != 0) {
      return std::nullopt;
    }
  } catch (const Error&) {
    return std::nullopt;  // no such root: whoever opens it says so
  }
  write_line(socket.get(), request, Deadline::in(2s));
  const auto line = read_line(socket.get(), kMaxAnswer, Deadline::in(10s));
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  if (answer.is_object() && answer.contains("ok")) return answer["ok"].dump();
  throw proto::to_error(proto::parse_api_error(500, line), "ask the daemon");
}

}  // namespace roost::peer
