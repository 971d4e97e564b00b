// The table of methods: what each needs, which scenarios it can be put through.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "bench/fanout/method.hpp"
#include "bench/fanout/rivals.hpp"
#include "bench/fanout/roost_method.hpp"
#include "bench/fanout/scripted.hpp"
#include "core/base/error.hpp"
#include "core/swarm/parts.hpp"

namespace roost::bench {
namespace {

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

std::span<const std::string_view> roost_variants() {
  static const std::vector<std::string> without = [] {
    std::vector<std::string> names;
    for (const auto part : swarm::part_names()) names.push_back(kWithout + std::string(part));
    return names;
  }();
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> names{kNoTls};
    names.insert(names.end(), without.begin(), without.end());
    return names;
  }();
  return all;
}

MethodInfo info(std::string_view name, std::vector<std::string> programs,
                std::string (*cannot_run)(const Scenario&),
                std::unique_ptr<Method> (*make)(const Arena&, const std::string&)) {
  MethodInfo made;
  made.name = name;
  made.programs = std::move(programs);
  made.cannot_run = cannot_run;
  made.make = make;
  return made;
}

std::vector<MethodInfo> make_table() {
  auto roost = info("roost", {"openssl"}, any_scenario, make_roost);
  roost.tls = true;
  roost.needs_lab = false;
  roost.variants = roost_variants();
  auto http = info("http", {"bash", "nginx", "curl", "tar", "zstd"}, no_swarm, scripted<make_http>);
  http.one_server = true;
  auto rsync = info("rsync", {"bash", "rsync"}, no_swarm, scripted<make_rsync>);
  rsync.one_server = true;
  const auto aria2 = info("aria2", {"bash", "aria2c", "opentracker", "curl", "tar", "zstd"},
                          no_liar, scripted<make_aria2>);
  auto plain = info("plain-libtorrent", {"bash", "tar", "zstd"}, no_liar, scripted<make_plain>);
  plain.note = "libtorrent with tuned settings, no TLS, every neighbour known from the start";
  auto murder = info("murder", {"bash", "opentracker", "curl", "tar", "gzip"}, no_liar,
                     scripted<make_murder>);
  murder.note =
      "its published settings (tgz, 256 KiB pieces, one upload slot, 15 s announces) on "
      "libtorrent, not its own client";
  auto udpcast = info("udpcast", {"bash", "udp-sender", "udp-receiver", "tar", "zstd"}, no_swarm,
                      scripted<make_udpcast>);
  udpcast.note = "multicast: needs a network that carries it";
  return {roost, http, rsync, aria2, plain, murder, udpcast};
}

}  // namespace

std::span<const MethodInfo> methods() {
  static const auto table = make_table();
  return table;
}

const MethodInfo& find_method(std::string_view name, std::span<const MethodInfo> among) {
  const auto found = std::ranges::find(among, name, &MethodInfo::name);
  if (found != among.end()) return *found;
  std::string known;
  for (const auto& each : among) known += (known.empty() ? "" : ", ") + std::string(each.name);
  throw Error(Errc::usage, fmt::format("find method '{}': unknown", name), "one of " + known);
}

std::string missing_program(const MethodInfo& method) {
  const char* path = std::getenv("PATH");
  const auto found = [&](const std::string& program) {
    std::istringstream places(path == nullptr ? "/usr/bin:/bin:/usr/sbin" : path);
    for (std::string place; std::getline(places, place, ':');) {
      if (::access(fmt::format("{}/{}", place, program).c_str(), X_OK) == 0) return true;
    }
    return false;
  };
  const auto missing = std::ranges::find_if_not(method.programs, found);
  return missing == method.programs.end() ? "" : *missing + " is not installed";
}

}  // namespace roost::bench
