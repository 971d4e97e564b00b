// Runs a Rival: servers first, then every node's script held back at a gate, which
// is a FIFO: opening it for writing lets all of them go at one instant.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/fanout/method.hpp"
#include "bench/fanout/rival.hpp"
#include "core/base/fd.hpp"

namespace roost::bench {

class ScriptedMethod : public Method {
 public:
  ScriptedMethod(const Arena& arena, std::unique_ptr<Rival> rival);

  void prepare() override;
  Monotonic start() override;
  void join(std::size_t node) override;
  void kill(std::size_t node) override;
  void restart(std::size_t node) override;
  void end_tracker() override;
  void end_seeder() override;
  void observe(Monotonic instant, std::vector<NodeRun>& nodes) override;
  std::filesystem::path content(std::size_t node) const override;
  std::uint64_t wire_bytes() override;
  double node_cpu(std::size_t node, const GroupCpu& living) const override;
  double other_cpu(const GroupCpu& living) const override;
  void end() override;

 private:
  struct Running {
    std::size_t host;
    std::unique_ptr<Job> job;
  };

  std::string node_script(std::size_t node, bool at_gate);
  std::unique_ptr<Job> start_script(std::size_t host, const std::string& text) const;
  void start_server(const Server& server);
  void await_gate() const;
  void end_host(std::size_t host);

  const Arena& arena_;
  std::unique_ptr<Rival> rival_;
  std::filesystem::path gate_path_;
  UniqueFd gate_;
  std::vector<Running> others_;              // servers, and the seeder's script
  std::vector<std::unique_ptr<Job>> nodes_;  // none: not here now
  std::vector<double> cpu_of_ended_;         // of a node's earlier lives
};

// MethodInfo::make of a rival.
template <std::unique_ptr<Rival> (*make_rival)(const Arena&, const std::string&)>
std::unique_ptr<Method> scripted(const Arena& arena, const std::string& variant) {
  return std::make_unique<ScriptedMethod>(arena, make_rival(arena, variant));
}

}  // namespace roost::bench
