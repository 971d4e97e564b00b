// What a swarm costs the CPU: one complete seeder and some fetchers, each a process of
// its own on loopback, through plain libtorrent and through core/swarm in turn. Prints
// CPU seconds per GiB delivered for each side, and the ratio of the medians.
//   swarm_cpu DIR [--size MIB] [--piece KIB] [--fetchers N] [--rounds R] [--only plain|roost]
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <libtorrent/add_torrent_params.hpp>
#include <libtorrent/alert_types.hpp>
#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/session.hpp>
#include <libtorrent/torrent_info.hpp>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/fs.hpp"
#include "core/swarm/session.hpp"

namespace {

using namespace roost;
namespace fs = std::filesystem;
namespace lt = libtorrent;

struct Options {
  fs::path dir;
  std::size_t mib = 512;
  int piece_kib = 256;
  int fetchers = 1;
  int rounds = 3;
  std::string only;
};

// What a child tells and is told: its port as text, later one byte each way.
struct Pipes {
  UniqueFd in, out;
};

void say_port(const Pipes& pipes, std::uint16_t port) {
  if (::write(pipes.out.get(), &port, sizeof port) != sizeof port) throw_errno("write port");
}

std::vector<std::uint16_t> hear_ports(const Pipes& pipes) {
  std::uint16_t count = 0;
  if (::read(pipes.in.get(), &count, sizeof count) != sizeof count) throw_errno("read ports");
  std::vector<std::uint16_t> ports(count);
  for (auto& port : ports) {
    if (::read(pipes.in.get(), &port, sizeof port) != sizeof port) throw_errno("read port");
  }
  return ports;
}

void say_done(const Pipes& pipes) {
  if (::write(pipes.out.get(), "d", 1) != 1) throw_errno("say done");
}

void await_end(const Pipes& pipes) {
  char byte = 0;
  if (::read(pipes.in.get(), &byte, 1) < 0) throw_errno("await end");
}

lt::settings_pack plain_settings() {
  using Pack = lt::settings_pack;
  Pack pack;
  pack.set_str(Pack::listen_interfaces, "127.0.0.1:0");
  for (const int off : {Pack::enable_dht, Pack::enable_lsd, Pack::enable_upnp, Pack::enable_natpmp,
                        Pack::enable_incoming_utp, Pack::enable_outgoing_utp}) {
    pack.set_bool(off, false);
  }
  pack.set_bool(Pack::allow_multiple_connections_per_ip, true);
  pack.set_int(Pack::in_enc_policy, Pack::pe_disabled);
  pack.set_int(Pack::out_enc_policy, Pack::pe_disabled);
  pack.set_int(Pack::mixed_mode_algorithm, Pack::prefer_tcp);
  pack.set_int(Pack::unchoke_slots_limit, -1);
  pack.set_int(Pack::request_queue_time, 1);
  pack.set_int(Pack::aio_threads, 2);  // ten cost more
  pack.set_int(Pack::alert_mask, static_cast<int>(static_cast<std::uint32_t>(
                                     lt::alert_category::error | lt::alert_category::status)));
  return pack;
}

void run_plain(const Options&, const fs::path& file, bool seeder, BytesView torrent,
               const Pipes& pipes) {
  lt::session_params settings(plain_settings());
  settings.extensions.clear();
  lt::session session(std::move(settings));
  while (session.listen_port() == 0) ::usleep(1000);
  lt::add_torrent_params params;
  params.ti = std::make_shared<lt::torrent_info>(
      lt::span<const char>(as_text(torrent).data(), static_cast<std::ptrdiff_t>(torrent.size())),
      lt::from_span);
  params.save_path = file.parent_path();
  params.renamed_files[lt::file_index_t(0)] = file.filename();
  params.flags = lt::torrent_flags::no_verify_files;
  params.have_pieces.resize(params.ti->num_pieces(), seeder);
  const lt::torrent_handle handle = session.add_torrent(std::move(params));
  say_port(pipes, session.listen_port());
  for (const std::uint16_t port : hear_ports(pipes)) {
    handle.connect_peer({lt::make_address("127.0.0.1"), port});
  }
  while (!seeder && !handle.status({}).is_seeding) {
    session.wait_for_alert(std::chrono::seconds(1));
    std::vector<lt::alert*> alerts;
    session.pop_alerts(&alerts);
  }
  if (!seeder) say_done(pipes);
  await_end(pipes);
}

class Waiter : public swarm::TransferListener {
 public:
  void on_complete() override {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void on_problem(const swarm::Problem& problem) override {
    fmt::print(stderr, "{}\n", problem.error.what());
    std::_Exit(1);
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

void run_roost(const Options&, const fs::path& file, bool seeder, BytesView torrent,
               const Pipes& pipes) {
  swarm::SessionConfig config;
  config.listen = {"127.0.0.1", 0};
  swarm::Session session(config);
  Waiter waiter;
  swarm::TransferOptions options;
  options.file = file;
  options.complete = options.origin = seeder;
  const auto transfer = session.add(torrent, options, waiter);
  say_port(pipes, session.local_endpoint().port);
  for (const std::uint16_t port : hear_ports(pipes)) transfer->connect({{"127.0.0.1", port}});
  if (!seeder) {
    waiter.wait();
    say_done(pipes);
  }
  await_end(pipes);
}

struct Child {
  pid_t pid;
  UniqueFd to, from;
};

Child start(const Options& options, bool plain, bool seeder, const fs::path& file,
            BytesView torrent) {
  int down[2], up[2];
  if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) throw_errno("make pipes");
  const pid_t pid = ::fork();  // no thread runs here yet
  if (pid < 0) throw_errno("fork");
  if (pid != 0) {
    ::close(down[0]);
    ::close(up[1]);
    return {pid, UniqueFd(down[1]), UniqueFd(up[0])};
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close(down[1]);
  ::close(up[0]);
  const Pipes pipes{UniqueFd(down[0]), UniqueFd(up[1])};
  try {
    (plain ? run_plain : run_roost)(options, file, seeder, torrent, pipes);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    std::_Exit(1);
  }
  std::_Exit(0);
}

struct Cost {
  double user = 0, system = 0;
  long switches = 0;
  double all() const { return user + system; }
};

Cost reap(pid_t pid) {
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) throw_errno("wait");
  if (status != 0) throw Error(Errc::failed, "measure: a process failed");
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return {seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_nvcsw + usage.ru_nivcsw};
}

struct Round {
  double wall = 0;
  Cost seeder, fetchers;  // per GiB delivered to one fetcher
  double all() const { return seeder.all() + fetchers.all(); }
};

void tell_ports(const Child& child, const std::vector<std::uint16_t>& ports) {
  std::vector<std::uint16_t> words{static_cast<std::uint16_t>(ports.size())};
  words.insert(words.end(), ports.begin(), ports.end());
  const auto size = static_cast<ssize_t>(words.size() * sizeof words[0]);
  if (::write(child.to.get(), words.data(), static_cast<std::size_t>(size)) != size) {
    throw_errno("tell ports");
  }
}

Round measure(const Options& options, bool plain, BytesView torrent) {
  std::vector<Child> children;
  std::vector<std::uint16_t> ports;
  for (int i = 0; i <= options.fetchers; ++i) {
    const fs::path file = options.dir / (i == 0 ? std::string("seed") : fmt::format("got{}", i));
    if (i != 0) fs::remove(file);
    children.push_back(start(options, plain, i == 0, file, torrent));
    std::uint16_t port = 0;
    if (::read(children.back().from.get(), &port, sizeof port) != sizeof port) {
      throw Error(Errc::failed, "measure: a process did not start");
    }
    ports.push_back(port);
  }
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < children.size(); ++i) {  // each dials those before it
    const auto mine = static_cast<std::ptrdiff_t>(i);
    tell_ports(children[i], {ports.begin(), ports.begin() + mine});
  }
  for (std::size_t i = 1; i < children.size(); ++i) {
    char byte = 0;
    if (::read(children[i].from.get(), &byte, 1) != 1) {
      throw Error(Errc::failed, "measure: a fetcher failed");
    }
  }
  Round round;
  round.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double delivered = static_cast<double>(options.mib) / 1024 * options.fetchers;
  for (std::size_t i = 0; i < children.size(); ++i) {
    if (::write(children[i].to.get(), "e", 1) != 1) throw_errno("end a process");
    const Cost cost = reap(children[i].pid);
    Cost& side = i == 0 ? round.seeder : round.fetchers;
    side.user += cost.user / delivered;
    side.system += cost.system / delivered;
    side.switches += cost.switches;
  }
  return round;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Bytes make_data(const Options& options) {
  fs::create_directories(options.dir);
  const fs::path file = options.dir / "seed";
  if (!fs::exists(file) || fs::file_size(file) != options.mib << 20) {
    std::mt19937_64 random(1);
    std::ofstream out(file, std::ios::binary);
    std::vector<std::uint64_t> part((1 << 20) / sizeof(std::uint64_t));
    for (std::size_t i = 0; i < options.mib; ++i) {
      std::generate(part.begin(), part.end(), std::ref(random));
      out.write(reinterpret_cast<const char*>(part.data()), 1 << 20);
    }
  }
  lt::file_storage files;
  lt::add_files(files, file.string());
  lt::create_torrent creator(files, options.piece_kib << 10, lt::create_torrent::v2_only);
  creator.set_priv(true);
  lt::set_piece_hashes(creator, options.dir.string());
  Bytes torrent;
  lt::bencode(std::back_inserter(torrent), creator.generate());
  return torrent;
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
    } else if (word == "--piece") {
      options.piece_kib = std::stoi(value());
    } else if (word == "--fetchers") {
      options.fetchers = std::stoi(value());
    } else if (word == "--rounds") {
      options.rounds = std::stoi(value());
    } else if (word == "--only") {
      options.only = value();
    } else {
      options.dir = fs::absolute(word);
    }
  }
  if (options.dir.empty()) throw Error(Errc::usage, "swarm_cpu DIR [--size MIB] ...");
  return options;
}

void run(const Options& options) {
  const Bytes torrent = make_data(options);
  std::vector<double> plain, roost;
  fmt::print("{} MiB, pieces of {} KiB, {} fetcher(s); CPU seconds per GiB delivered\n",
             options.mib, options.piece_kib, options.fetchers);
  fmt::print("{:6} {:>7} {:>17} {:>17} {:>6} {:>9}\n", "method", "wall", "seeder user+sys",
             "fetcher user+sys", "all", "switches");
  for (int i = 0; i < options.rounds; ++i) {
    for (const bool is_plain : {true, false}) {
      if (options.only == (is_plain ? "roost" : "plain")) continue;
      const Round round = measure(options, is_plain, torrent);
      (is_plain ? plain : roost).push_back(round.all());
      fmt::print("{:6} {:7.2f} {:5.2f}+{:4.2f} = {:4.2f} {:5.2f}+{:4.2f} = {:4.2f} {:6.2f} {:9}\n",
                 is_plain ? "plain" : "roost", round.wall, round.seeder.user, round.seeder.system,
                 round.seeder.all(), round.fetchers.user, round.fetchers.system,
                 round.fetchers.all(), round.all(),
                 round.seeder.switches + round.fetchers.switches);
      std::fflush(stdout);
    }
  }
  if (plain.empty() || roost.empty()) return;
  fmt::print("median plain {:.2f}, roost {:.2f}: ratio {:.3f}\n", median(plain), median(roost),
             median(roost) / median(plain));
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
