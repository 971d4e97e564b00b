#include "core/release/parallel.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.hpp"

namespace roost::release {

unsigned threads_for(std::size_t work) noexcept {
  const auto most = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
  return static_cast<unsigned>(std::clamp<std::size_t>(work, 1, most));
}

void run_parallel(unsigned threads, const std::stop_token& stop, const char* what,
                  const std::function<void(const std::stop_token&)>& work) {
  std::mutex mutex;
  std::exception_ptr failure;
  std::stop_source failed;
  const std::stop_callback forward(stop, [&] { failed.request_stop(); });
  const auto run = [&] {
    try {
      work(failed.get_token());
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      failed.request_stop();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
  if (stop.stop_requested()) {
    throw Error(Errc::interrupted, std::string(what) + ": interrupted");
  }
}

}  // namespace roost::release
