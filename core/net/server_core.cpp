#include "core/net/server_core.hpp"

#include "core/base/log.hpp"
#include "core/net/response_text.hpp"

namespace roost::net {

std::optional<Response> catch_as_response(const ServerCore& core, const std::string& what,
                                          const std::function<void()>& f) {
  try {
    try {
      f();
      return std::nullopt;
    } catch (const Error& error) {
      const int status = errc_info(error.code()).http_status;
      if (status >= 500) log::warn("{}: {}", what, error.what());
      return error_response(core.config.format_error, error, status);
    } catch (const std::exception& error) {
      log::error("{}: {}", what, error.what());
      const Error hidden(Errc::failed, "answer request: internal error");
      return error_response(core.config.format_error, hidden, 500);
    }
  } catch (const std::exception& error) {  // the formatter's own
    log::error("{}: format error: {}", what, error.what());
    return Response{500, "text/plain", "error: answer request: internal error\n", {}};
  }
}

void run_logged(const char* what, const std::function<void()>& f) noexcept {
  try {
    f();
  } catch (const std::exception& error) {
    log::error("{}: {}", what, error.what());
  }
}

}  // namespace roost::net
