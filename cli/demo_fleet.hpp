// A tracker, nodes and a publisher as real processes of this very binary, on
// loopback, in one directory. For `roost demo`.
//
// Processes are started in the constructor's order of need and are ready when a
// call returns; the destructor ends them all. Each writes its log into the
// directory. One thread. Throws Error naming the process that failed and its log.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/process.hpp"
#include "core/net/url.hpp"
#include "core/proto/report.hpp"

namespace roost::cli {

class DemoFleet {
 public:
  DemoFleet(std::filesystem::path directory, unsigned nodes, std::stop_token stop);
  ~DemoFleet();

  // Waits until every node follows the channel.
  void await_followers();

  // Starts `roost publish`; it seeds until every node has staged the release.
  Child publish(const std::filesystem::path& artifact);

  // What the tracker knows of each node, in the order of their numbers.
  std::vector<proto::NodeView> nodes();

  std::filesystem::path current(unsigned node) const;  // its DIR/apps/NAME/current
  const std::filesystem::path& key() const noexcept { return key_; }
  const std::filesystem::path& directory() const noexcept { return directory_; }

  static constexpr const char* kName = "demo";

 private:
  Child start(std::vector<std::string> arguments, const std::string& log_name);
  std::string await_ready(Child& child, const std::string& name, const char* field);

  std::filesystem::path directory_, key_;
  std::stop_token stop_;
  std::string tracker_url_;
  std::vector<Child> processes_;
  std::vector<std::string> node_ids_;
};

}  // namespace roost::cli
