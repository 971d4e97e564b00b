#include "bench/fanout/roost_method.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <thread>

#include "bench/fanout/credentials.hpp"
#include "core/base/error.hpp"
#include "core/crypto/keys.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using nlohmann::json;
using Words = std::vector<std::string>;

constexpr const char* kName = "bench";
constexpr const char* kPrevious = "bench@0";
constexpr const char* kRelease = "bench@1";
constexpr const char* kChannel = "bench/prod";
constexpr auto kDaemonStart = 30s;
constexpr auto kPause = 5ms;

// The JSON lines of a job's stdout, each once.
class Lines {
 public:
  // The next whole line that is an object; nothing when there is none yet.
  std::optional<json> next(const Job& job) {
    const auto out = job.out();
    while (at_ < out.size()) {
      const auto end = out.find('\n', at_);
      if (end == std::string::npos) break;
      auto object = json::parse(out.substr(at_, end - at_), nullptr, false);
      at_ = end + 1;
      if (object.is_object()) return object;
    }
    return std::nullopt;
  }

 private:
  std::size_t at_ = 0;
};

// A daemon's last word: its result object, with the error.
std::string last_line(const std::string& out) {
  const auto end = out.find_last_not_of('\n');
  if (end == std::string::npos) return "without a word";
  const auto before = out.rfind('\n', end);
  const auto begin = before == std::string::npos ? 0 : before + 1;
  return out.substr(begin, end + 1 - begin);
}

// "reused" of a staged line: bytes by the release that they were taken from.
std::uint64_t reused_in(const json& staged) {
  std::uint64_t sum = 0;
  const auto reused = staged.value("reused", std::map<std::string, std::uint64_t>());
  for (const auto& [from, bytes] : reused) sum += bytes;
  return sum;
}

class Roost : public Method {
 public:
  Roost(const Arena& arena, std::string variant)
      : arena_(arena),
        variant_(std::move(variant)),
        program_(roost_program()),
        nodes_(arena.nodes()) {}

  void prepare() override;
  Monotonic start() override;
  void join(std::size_t node) override { start_peer(node); }
  void kill(std::size_t node) override;
  void restart(std::size_t node) override { start_peer(node); }
  void end_tracker() override { tracker_->kill(); }
  void end_seeder() override { publisher_->kill(); }
  void observe(Monotonic instant, std::vector<NodeRun>& nodes) override;
  fs::path content(std::size_t node) const override;
  std::uint64_t wire_bytes() override { return wire_bytes_; }
  std::uint64_t seeder_payload() const override;
  double node_cpu(std::size_t node, const GroupCpu& living) const override;
  double other_cpu(const GroupCpu& living) const override;
  void end() override;

 private:
  struct Node {
    std::unique_ptr<Job> job;
    Lines lines;
    std::optional<json> staged;
    bool activated = false;
    double cpu_of_ended = 0;
  };

  std::unique_ptr<Job> start_roost(std::size_t host, Words words) const;
  json await_line(Job& job, Lines& lines, std::string_view type, const std::string& what) const;
  void start_peer(std::size_t node);
  Words publish_words(const fs::path& tree, const char* release) const;
  std::unique_ptr<Job> start_publisher(const Words& more);
  void deliver_previous(const fs::path& tree);
  void make_liar(std::size_t node);
  json run_roost(std::size_t host, Words words, const std::string& what) const;
  Words swarm_options(std::size_t host) const;
  Words without() const;
  void await_followers() const;
  std::uint64_t live_nodes() const;
  fs::path key() const { return arena_.directory() / "key.pem"; }
  double seconds(const json& line, const char* field) const;

  const Arena& arena_;
  const std::string variant_;
  const fs::path program_;
  std::optional<PeerCredentials> credentials_;
  std::string tracker_url_;
  std::unique_ptr<Job> tracker_, publisher_;
  Lines published_;
  json registered_;
  std::vector<Node> nodes_;
  std::uint64_t wire_bytes_ = 0;
  std::int64_t instant_ms_ = 0;  // Unix
};

