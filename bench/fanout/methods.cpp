// The table of methods: what each needs, which scenarios it can be put through.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

#include "bench/fanout/method.hpp"
#include "bench/fanout/rivals.hpp"
#include "bench/fanout/roost_method.hpp"
#include "bench/fanout/scripted.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

template <std::unique_ptr<Rival> (*make_rival)(const Arena&, const std::string&)>
std::unique_ptr<Method> scripted(const Arena& arena, const std::string& variant) {
  return std::make_unique<ScriptedMethod>(arena, make_rival(arena, variant));
}

template <std::size_t N>
std::string missing_of(const std::array<const char*, N>& programs) {
  for (const char* program : programs) {
    if (!in_path(program)) return fmt::format("{} is not installed", program);
  }
  return {};
}

std::string any_scenario(const Scenario& /*scenario*/) {
  return {};
}

// One server or one sender for all: what happens to peers does not happen to these.
std::string no_swarm(const Scenario& scenario) {
  return scenario.steady() && !scenario.slow_peer ? "" : "the scenario is about peers";
}

std::string no_liar(const Scenario& scenario) {
  return scenario.liar ? "it has no node that lies" : "";
}

constexpr std::array<std::string_view, 1> kRoostVariants{"no-tls"};

MethodInfo info(std::string_view name, std::string (*cannot_run)(const Scenario&),
                std::string (*missing)(),
                std::unique_ptr<Method> (*make)(const Arena&, const std::string&),
                std::string (*version)()) {
  MethodInfo made;
  made.name = name;
  made.cannot_run = cannot_run;
  made.missing = missing;
  made.make = make;
  made.version = version;
  return made;
}

std::vector<MethodInfo> make_table() {
  auto roost = info(
      "roost", any_scenario, [] { return missing_of(std::array{"openssl"}); }, make_roost,
      [] { return std::string("roost " ROOST_VERSION); });
  roost.tls = true;
  roost.needs_lab = false;
  roost.variants = kRoostVariants;
  auto http = info(
      "http", no_swarm,
      [] {
        return missing_of(std::array{"bash", "nginx", "curl", "tar", "zstd"});
      },
      scripted<make_http>,
      [] {
        return version_line({"nginx", "-v"});
      });
  http.one_server = true;
  auto rsync = info(
      "rsync", no_swarm,
      [] {
        return missing_of(std::array{"bash", "rsync"});
      },
      scripted<make_rsync>,
      [] {
        return version_line({"rsync", "--version"});
      });
  rsync.one_server = true;
  auto aria2 = info(
      "aria2", no_liar,
      [] {
        return missing_of(std::array{"bash", "aria2c", "opentracker", "curl", "tar", "zstd"});
      },
      scripted<make_aria2>,
      [] {
        return version_line({"aria2c", "--version"});
      });
  auto udpcast = info(
      "udpcast", no_swarm,
      [] {
        return missing_of(std::array{"bash", "udp-sender", "udp-receiver", "tar", "zstd"});
      },
      scripted<make_udpcast>,
      [] {
        return version_line({"dpkg-query", "-W", "udpcast"});
      });
  udpcast.multicast = true;
  udpcast.note = "multicast: needs a network that carries it";
  return {roost, http, rsync, aria2, udpcast};
}

}  // namespace

std::span<const MethodInfo> methods() {
  static const auto table = make_table();
  return table;
}

const MethodInfo& find_method(std::string_view name) {
  const auto found = std::ranges::find(methods(), name, &MethodInfo::name);
  if (found != methods().end()) return *found;
  std::string known;
  for (const auto& each : methods()) known += (known.empty() ? "" : ", ") + std::string(each.name);
  throw Error(Errc::usage, fmt::format("find method '{}': unknown", name), "one of " + known);
}

bool in_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::istringstream places(path == nullptr ? "/usr/bin:/bin:/usr/sbin" : path);
  for (std::string place; std::getline(places, place, ':');) {
    if (::access(fmt::format("{}/{}", place, program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

std::string version_line(std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = std::move(argv);
  try {
    const auto done = run_child(options, Deadline::in(std::chrono::seconds(5)));
    const auto text = done.out.empty() ? done.err : done.out;
    return text.substr(0, text.find('\n'));
  } catch (const Error&) {
    return {};
  }
}

}  // namespace roost::bench
