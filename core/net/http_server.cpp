#include "core/net/http_server.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/base/log.hpp"
#include "core/net/connection.hpp"
#include "core/net/listener.hpp"
#include "core/net/server_core.hpp"

namespace roost::net {
namespace {

using boost::asio::steady_timer;
using boost::asio::posix::stream_descriptor;
using boost::system::error_code;

constexpr int kAcceptsPerTurn = 64;
constexpr std::size_t kPoliteRefusals = 256;  // beyond that a refused client just gets a close
constexpr std::chrono::milliseconds kAcceptRetry{100};

std::chrono::milliseconds tick_interval(const HttpServerConfig& config) {
  const auto shortest =
      std::min({config.idle_timeout, config.read_timeout, config.write_timeout, config.keep_alive});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(5),
                                               std::chrono::seconds(1));
}

// A job that runs again and again; its pending timer owns it.
struct Periodic : std::enable_shared_from_this<Periodic> {
  Periodic(boost::asio::io_context& io, std::chrono::milliseconds every, std::function<void()> job)
      : timer(io), interval(every), fn(std::move(job)) {}

  void arm() {
    timer.expires_after(interval);
    timer.async_wait([self = shared_from_this()](const error_code& error) {
      if (error) return;
      run_logged("periodic work", self->fn);
      self->arm();
    });
  }

  steady_timer timer;
  const std::chrono::milliseconds interval;
  const std::function<void()> fn;
};

}  // namespace

struct HttpServer::Impl {
  Impl(HttpServerConfig config, Handler handler)
      : core(std::move(config), std::move(handler)), acceptor(core.io), retry(core.io) {
    UniqueFd fd = open_listener(core.config.listen);
    local = local_endpoint_of(fd.get());
    acceptor.assign(fd.get());
    fd.release();
  }

  void wait_for_clients();
  void accept_clients();
  void admit(Accepted client);
  void tick();
  void begin_drain();
  void loop();

  enum class Phase { idle, running, ended };

  ServerCore core;
  stream_descriptor acceptor;
  steady_timer retry;
  Endpoint local;
  std::thread thread;

  std::mutex mutex;
  std::condition_variable changed;
  Phase phase = Phase::idle;
  bool emptied = false;
};

void HttpServer::Impl::wait_for_clients() {
  acceptor.async_wait(stream_descriptor::wait_read, [this](const error_code& error) {
    if (!error) accept_clients();
  });
}

void HttpServer::Impl::accept_clients() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    auto client = accept_from(acceptor.native_handle());
    if (client.fd) {
      admit(std::move(client));
      continue;
    }
    if (client.error == EAGAIN || client.error == EWOULDBLOCK) break;
    if (client.error == EMFILE || client.error == ENFILE || client.error == ENOBUFS ||
        client.error == ENOMEM) {
      // Clients wait in the backlog until something has been closed.
      log::warn("accept client: {}", std::generic_category().message(client.error));
      retry.expires_after(kAcceptRetry);
      retry.async_wait([this](const error_code& error) {
        if (!error && acceptor.is_open()) accept_clients();
      });
      return;
    }
    // ECONNABORTED and what the network did to that one client: go on.
  }
  wait_for_clients();
}

void HttpServer::Impl::admit(Accepted client) {
  const auto open = core.connections.size();
  const bool full = open >= core.config.max_connections;
  ++(full ? core.counters.refused : core.counters.accepted);
  if (full && open >= core.config.max_connections + kPoliteRefusals) return;
  const auto connection =
      std::make_shared<Connection>(core, std::move(client.fd), std::move(client.remote));
  core.connections.insert(connection);
  core.counters.connections = core.connections.size();
  if (full) {
    connection->refuse(
        503, Error(Errc::unavailable, "accept client: too many connections", "try again later"));
  }
  connection->turn();
}

void HttpServer::Impl::tick() {
  const auto now = std::chrono::steady_clock::now();
  const std::vector all(core.connections.begin(), core.connections.end());
  for (const auto& connection : all) connection->tick(now);
}

void HttpServer::Impl::begin_drain() {
  core.draining = true;
  core.on_empty = [this] {
    const std::lock_guard lock(mutex);
    emptied = true;
    changed.notify_all();
  };
  error_code ignored;
  acceptor.close(ignored);
  retry.cancel();
  const std::vector all(core.connections.begin(), core.connections.end());
  for (const auto& connection : all) connection->drain();
  if (core.connections.empty()) core.on_empty();
}

void HttpServer::Impl::loop() {
  if (!core.io.stopped()) {
    accept_clients();
    std::make_shared<Periodic>(core.io, tick_interval(core.config), [this] { tick(); })->arm();
  }
  for (bool done = false; !done;) {
    try {
      core.io.run();
      done = true;
    } catch (const std::exception& error) {
      log::error("HTTP server: {}", error.what());
    }
  }
  error_code ignored;
  acceptor.close(ignored);
  const std::vector all(core.connections.begin(), core.connections.end());
  for (const auto& connection : all) connection->close();
  const std::lock_guard lock(mutex);
  phase = Phase::ended;
  changed.notify_all();
}

HttpServer::HttpServer(HttpServerConfig config, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(handler))) {}

HttpServer::~HttpServer() {
  stop();
  impl_->core.mailbox->close();
}

Endpoint HttpServer::local_endpoint() const {
  return impl_->local;
}

void HttpServer::start() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->phase != Impl::Phase::idle) return;
    impl_->phase = Impl::Phase::running;
  }
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
  ::pthread_setname_np(impl_->thread.native_handle(), "roost-http");
}

void HttpServer::run() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->phase != Impl::Phase::idle) return;
    impl_->phase = Impl::Phase::running;
  }
  impl_->loop();
}

void HttpServer::stop() {
  impl_->core.io.stop();
  std::unique_lock lock(impl_->mutex);
  if (impl_->phase == Impl::Phase::idle) impl_->phase = Impl::Phase::ended;
  impl_->changed.wait(lock, [&] { return impl_->phase == Impl::Phase::ended; });
  lock.unlock();
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool HttpServer::drain(Deadline deadline) {
  post([impl = impl_.get()] { impl->begin_drain(); });
  bool clean = false;
  {
    std::unique_lock lock(impl_->mutex);
    const auto settled = [&] { return impl_->emptied || impl_->phase != Impl::Phase::running; };
    impl_->changed.wait_for(lock, deadline.remaining(std::chrono::hours(24)), settled);
    clean = settled();
  }
  stop();
  return clean;
}

void HttpServer::post(std::function<void()> fn) {
  impl_->core.mailbox->post([fn = std::move(fn)] { run_logged("posted work", fn); });
}

void HttpServer::every(std::chrono::milliseconds interval, std::function<void()> fn) {
  impl_->core.mailbox->post([impl = impl_.get(), interval, fn = std::move(fn)] {
    std::make_shared<Periodic>(impl->core.io, interval, fn)->arm();
  });
}

HttpServerStats HttpServer::stats() const {
  const auto& counters = impl_->core.counters;
  return {.requests = counters.requests,
          .accepted = counters.accepted,
          .refused = counters.refused,
          .malformed = counters.malformed,
          .dropped_streams = counters.dropped_streams,
          .connections = counters.connections,
          .streams = counters.streams};
}

}  // namespace roost::net