std::unique_ptr<Job> Roost::start_roost(std::size_t host, Words words) const {
  ChildOptions options;
  options.argv = std::move(words);
  options.argv.insert(options.argv.begin(), program_.string());
  options.argv.insert(options.argv.end(), {"--json", "--progress", "quiet", "--insecure"});
  return std::make_unique<Job>(arena_.on(host, std::move(options)));
}

json Roost::await_line(Job& job, Lines& lines, std::string_view type,
                       const std::string& what) const {
  for (;;) {
    arena_.check_stop();
    const bool alive = job.running();
    while (auto line = lines.next(job)) {
      if (line->value("type", "") == type) return std::move(*line);
      if (line->value("type", "") == "result") {
        throw Error(Errc::failed, fmt::format("{}: it ended: {}", what, line->dump()));
      }
    }
    if (!alive) throw Error(Errc::failed, what + ": it ended early");
    std::this_thread::sleep_for(kPause);
  }
}

Words Roost::without() const {
  const std::string_view prefix(kWithout);
  if (!variant_.starts_with(prefix)) return {};
  return {"--without", variant_.substr(prefix.size())};
}

// This process among peers: a fixed address, TLS, and without a lab the link's rates.
Words Roost::swarm_options(std::size_t host) const {
  Words words = without();
  words.insert(words.end(),
               {"--listen", arena_.address(host) + (arena_.has_lab() ? ":6881" : ":0")});
  if (credentials_) {
    words.insert(words.end(),
                 {"--peer-ca", credentials_->ca.string(), "--peer-cert",
                  credentials_->cert.string(), "--peer-key", credentials_->key.string()});
  }
  if (!arena_.has_lab()) {
    const auto& plan = arena_.plan();
    const bool seeder = host == Arena::seeder();
    const auto up = seeder ? plan.seeder : plan.nodes[host - 1].up;
    const auto down = seeder ? plan.seeder : plan.nodes[host - 1].down;
    words.insert(words.end(), {"--upload-limit", fmt::format("{}bit", up), "--download-limit",
                               fmt::format("{}bit", down)});
  }
  return words;
}

void Roost::prepare() {
  crypto::write_key_pair(key(), crypto::SecretKey::generate());
  if (variant_ != kNoTls) credentials_ = make_credentials(arena_.directory());
  const auto host = arena_.tracker();
  Words words{"tracker", "--data", (arena_.directory(host) / "data").string(), "--listen",
              arena_.address(host) + (arena_.has_lab() ? ":7070" : ":0")};
  for (auto& word : without()) words.push_back(std::move(word));
  tracker_ = start_roost(host, std::move(words));
  Lines lines;
  tracker_url_ = await_line(*tracker_, lines, "ready", "start the tracker").at("url");
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (arena_.plan().nodes[node].liar) {
      publisher_ = start_publisher({});
      registered_ = await_line(*publisher_, published_, "registered", "publish the artifact");
      make_liar(node);
    }
    if (!arena_.plan().nodes[node].late) start_peer(node);
  }
  await_followers();
  if (const auto& tree = arena_.artifact().previous()) deliver_previous(*tree);
}

void Roost::start_peer(std::size_t node) {
  const auto host = arena_.host_of(node);
  Words words{"peer",
              "--root",
              (arena_.directory(host) / "root").string(),
              "--tracker",
              tracker_url_,
              "--trust",
              key().string() + ".pub",
              "--follow",
              kChannel};
  // A zone is told where the trunk is scarce; a long way alone is no reason to use it less.
  if (arena_.plan().scenario.two_zones) {
    words.insert(words.end(), {"--zone", fmt::format("zone-{}", arena_.plan().nodes[node].zone)});
  }
  const auto swarm = swarm_options(host);
  words.insert(words.end(), swarm.begin(), swarm.end());
  nodes_[node].job = start_roost(host, std::move(words));
  nodes_[node].lines = Lines();
}

std::uint64_t Roost::live_nodes() const {
  const auto job = start_roost(arena_.tracker(), {"nodes", "--tracker", tracker_url_});
  while (job->running()) std::this_thread::sleep_for(kPause);
  std::uint64_t count = 0;
  Lines lines;
  while (const auto line = lines.next(*job)) {
    if (line->value("type", "") == "node" && line->value("live", false)) ++count;
  }
  return count;
}

