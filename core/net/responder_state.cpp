#include "core/net/responder_state.hpp"

#include "core/net/connection.hpp"
#include "core/net/server_core.hpp"

namespace roost::net {

Responder::State::~State() {
  if (!take()) return;
  run_logged("answer request", [this] {
    post({500, "text/plain", "error: answer request: nobody answered\n", {}});
  });
}

void Responder::State::post(Response response) {
  mailbox->post([client = connection, request = number, answer = std::move(response)]() mutable {
    if (const auto alive = client.lock()) alive->answer_deferred(request, std::move(answer));
  });
}

void Responder::State::client_gone() {
  std::function<void()> fn;
  {
    const std::lock_guard lock(mutex);
    gone = true;
    fn = std::move(on_close);
    on_close = nullptr;
  }
  if (fn) run_logged("deferred answer's on_close", fn);
}

void Responder::respond(Response response) const {
  if (state_->take()) state_->post(std::move(response));
}

bool Responder::is_open() const noexcept {
  return state_->open;
}

void Responder::on_close(std::function<void()> fn) const {
  const std::lock_guard lock(state_->mutex);
  if (!state_->gone) {
    state_->on_close = std::move(fn);
    return;
  }
  state_->mailbox->post([fn = std::move(fn)] { run_logged("deferred answer's on_close", fn); });
}

}  // namespace roost::net
