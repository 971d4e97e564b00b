// A publisher and some nodes of one release, each a process of the real binary: on loopback,
// or each on a host of a lab whose links have rates.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "bench/lab/lab.hpp"
#include "tests/cli/sandbox.hpp"

namespace roost::test {

// What is run instead of a program: the same one, somewhere or somehow else.
using Wrap = std::function<ChildOptions(ChildOptions)>;

// With these words before it: {"taskset", "-c", "0"}.
Wrap under(Args words);

class FleetNode {
 public:
  FleetNode(const Sandbox& box, std::string root, ChildOptions options);

  std::string root() const { return root_; }

  // Its line of that type; waits for it. Throws with what it said when it doesn't come.
  nlohmann::json line(const std::string& type,
                      std::chrono::seconds limit = std::chrono::minutes(2));

  // The release's transfer as `roost status --root` has it now; null before it begins.
  nlohmann::json status() const;
  std::string status_text() const;

 private:
  const Sandbox& box_;
  std::string root_;
  std::unique_ptr<Daemon> daemon_;
};

class Fleet {
 public:
  // Of a lab host 0 is the tracker's, 1 the publisher's, from 2 on the nodes'.
  explicit Fleet(std::size_t mebibytes, const bench::Lab* lab = nullptr);

  // From before the release on or later; follows web/prod.
  FleetNode start_node(const Args& more = {}, const Wrap& wrap = {}, std::string root = {});

  // Registers the release, the same one each time, and shares it until it is ended.
  std::unique_ptr<Child> publish(const Args& more = {});

  const Sandbox& box() const { return box_; }
  std::string tracker() const { return tracker_url_; }

 private:
  ChildOptions options(std::size_t host, Args args) const;
  std::string listen(std::size_t host, int port) const;

  Sandbox box_;
  const bench::Lab* lab_;
  std::unique_ptr<Daemon> tracker_;
  std::string tracker_url_;
  std::size_t nodes_ = 0;
};

}  // namespace roost::test
