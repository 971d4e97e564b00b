#include "cli/demo_fleet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "core/base/error.hpp"
#include "core/crypto/keys.hpp"
#include "seeder/tracker_client.hpp"

namespace roost::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// The {"type":"ready"} line of a daemon's stdout, once it is there.
nlohmann::json ready_line(const std::string& out) {
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    auto object = nlohmann::json::parse(line, nullptr, false);
    if (object.is_object() && object.value("type", "") == "ready") return object;
  }
  return nullptr;
}

std::string node_name(unsigned number) {
  return fmt::format("node-{}", number + 1);
}

void check_interrupt(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(Errc::interrupted, "run demo: interrupted");
}

}  // namespace

DemoFleet::DemoFleet(fs::path directory, unsigned nodes, std::stop_token stop)
    : directory_(std::move(directory)), key_(directory_ / "key.pem"), stop_(std::move(stop)) {
  crypto::write_key_pair(key_, crypto::SecretKey::generate());
  processes_.push_back(
      start({"tracker", "--data", (directory_ / "tracker").string(), "--listen", "127.0.0.1:0"},
            "tracker"));
  tracker_url_ = await_ready(processes_.back(), "tracker", "url");
  for (unsigned i = 0; i < nodes; ++i) {
    const auto name = node_name(i);
    processes_.push_back(
        start({"peer", "--root", (directory_ / name).string(), "--tracker", tracker_url_, "--trust",
               key_.string() + ".pub", "--follow", std::string(kName) + "/prod"},
              name));
  }
  for (unsigned i = 0; i < nodes; ++i) {
    node_ids_.push_back(await_ready(processes_[i + 1], node_name(i), "node"));
  }
}

DemoFleet::~DemoFleet() {
  for (auto& process : processes_) process.signal(SIGTERM);
  for (auto& process : processes_) process.wait(Deadline::in(2s));
}

Child DemoFleet::start(std::vector<std::string> arguments, const std::string& log_name) {
  check_interrupt(stop_);
  arguments.insert(arguments.begin(), "/proc/self/exe");
  arguments.insert(arguments.end(), {"--json", "--progress", "quiet"});
  ChildOptions options;
  options.argv = std::move(arguments);
  options.stderr_file = directory_ / (log_name + ".log");
  options.own_group = true;
  return Child(options);
}

std::string DemoFleet::await_ready(Child& child, const std::string& name, const char* field) {
  child.wait_output(Deadline::in(20s), [&](const std::string& out, const std::string&) {
    return stop_.stop_requested() || !ready_line(out).is_null();
  });
  check_interrupt(stop_);
  const auto line = ready_line(child.out());
  if (line.is_null()) {
    throw Error(Errc::failed, "start " + name + ": it did not become ready",
                "its log is " + (directory_ / (name + ".log")).string());
  }
  return line.at(field).get<std::string>();
}

void DemoFleet::await_followers() {
  for (const auto deadline = Deadline::in(20s); !deadline.expired();) {
    check_interrupt(stop_);
    const auto views = nodes();
    if (views.size() == node_ids_.size() &&
        std::ranges::all_of(views, [](const auto& view) { return view.live; })) {
      return;
    }
    std::this_thread::sleep_for(20ms);
  }
  throw Error(Errc::deadline, "run demo: not every node follows its channel after 20 s");
}

Child DemoFleet::publish(const fs::path& artifact) {
  return start({"publish", artifact.string(), "--release", std::string(kName) + "@1.0.0",
                "--channel", "prod", "--tracker", tracker_url_, "--key", key_.string(), "--copies",
                std::to_string(node_ids_.size()), "--external-links", "keep", "--timeout", "5m"},
               "publish");
}

std::vector<proto::NodeView> DemoFleet::nodes() {
  seeder::TrackerClient tracker(net::Url::parse(tracker_url_), stop_);
  const auto all = tracker.nodes();
  std::vector<proto::NodeView> ordered;
  for (const auto& id : node_ids_) {
    const auto it = std::ranges::find(all, id, [](const auto& view) { return view.report.node; });
    if (it != all.end()) ordered.push_back(*it);
  }
  return ordered;
}

fs::path DemoFleet::current(unsigned node) const {
  return directory_ / node_name(node) / "apps" / kName / "current";
}

}  // namespace roost::cli
