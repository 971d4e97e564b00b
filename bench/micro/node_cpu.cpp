// What it costs a node to receive, verify, expand and stage a made tree, beside what does the
// same with common tools: `curl | tar --zstd -x` from nginx, and then a digest of every file.
// `roost fetch` is the real binary, its tracker and publisher on loopback are not counted; it
// ends once the tree is staged, with its syncs inside. Prints CPU seconds per GiB of tree.
//   node_cpu DIR [--size MIB] [--rounds R] [--roost PROGRAM]...
// Several programs are measured in turn, to compare builds. Nothing in DIR is removed between
// runs, since ext4 creates files slowly after many were removed.
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/fanout/artifact.hpp"
#include "bench/fanout/credentials.hpp"
#include "bench/fanout/job.hpp"
#include "bench/fanout/servers.hpp"
#include "bench/results/statistics.hpp"
#include "core/base/error.hpp"
#include "core/base/fs.hpp"
#include "core/base/process.hpp"
#include "core/crypto/keys.hpp"

namespace {

using namespace roost;
using namespace roost::bench;
namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using Words = std::vector<std::string>;

constexpr const char* kRelease = "bench@1";
constexpr std::uint16_t kHttpPort = 18080;

struct Options {
  fs::path dir;
  std::uint64_t mib = 512;
  int rounds = 5;
  std::vector<std::string> programs;
};

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

ChildOptions command(Words argv, const fs::path& directory = {}) {
  ChildOptions options;
  options.argv = std::move(argv);
  options.directory = directory;
  return options;
}

ChildOptions roost_command(const std::string& program, const Words& words) {
  return command(Words{program} + words + Words{"--json", "--progress", "quiet", "--insecure"});
}

std::optional<json> line_of(const std::string& out, const std::string& type) {
  for (std::size_t at = 0, end = 0; (end = out.find('\n', at)) != std::string::npos; at = end + 1) {
    auto line = json::parse(out.substr(at, end - at), nullptr, false);
    if (line.is_object() && line.value("type", "") == type) return line;
  }
  return std::nullopt;
}

json await_line(Child& child, const std::string& type) {
  const auto told = [&](const std::string& out, const std::string&) {
    return line_of(out, type).has_value();
  };
  if (!child.wait_output(Deadline::in(10min), told)) {
    throw Error(Errc::failed, "await " + type + ": " + child.out() + child.err());
  }
  return *line_of(child.out(), type);
}

// A tracker and a publisher that fetching nodes can be pointed at.
class Origin {
 public:
  Origin(const std::string& program, const fs::path& dir, const fs::path& tree, bool tls)
      : dir_(dir) {
    fs::create_directories(dir);
    crypto::write_key_pair(dir / "key", crypto::SecretKey::generate());
    if (tls) {
      const auto made = make_credentials(dir);
      swarm_ = swarm_ + Words{"--peer-ca",        made.ca.string(), "--peer-cert",
                              made.cert.string(), "--peer-key",     made.key.string()};
    }
    tracker_.emplace(roost_command(
        program, {"tracker", "--data", (dir / "data").string(), "--listen", "127.0.0.1:0"}));
    url_ = await_line(*tracker_, "ready").at("url");
    publisher_.emplace(roost_command(
        program,
        Words{"publish", tree.string(), "--release", kRelease, "--tracker", url_, "--key",
              (dir / "key").string(), "--work-dir", dir.string(), "--seed-for", "forever"} +
            swarm_));
    await_line(*publisher_, "registered");
  }

  ChildOptions fetch(const std::string& program, const fs::path& root) const {
    return roost_command(program, Words{"fetch", kRelease, "--root", root.string(), "--tracker",
                                        url_, "--trust", (dir_ / "key.pub").string()} +
                                      swarm_);
  }

 private:
  fs::path dir_;
  Words swarm_{"--listen", "127.0.0.1:0"};
  std::optional<Child> tracker_, publisher_;
  std::string url_;
};

// What was written before is on the disk first, so that nobody pays for another's pages.
void settle(const fs::path& dir) {
  const UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::syncfs(fd.get()) != 0) throw_errno("sync " + dir.string());
}

struct Ran {
  double cpu;  // of the program and of all that it waited for
  std::string out;
};

Ran run_to_end(const ChildOptions& options) {
  Child child(options);
  const auto ended = child.wait(Deadline::in(10min));
  if (!ended || ended->status != 0) {
    throw Error(Errc::failed, options.argv.back() + ": " + child.out() + child.err());
  }
  return {child.cpu_seconds(), child.out()};
}

ChildOptions script(const std::string& text, const fs::path& directory) {
  return command({"bash", "-c", "set -e -o pipefail\n" + text}, directory);
}

