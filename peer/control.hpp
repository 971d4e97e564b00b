// The control socket of a running peer: ROOT/control.sock, mode 0600.
//
// One JSON line in, one JSON line out, then the connection ends: {"ok":RESULT} or
// the tracker's error form. A stale socket of a dead daemon is replaced; the
// root's lock says who is alive. The handler runs on the server's own thread, one
// request at a time. Source: unix(7).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "core/base/fd.hpp"

namespace roost::peer {

class ControlServer {
 public:
  // Takes a request's JSON, returns the result's JSON, may throw Error.
  using Handler = std::function<std::string(const std::string&)>;

  ControlServer(const std::filesystem::path& root, Handler handler);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

 private:
  void work(const std::stop_token& stop);
  void serve(int connection) const;

  const std::filesystem::path path_;
  const Handler handler_;
  UniqueFd socket_;
  std::jthread thread_;
};

// The daemon's answer, or nothing when none runs on that root. Throws the
// daemon's Error, or Error{deadline} when it does not answer within 10 s.
std::optional<std::string> ask_daemon(const std::filesystem::path& root,
                                      const std::string& request);

}  // namespace roost::peer
