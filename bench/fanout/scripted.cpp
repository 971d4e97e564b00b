#include "bench/fanout/scripted.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "core/base/error.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kServerStart = 15s;
constexpr auto kPause = 5ms;

// The end of a log, for the message that says why a program failed.
std::string last_lines(const fs::path& log) {
  std::ifstream file(log);
  std::string text(std::istreambuf_iterator<char>(file), {});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  constexpr std::size_t kTail = 300;
  return text.size() > kTail ? "..." + text.substr(text.size() - kTail) : text;
}

}  // namespace

ScriptedMethod::ScriptedMethod(const Arena& arena, std::unique_ptr<Rival> rival)
    : arena_(arena),
      rival_(std::move(rival)),
      gate_path_(arena.directory() / "gate"),
      nodes_(arena.nodes()),
      cpu_of_ended_(arena.nodes(), 0) {}

std::unique_ptr<Job> ScriptedMethod::start_script(std::size_t host, const std::string& text) const {
  return std::make_unique<Job>(arena_.script(host, "set -o pipefail\n" + text));
}

void ScriptedMethod::prepare() {
  if (::mkfifo(gate_path_.c_str(), 0600) != 0) throw_errno("make " + gate_path_.string());
  rival_->prepare();
  for (const auto& server : rival_->servers()) start_server(server);
  for (std::size_t node = 0; node < arena_.nodes(); ++node) {
    const auto host = arena_.host_of(node);
    fs::create_directories(arena_.directory(host) / "tree");
    if (arena_.plan().nodes[node].late) continue;
    nodes_[node] = start_script(host, node_script(node, true));
  }
  if (const auto script = rival_->seeder(); !script.empty()) {
    const auto gated =
        fmt::format("echo ready; : < {}\n{}\n", shell_quoted(gate_path_.string()), script);
    others_.push_back({arena_.seeder(), start_script(arena_.seeder(), gated)});
  }
  await_gate();
}

void ScriptedMethod::start_server(const Server& server) {
  auto job = start_script(server.host, server.script);
  const auto ready = [&] {
    if (server.port != 0 && !listens(job->pid(), server.port)) return false;
    if (server.ready.empty()) return true;
    auto probe = arena_.script(server.host, "set -o pipefail\n" + server.ready);
    return run_child(probe, Deadline::in(kServerStart)).exit.status == 0;
  };
  for (const auto deadline = Deadline::in(kServerStart); !ready();) {
    arena_.check_stop();
    if (!job->running() || deadline.expired()) {
      throw Error(Errc::failed, fmt::format("start '{}': it does not become ready: {}",
                                            server.script.substr(0, server.script.find(' ')),
                                            last_lines(arena_.directory(server.host) / "log")));
    }
    std::this_thread::sleep_for(kPause);
  }
  others_.push_back({server.host, std::move(job)});
}

// "staged" ends a node's script: it says how far it is, and syncs what came in between.
std::string ScriptedMethod::node_script(std::size_t node, bool at_gate) {
  const bool blob = arena_.artifact().shape() == Shape::blob;
  const auto sync = blob ? fmt::format("sync {}", Artifact::kBlob) : std::string("sync -f tree");
  return fmt::format(
      "staged() {{ echo done; {} && echo staged; }}\n{}{}\n", sync,
      at_gate ? fmt::format("echo ready; : < {}\n", shell_quoted(gate_path_.string())) : "",
      rival_->node(node));
}

// Until every script stands before the gate; how long a shell takes to start is no one's figure.
void ScriptedMethod::await_gate() const {
  const auto waits = [](const std::unique_ptr<Job>& job) { return !job || job->said("ready"); };
  for (const auto deadline = Deadline::in(kServerStart); !deadline.expired();) {
    arena_.check_stop();
    const bool seeder_waits = rival_->seeder().empty() || others_.back().job->said("ready");
    if (seeder_waits && std::ranges::all_of(nodes_, waits)) return;
    std::this_thread::sleep_for(kPause);
  }
  throw Error(Errc::deadline, "start nodes: a shell did not start in time");
}

Monotonic ScriptedMethod::start() {
  const auto living = cpu_by_group();
  for (auto& other : others_) other.job->start_clock(living);
  for (auto& node : nodes_) {
    if (node) node->start_clock(living);
  }
  const auto instant = std::chrono::steady_clock::now();
  gate_.reset(::open(gate_path_.c_str(), O_RDWR | O_CLOEXEC));
  if (!gate_) throw_errno("open " + gate_path_.string());
  return instant;
}

void ScriptedMethod::join(std::size_t node) {
  nodes_[node] = start_script(arena_.host_of(node), node_script(node, false));
}

void ScriptedMethod::kill(std::size_t node) {
  cpu_of_ended_[node] += nodes_[node]->cpu_seconds(cpu_by_group());
  nodes_[node].reset();
}

void ScriptedMethod::restart(std::size_t node) {
  join(node);
}

void ScriptedMethod::end_host(std::size_t host) {
  for (auto& other : others_) {
    if (other.host == host) other.job->kill();
  }
}

void ScriptedMethod::end_tracker() {
  end_host(arena_.tracker());
}

void ScriptedMethod::end_seeder() {
  end_host(arena_.seeder());
}

void ScriptedMethod::observe(Monotonic instant, std::vector<NodeRun>& nodes) {
  const std::chrono::duration<double> now = std::chrono::steady_clock::now() - instant;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto& run = nodes[i];
    if (!nodes_[i] || run.staged_s) continue;
    if (!run.done_s && nodes_[i]->said("done")) run.done_s = now.count();
    if (nodes_[i]->said("staged")) {
      run.staged_s = now.count();
      run.sync_s = *run.staged_s - *run.done_s;
      rival_->account(i, nodes_[i]->out(), run);
    } else if (!nodes_[i]->running() && !nodes_[i]->said("staged")) {
      throw Error(Errc::failed,
                  fmt::format("run node {}: it ended early: {}", i + 1,
                              last_lines(arena_.directory(arena_.host_of(i)) / "log")));
    }
  }
}

fs::path ScriptedMethod::content(std::size_t node) const {
  const auto directory = arena_.directory(arena_.host_of(node));
  return directory / (arena_.artifact().shape() == Shape::blob ? Artifact::kBlob : "tree");
}

std::uint64_t ScriptedMethod::wire_bytes() {
  return rival_->wire_bytes(nodes_.front() ? nodes_.front()->out() : "");
}

double ScriptedMethod::node_cpu(std::size_t node, const GroupCpu& living) const {
  return cpu_of_ended_[node] + (nodes_[node] ? nodes_[node]->cpu_seconds(living) : 0);
}

double ScriptedMethod::other_cpu(const GroupCpu& living) const {
  double sum = 0;
  for (const auto& other : others_) sum += other.job->cpu_seconds(living);
  return sum;
}

void ScriptedMethod::end() {
  nodes_.clear();
  for (auto& other : others_) other.job->end();
  others_.clear();
}

}  // namespace roost::bench
