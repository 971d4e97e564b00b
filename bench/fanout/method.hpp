// A way to bring an artifact to all nodes: what the runner knows of it.
//
// The runner calls prepare(), then start(), then observe() again and again while
// it applies the scenario's timeline, then end(). All times are of the steady
// clock; NodeRun times are seconds from the instant that start() returned. One
// thread. Throws Error when the method's programs fail.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/fanout/arena.hpp"
#include "bench/fanout/job.hpp"
#include "bench/results/run.hpp"
#include "core/base/deadline.hpp"

namespace roost::bench {

class Method {
 public:
  virtual ~Method() = default;

  // All that is no part of the delivery: packing, key files, daemons that a fleet runs anyway.
  virtual void prepare() = 0;

  // Lets all nodes go but the late ones; the instant from which they count.
  virtual Monotonic start() = 0;

  virtual void join(std::size_t node) = 0;  // a late one
  virtual void kill(std::size_t node) = 0;
  virtual void restart(std::size_t node) = 0;
  virtual void end_tracker() = 0;
  virtual void end_seeder() = 0;

  // Fills in what has become known of each node. Throws when one has failed for good.
  virtual void observe(Monotonic instant, std::vector<NodeRun>& nodes) = 0;

  // After the last node: the file or directory that a node received.
  virtual std::filesystem::path content(std::size_t node) const = 0;

  // Payload of one copy as this method carries it; 0 while that is not known.
  virtual std::uint64_t wire_bytes() = 0;

  // Payload that left the seeder, as far as the nodes say; for where no link can be read.
  virtual std::uint64_t seeder_payload() const { return 0; }

  // Processor time since the instant, of a node's processes and of all others.
  virtual double node_cpu(std::size_t node, const GroupCpu& living) const = 0;
  virtual double other_cpu(const GroupCpu& living) const = 0;

  virtual void end() = 0;  // every process of it; the files stay
};

struct MethodInfo {
  std::string_view name;
  std::string_view note;    // what a reader must know of its figures; may be empty
  bool one_server = false;  // N F / u_s: runs once, and with more than 16 nodes is computed
  bool tls = false;         // between peers, as shipped
  bool needs_lab = true;
  std::vector<std::string> programs;  // that must be installed
  // Why it can't run that scenario; empty: it can.
  std::string (*cannot_run)(const Scenario&) = nullptr;
  // The variants it knows, beside the empty one.
  std::span<const std::string_view> variants = {};
  std::unique_ptr<Method> (*make)(const Arena&, const std::string& variant) = nullptr;
};

std::span<const MethodInfo> methods();  // of `roost bench fanout`
// Throws Error{usage} with the names.
const MethodInfo& find_method(std::string_view name, std::span<const MethodInfo> among = methods());

std::string missing_program(const MethodInfo& method);  // why not on this machine; or empty
}  // namespace roost::bench