void Roost::await_followers() const {
  const auto late = std::ranges::count_if(arena_.plan().nodes, &NodePlan::late);
  const auto wanted = nodes_.size() - static_cast<std::size_t>(late);
  for (const auto deadline = Deadline::in(kDaemonStart); live_nodes() < wanted;) {
    arena_.check_stop();
    if (deadline.expired()) {
      throw Error(Errc::deadline, "start nodes: not every one follows its channel in time");
    }
  }
}

Words Roost::publish_words(const fs::path& tree, const char* release) const {
  Words words{"publish", tree.string(),  "--release",
              release,   "--tracker",    tracker_url_,
              "--key",   key().string(), "--external-links",
              "keep",    "--work-dir",   arena_.directory(Arena::seeder()).string()};
  if (arena_.plan().scenario.two_zones) words.insert(words.end(), {"--zone", "zone-0"});
  const auto swarm = swarm_options(Arena::seeder());
  words.insert(words.end(), swarm.begin(), swarm.end());
  return words;
}

std::unique_ptr<Job> Roost::start_publisher(const Words& more) {
  auto words = publish_words(arena_.artifact().tree(), kRelease);
  // By default a publisher leaves when two distributed copies are out.
  if (!arena_.plan().scenario.seeder_leaves) words.insert(words.end(), {"--seed-for", "forever"});
  words.insert(words.end(), more.begin(), more.end());
  return start_roost(Arena::seeder(), std::move(words));
}

// What nodes hold before the clock: they run it, and whoever published it has left.
void Roost::deliver_previous(const fs::path& tree) {
  arena_.set_shaped(false);
  auto words = publish_words(tree, kPrevious);
  words.insert(words.end(), {"--channel", "prod", "--copies", std::to_string(nodes_.size())});
  run_roost(Arena::seeder(), std::move(words), "deliver the tree before");
  for (auto& node : nodes_) {
    while (await_line(*node.job, node.lines, "activated", "start nodes").at("release") !=
           kPrevious) {
    }
  }
  arena_.set_shaped(true);
}

// The node fetches the release before the clock and then goes on with an image whose every block
// differs from what it announces. It is the one way to a peer that lies and is still one of ours.
void Roost::make_liar(std::size_t node) {
  const auto host = arena_.host_of(node);
  const auto root = arena_.directory(host) / "root";
  Words words{"fetch",     kRelease,     "--root",  root.string(),
              "--tracker", tracker_url_, "--trust", key().string() + ".pub",
              "--timeout", "10m"};
  const auto swarm = swarm_options(host);
  words.insert(words.end(), swarm.begin(), swarm.end());
  run_roost(host, std::move(words), "let the liar fetch");
  constexpr std::streamoff kBlock = 16 * 1024;
  for (const auto& image : fs::directory_iterator(root / "images")) {
    std::fstream file(image.path() / "image", std::ios::in | std::ios::out | std::ios::binary);
    const auto size = static_cast<std::streamoff>(fs::file_size(image.path() / "image"));
    for (std::streamoff at = 0; at < size; at += kBlock) {
      file.seekg(at);
      const auto byte = static_cast<char>(~file.get());
      file.seekp(at);
      file.put(byte);
    }
    if (!file.flush()) throw Error(Errc::failed, "corrupt the liar's image: the disk says no");
  }
}

json Roost::run_roost(std::size_t host, Words words, const std::string& what) const {
  const auto job = start_roost(host, std::move(words));
  while (job->running()) {
    arena_.check_stop();
    std::this_thread::sleep_for(kPause);
  }
  Lines lines;
  while (const auto line = lines.next(*job)) {
    if (line->value("type", "") == "result" && line->value("exit", 1) == 0) return *line;
  }
  throw Error(Errc::failed, what + ": " + job->out());
}

