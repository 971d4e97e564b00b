#include "peer/reporter.hpp"

#include <algorithm>

#include "core/base/log.hpp"
#include "core/proto/api.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;

bool is_fetching(const proto::NodeReport& report) {
  return std::ranges::any_of(report.transfers, [](const auto& transfer) {
    return transfer.state == proto::TransferState::fetching;
  });
}

}  // namespace

Reporter::Reporter(net::Url tracker, std::function<proto::NodeReport()> snapshot)
    : tracker_(std::move(tracker)),
      snapshot_(std::move(snapshot)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Reporter::changed() {
  const std::lock_guard lock(mutex_);
  changed_ = true;
  wake_.notify_all();
}

void Reporter::work(const std::stop_token& stop) {
  net::HttpClient client(tracker_);
  std::chrono::milliseconds pause = 0ms;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [this] { return changed_; });
      changed_ = false;
    }
    if (stop.stop_requested()) return;
    const auto report = snapshot_();
    pause = is_fetching(report) ? 1s : 15s;
    send(client, report, Deadline::in(5s), stop);
  }
}

void Reporter::send_last(const std::stop_token& stop) {
  thread_.request_stop();
  thread_.join();
  net::HttpClient client(tracker_);
  send(client, snapshot_(), Deadline::in(2s), stop);
}

void Reporter::send(net::HttpClient& client, const proto::NodeReport& report, Deadline deadline,
                    const std::stop_token& stop) const {
  try {
    const auto response =
        client.post(proto::report_path(report.node), proto::to_json(report), deadline, stop);
    if (!response.ok()) {
      throw proto::to_error(proto::parse_api_error(response.status, response.body), "report");
    }
  } catch (const Error& error) {
    log::debug("{}", error.what());  // the follower tells when the tracker is away
  }
}

}  // namespace roost::peer
