#include "tests/cli/sandbox.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "tests/support/trees.hpp"

namespace roost::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kReady = 30s;

std::string ready_line(const std::string& out) {
  const auto begin = out.find("{\"type\":\"ready\"");
  if (begin == std::string::npos) return {};
  const auto end = out.find('\n', begin);
  return end == std::string::npos ? std::string() : out.substr(begin, end - begin);
}

void prepend(ChildOptions& options, const Args& words) {
  options.argv.insert(options.argv.begin(), words.begin(), words.end());
}

}  // namespace

Daemon::Daemon(ChildOptions options) : child_(std::move(options)) {
  const bool ready = child_.wait_output(
      Deadline::in(kReady), [](const auto& out, const auto&) { return !ready_line(out).empty(); });
  if (!ready) throw std::runtime_error("daemon is not ready: " + child_.err() + child_.out());
  ready_ = ready_line(child_.out());
}

std::string Daemon::field(const std::string& name) const {
  return json_field(ready_, "/" + name);
}

int Daemon::stop(int signal, std::chrono::milliseconds limit) {
  child_.signal(signal);
  const auto exit = child_.wait(Deadline::in(limit));
  if (!exit) throw std::runtime_error("daemon does not stop: " + child_.err());
  return exit->status;
}

Sandbox::Sandbox() {
  ::chmod(path().c_str(), 0755);  // other users look at it in some tests
  make_tree(path() / "build-output", {.files = 12, .largest = 40'000, .seed = 1});
  const auto made = run({"keygen", "--out", "key.pem"});
  if (made.exit != 0) throw std::runtime_error("keygen: " + made.err);
}

ChildOptions Sandbox::options(const Args& args) const {
  auto options = roost_options(args);
  options.directory = path();
  options.env.emplace_back("TMPDIR", path().string());
  return options;
}

Daemon Sandbox::start(const Args& args) const {
  auto all = args;
  all.emplace_back("--json");
  return Daemon(options(all));
}

const std::string& Sandbox::tracker() {
  if (!tracker_) {
    tracker_ = std::make_unique<Daemon>(
        start({"tracker", "--data", "tracker-data", "--listen", "127.0.0.1:0"}));
    tracker_url_ = tracker_->field("url");
  }
  return tracker_url_;
}

const std::string& Sandbox::seeder() {
  if (!seeder_) {
    seeder_ = std::make_unique<Daemon>(
        start({"seeder", "--data", "seeder-data", "--tracker", tracker(), "--api", "127.0.0.1:0"}));
    seeder_url_ = seeder_->field("api");
  }
  return seeder_url_;
}

void Sandbox::publish(const std::string& release, const Args& more, const std::string& tree) {
  Args args{"publish", tree,    "--release", release,    "--tracker",
            tracker(), "--key", "key.pem",   "--seeder", seeder()};
  args.insert(args.end(), more.begin(), more.end());
  const auto ran = run(args);
  if (ran.exit != 0) throw std::runtime_error("publish " + release + ": " + ran.err);
}

Args Sandbox::fetch(const std::string& what, const std::string& root) {
  return {"fetch", what, "--root", root, "--tracker", tracker(), "--trust", "key.pem.pub"};
}

ChildOptions unprivileged(ChildOptions options) {
  if (::geteuid() == 0) {
    prepend(options, {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"});
  }
  return options;
}

std::optional<ChildOptions> with_small_disk(ChildOptions options, const std::filesystem::path& dir,
                                            const std::string& size) {
  const Args unshare{"unshare", ::geteuid() == 0 ? "-m" : "-Urm"};
  const std::string mount = "mount -t tmpfs -o size=" + size + " tmpfs " + dir.string();
  ChildOptions probe;
  probe.argv = {"sh", "-c", mount};
  prepend(probe, unshare);
  if (run_child(probe, Deadline::in(10s)).exit.status != 0) return std::nullopt;
  prepend(options, {"sh", "-c", mount + " && exec \"$@\"", "sh"});
  prepend(options, unshare);
  return options;
}

std::vector<Args> all_commands() {
  const auto overview = run_roost({"--help"}).out;
  const auto begin = overview.find("commands:\n") + 10;
  std::istringstream lines(overview.substr(begin, overview.find("\n\n", begin) - begin));
  std::vector<Args> result;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream name(line.substr(2, line.find("  ", 2) - 2));  // two spaces end it
    result.emplace_back(std::istream_iterator<std::string>(name),
                        std::istream_iterator<std::string>());
  }
  return result;
}

std::string joined(const Args& words) {
  std::string result;
  for (const auto& word : words) result += (result.empty() ? "" : " ") + word;
  return result;
}

std::string json_field(const std::string& line, const std::string& pointer) {
  const auto object = nlohmann::json::parse(line);
  const nlohmann::json::json_pointer where(pointer);
  if (!object.contains(where)) throw std::runtime_error("no " + pointer + " in " + line);
  const auto& value = object.at(where);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace roost::test