Monotonic Roost::start() {
  using std::chrono::milliseconds;
  const bool published = publisher_ != nullptr;  // because of the liar, and to no channel
  std::int64_t asked_ms = 0;
  if (published) {
    asked_ms = std::chrono::duration_cast<milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count();
    run_roost(arena_.tracker(),
              {"promote", kRelease, "prod", "--tracker", tracker_url_, "--key", key().string()},
              "promote the release");
  } else {
    publisher_ = start_publisher({"--channel", "prod"});
    registered_ = await_line(*publisher_, published_, "registered", "publish the artifact");
  }
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto steady = std::chrono::steady_clock::now();
  const auto living = cpu_by_group();
  for (Job* job : {tracker_.get(), publisher_.get()}) job->start_clock(living);
  for (auto& node : nodes_) {
    if (node.job) node.job->start_clock(living);
  }
  wire_bytes_ = registered_.at("new_bytes").get<std::uint64_t>() +
                registered_.at("index_bytes").get<std::uint64_t>();
  instant_ms_ = published ? asked_ms : registered_.at("committed_ms").get<std::int64_t>();
  return steady -
         (std::chrono::duration_cast<Monotonic::duration>(wall) - milliseconds(instant_ms_));
}

void Roost::kill(std::size_t node) {
  auto& victim = nodes_[node];
  victim.cpu_of_ended += victim.job->cpu_seconds(cpu_by_group());
  victim.job.reset();
}

double Roost::seconds(const json& line, const char* field) const {
  return static_cast<double>(line.at(field).get<std::int64_t>() - instant_ms_) / 1000;
}

void Roost::observe(Monotonic /*instant*/, std::vector<NodeRun>& runs) {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto& node = nodes_[i];
    if (!node.job || runs[i].staged_s) continue;
    while (auto line = node.lines.next(*node.job)) {
      const auto type = line->value("type", "");
      if (line->value("release", "") != kRelease) continue;
      if (type == "staged") node.staged = std::move(*line);
      if (type == "activated") node.activated = true;
    }
    if (!node.job->running()) {
      throw Error(Errc::failed, fmt::format("run node {}: roost peer ended early: {}", i + 1,
                                            last_line(node.job->out())));
    }
    if (!node.staged || !node.activated) continue;
    const auto& line = *node.staged;
    const bool fetched = !line.at("first_piece_ms").is_null();
    runs[i].first_s = seconds(line, fetched ? "first_piece_ms" : "complete_ms");
    runs[i].done_s = seconds(line, "complete_ms");
    runs[i].staged_s = seconds(line, "staged_ms");
    runs[i].sync_s = line.at("sync_s");
    runs[i].bytes_redundant = line.at("bytes_redundant").get<std::uint64_t>() +
                              line.at("bytes_failed").get<std::uint64_t>();
    runs[i].bound_by = line.value("bound_by", "");
    runs[i].shares = line.value("shares", std::map<std::string, double>());
    if (!arena_.artifact().previous()) continue;
    runs[i].bytes_payload =
        line.at("bytes_seeder").get<std::uint64_t>() + line.at("bytes_peers").get<std::uint64_t>();
    runs[i].bytes_reused = reused_in(line);
  }
}

fs::path Roost::content(std::size_t node) const {
  const auto current = arena_.directory(arena_.host_of(node)) / "root" / "apps" / kName / "current";
  return arena_.artifact().shape() == Shape::blob ? current / Artifact::kBlob : current;
}

std::uint64_t Roost::seeder_payload() const {
  std::uint64_t sum = 0;
  for (const auto& node : nodes_) {
    if (node.staged) sum += node.staged->at("bytes_seeder").get<std::uint64_t>();
  }
  return sum;
}

double Roost::node_cpu(std::size_t node, const GroupCpu& living) const {
  const auto& state = nodes_[node];
  return state.cpu_of_ended + (state.job ? state.job->cpu_seconds(living) : 0);
}

double Roost::other_cpu(const GroupCpu& living) const {
  return tracker_->cpu_seconds(living) + publisher_->cpu_seconds(living);
}

void Roost::end() {
  nodes_.clear();
  publisher_.reset();
  tracker_.reset();
}

}  // namespace

std::unique_ptr<Method> make_roost(const Arena& arena, const std::string& variant) {
  return std::make_unique<Roost>(arena, variant);
}

}  // namespace roost::bench
