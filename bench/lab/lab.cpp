#include "bench/lab/lab.hpp"

#include <net/if.h>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "bench/lab/counters.hpp"
#include "bench/lab/namespaces.hpp"
#include "bench/lab/record.hpp"
#include "bench/lab/relay.hpp"
#include "bench/lab/ring.hpp"
#include "bench/lab/shaping.hpp"
#include "core/base/error.hpp"

namespace roost::bench {
namespace {

constexpr std::size_t kMostHosts = 1000;

// Host i is 10.77.x.y in every lab: labs don't see each other.
std::string address_of(std::size_t host) {
  return fmt::format("10.77.{}.{}", host / 250, host % 250 + 1);
}

// Known beforehand, so that nobody has to ask for it (ARP).
std::string mac_of(std::size_t host) {
  return fmt::format("02:00:00:00:{:02x}:{:02x}", host / 256, host % 256);
}

std::string port_of(std::size_t host) {
  return fmt::format("h{}", host);
}

std::string bridge(const std::string& name) {
  return fmt::format(
      "link add name {0} type bridge mcast_snooping 0\nlink set {0} addrgenmode none up\n", name);
}

void write_setting(const char* name, const char* value) {
  std::ofstream file(std::string("/proc/sys/net/") + name);
  file << value << std::flush;
  if (!file) throw Error(Errc::failed, fmt::format("set {} to {} in a lab", name, value));
}

// Where br_netfilter is loaded every packet would pass the machine's filter rules.
void bypass_packet_filter() {
  for (const char* name : {"bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables",
                           "bridge/bridge-nf-call-arptables"}) {
    if (std::filesystem::exists(std::string("/proc/sys/net/") + name)) write_setting(name, "0");
  }
}

}  // namespace

struct Lab::Impl {
  explicit Impl(const LabSpec& wanted);

  std::string place(std::size_t host) const { return record.name(port_of(host)); }
  const LabHost& at(std::size_t host) const { return spec.hosts.at(host); }
  void check() const;
  void make_switch();
  std::string make_trunk();
  void configure(std::size_t host) const;