class Table {
 public:
  explicit Table(double gib) : gib_(gib) {}
  void add(const std::string& what, double cpu) {
    if (!costs_.contains(what)) names_.push_back(what);
    costs_[what].push_back(cpu / gib_);
    fmt::print("{:44} {:6.2f}\n", what, cpu / gib_);
    std::fflush(stdout);
  }
  double median(const std::string& what) const { return spread_of(costs_.at(what)).median; }
  void print() const {
    fmt::print("\n{:44} {:>6}  {}\n", "CPU seconds per GiB of tree", "median", "range");
    for (const auto& what : names_) {
      const auto cost = spread_of(costs_.at(what));
      fmt::print("{:44} {:6.2f}  {:.2f} to {:.2f}\n", what, cost.median, cost.min, cost.max);
    }
  }

 private:
  double gib_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<double>> costs_;
};

constexpr const char* kUntar = "curl | tar --zstd -x";
constexpr const char* kSums = "sha256sum of every file";
constexpr const char* kFastSums = "openssl dgst -sha256 of every file";

void must_equal(const Artifact& artifact, const fs::path& tree) {
  const auto difference = artifact.difference(tree);
  if (!difference.empty()) throw Error(Errc::integrity, "compare the trees: " + difference);
}

void common_tools(const Artifact& artifact, const fs::path& dir, Table& table) {
  fs::create_directories(dir / "tree");
  settle(dir);
  const auto untar = fmt::format(
      "curl -sSf http://127.0.0.1:{}/artifact.tar.zst | tar -C tree --zstd -xf -", kHttpPort);
  table.add(kUntar, run_to_end(script(untar, dir)).cpu);
  settle(dir);
  // sha256sum may know nothing of the CPU's instructions for it; OpenSSL does.
  const std::string each = "find tree -type f -print0 | xargs -0 ";
  table.add(kSums, run_to_end(script(each + "sha256sum > sums", dir)).cpu);
  table.add(kFastSums, run_to_end(script(each + "openssl dgst -sha256 > sums", dir)).cpu);
  must_equal(artifact, dir / "tree");
}

void node(const Artifact& artifact, const std::string& what, const ChildOptions& fetch,
          const fs::path& dir, Table& table) {
  settle(dir);
  const auto ran = run_to_end(fetch);
  table.add(what, ran.cpu);
  must_equal(artifact, line_of(ran.out, "result").value().at("path").get<std::string>());
}

void run(const Options& options) {
  fs::remove_all(options.dir);
  fs::create_directories(options.dir);
  Artifact artifact = Artifact::make(Shape::tree, options.mib << 20, 1, options.dir);
  artifact.packed(Packing::zstd);
  std::ofstream(options.dir / "nginx.conf") << nginx_config("127.0.0.1", kHttpPort, options.dir);
  if (listens(::getpid(), kHttpPort)) {
    throw Error(Errc::conflict, fmt::format("start nginx: port {} is in use", kHttpPort));
  }
  // One process, which ends with this one also when the terminal ends both.
  Child nginx(command({"nginx", "-g", "master_process off;", "-p", options.dir.string(), "-c",
                       (options.dir / "nginx.conf").string()}));
  while (!listens(nginx.pid(), kHttpPort)) {
    if (!nginx.running()) throw Error(Errc::failed, "start nginx: it ended: " + nginx.err());
  }
  const auto& first = options.programs.front();
  const Origin plain(first, options.dir / "plain", artifact.tree(), false);
  const Origin tls(first, options.dir / "tls", artifact.tree(), true);

  Table table(static_cast<double>(options.mib) / 1024);
  const auto name = [](const char* how, const std::string& program) {
    return fmt::format("{} fetch{}", program, how);
  };
  for (int round = 0; round < options.rounds; ++round) {
    const auto dir = options.dir / fmt::format("round{}", round);
    fs::create_directories(dir);
    for (std::size_t i = 0; i < options.programs.size(); ++i) {
      const auto& program = options.programs[i];
      node(artifact, name("", program), plain.fetch(program, dir / fmt::format("plain{}", i)), dir,
           table);
      node(artifact, name(", TLS", program), tls.fetch(program, dir / fmt::format("tls{}", i)), dir,
           table);
    }
    common_tools(artifact, dir, table);
  }
  table.print();
  for (const auto& program : options.programs) {
    const double cost = table.median(name("", program));
    fmt::print("{}: {:.2f} times curl, tar and sha256sum, {:.2f} times curl, tar and openssl\n",
               program, cost / (table.median(kUntar) + table.median(kSums)),
               cost / (table.median(kUntar) + table.median(kFastSums)));
  }
  fs::remove_all(options.dir);
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string {
      if (++i == argc) throw Error(Errc::usage, word + ": a value is missing");
      return argv[i];
    };
    if (word == "--size") {
      options.mib = std::stoul(value());
    } else if (word == "--rounds") {
      options.rounds = std::stoi(value());
    } else if (word == "--roost") {
      options.programs.push_back(value());
    } else {
      options.dir = fs::absolute(word) / "node_cpu";
    }
  }
  if (options.dir.empty() || options.rounds < 1) {
    throw Error(Errc::usage, "node_cpu DIR [--size MIB] [--rounds R] [--roost PROGRAM]...");
  }
  if (options.programs.empty()) {  // the one that was built with this program
    options.programs.push_back(
        (roost_program().parent_path() / "../../roost").lexically_normal().string());
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