  LabSpec spec;
  LabRecord record;  // first made, last gone
  std::string switch_place = record.name("net");
  std::unique_ptr<DeviceCounters> counters;  // of the switch
  std::vector<unsigned> ports;               // device index, by host
  std::unique_ptr<Relay> trunk;
  std::vector<unsigned> trunk_ends;  // device index
};

Lab::Impl::Impl(const LabSpec& wanted) : spec(wanted) {
  check();
  std::vector<std::string> places{switch_place};
  for (std::size_t i = 0; i < spec.hosts.size(); ++i) places.push_back(place(i));
  add_namespaces(places);
  in_namespace(switch_place, [this] { make_switch(); });
  for (std::size_t i = 0; i < spec.hosts.size(); ++i) {
    in_namespace(place(i), [this, i] { configure(i); });
  }
}

void Lab::Impl::check() const {
  if (spec.hosts.size() > kMostHosts) {
    throw Error(Errc::usage, fmt::format("make a lab: more than {} hosts", kMostHosts));
  }
  for (const auto& host : spec.hosts) {
    if (host.zone > (spec.trunk ? 1U : 0U)) {
      throw Error(Errc::usage, fmt::format("make a lab: there is no zone {}", host.zone));
    }
  }
}

// Both zones' bridges lie in one namespace; only the relay joins them.
std::string Lab::Impl::make_trunk() {
  const std::chrono::duration<double> one_way(spec.trunk->rtt_s / 2);
  trunk = std::make_unique<Relay>("trunk0", "trunk1",
                                  std::chrono::duration_cast<std::chrono::nanoseconds>(one_way));
  run_batch("ip", bridge("br1") +
                      "link set trunk0 master br0 addrgenmode none up\n"
                      "link set trunk1 master br1 addrgenmode none up\n");
  for (const char* end : {"trunk0", "trunk1"}) trunk_ends.push_back(::if_nametoindex(end));
  return shape("trunk0", spec.trunk->rate, false) + shape("trunk1", spec.trunk->rate, false);
}

void Lab::Impl::make_switch() {
  run_batch("ip", bridge("br0"));
  bypass_packet_filter();
  std::string tc = spec.trunk ? make_trunk() : "";
  std::string ip;
  for (std::size_t i = 0; i < spec.hosts.size(); ++i) {
    const std::string port = port_of(i);
    ip += fmt::format("link add name {} type veth peer name eth0 address {} netns {}\n", port,
                      mac_of(i), place(i));
    ip += fmt::format("link set {} master br{} addrgenmode none up\n", port, spec.hosts[i].zone);
    tc += shape(port, spec.hosts[i].down, false);
  }
  run_batch("ip", ip);
  run_batch("tc", tc);
  counters = std::make_unique<DeviceCounters>();
  for (std::size_t i = 0; i < spec.hosts.size(); ++i) {
    ports.push_back(::if_nametoindex(port_of(i).c_str()));
  }
}

void Lab::Impl::configure(std::size_t host) const {
  const std::uint64_t up = spec.hosts[host].up;
  std::string ip = "link set lo up\nlink set eth0 addrgenmode none\n" + offload_limit("eth0", up);
  ip += fmt::format(
      "addr add {}/16 broadcast 10.77.255.255 dev eth0 noprefixroute\nlink set eth0 up\n",
      address_of(host));
  // By the route, for a namespace may only choose what the machine's own settings allow it.
  ip += fmt::format("route add 10.77.0.0/16 dev eth0 src {} congctl cubic\n", address_of(host));
  ip += "route add 224.0.0.0/4 dev eth0\n";
  for (std::size_t other = 0; other < spec.hosts.size(); ++other) {
    if (other == host) continue;
    ip += fmt::format("neigh add {} lladdr {} nud permanent dev eth0\n", address_of(other),
                      mac_of(other));
  }
  run_batch("ip", ip);
  run_batch("tc", shape("eth0", up, false));
  write_setting("ipv4/tcp_no_metrics_save", "1");  // each run starts with nothing learnt
}

Lab::Lab(const LabSpec& spec) : impl_(std::make_unique<Impl>(spec)) {}
Lab::~Lab() = default;

std::size_t Lab::hosts() const noexcept {
  return impl_->spec.hosts.size();
}

std::string Lab::address(std::size_t host) const {
  return address_of(host);
}

std::string Lab::broadcast() const {
  return "10.77.255.255";
}

ChildOptions Lab::on(std::size_t host, ChildOptions program) const {
  impl_->at(host);
  // It execs the program in its own place: pid, signals and exit status are the program's.
  program.argv.insert(program.argv.begin(),
                      {"nsenter", "--net=" + namespace_path(impl_->place(host)), "--"});
  return program;
}

LinkBytes Lab::bytes(std::size_t host) const {
  const auto port = impl_->counters->read(impl_->ports.at(host));
  return {port.in, port.out};
}

std::uint64_t Lab::trunk_bytes() const {
  std::uint64_t sum = 0;
  for (const unsigned end : impl_->trunk_ends) sum += impl_->counters->read(end).out;
  return sum;
}

void Lab::set_rate(std::size_t host, std::uint64_t up, std::uint64_t down) {
  LabHost& link = impl_->spec.hosts.at(host);
  in_namespace(impl_->place(host), [&] {
    run_batch("ip", offload_limit("eth0", up));
    run_batch("tc", shape("eth0", up, link.up != 0));
  });
  in_namespace(impl_->switch_place,
               [&] { run_batch("tc", shape(port_of(host), down, link.down != 0)); });
  link.up = up;
  link.down = down;
}

std::vector<double> Lab::calibrate(const std::vector<std::size_t>& among, std::stop_token stop) {
  if (among.size() < 2) throw Error(Errc::usage, "calibrate links: a ring takes two hosts");
  std::vector<Transfer> ring;
  for (std::size_t i = 0; i < among.size(); ++i) {
    const std::size_t next = among[(i + 1) % among.size()];
    ring.push_back({impl_->place(among[i]), impl_->place(next), address(next)});
  }
  return measure_transfers(ring, std::move(stop));
}

double Lab::calibrate_pair(std::size_t from, std::size_t to, std::stop_token stop) {
  return measure_transfers({{impl_->place(from), impl_->place(to), address(to)}}, std::move(stop))
      .front();
}

}  // namespace roost::bench
