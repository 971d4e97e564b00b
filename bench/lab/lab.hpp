// A laboratory network on this machine: hosts as network namespaces on a bridge (or on two,
// joined by a trunk), every link shaped both ways. The bridges have a namespace too, so the
// machine's own addresses, routes and settings stay as they are.
//
// Made by the constructor, removed by the destructor with every program still in it; a record
// in /run lets `roost bench clean` remove what a killed process left. Needs root, see
// lab_problem(). One thread, but bytes() and trunk_bytes() from any. Throws Error naming the
// command that failed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/process.hpp"

namespace roost::bench {

struct LabHost {
  std::uint64_t up = 0;    // bits a second; 0: not shaped
  std::uint64_t down = 0;  // likewise
  unsigned zone = 0;       // 0 or 1
};

struct Trunk {
  std::uint64_t rate = 0;  // bits a second, each way
  double rtt_s = 0;        // added to every round trip between the zones
};

struct LabSpec {
  std::vector<LabHost> hosts;
  std::optional<Trunk> trunk;  // with it two zones
};

// What a link carried since it was made, headers included; those of a packet that is built
// large and cut up by the device (segmentation offload) count once: up to 4 % less than on wire.
struct LinkBytes {
  std::uint64_t sent = 0;      // by the host
  std::uint64_t received = 0;  // by the host
};

class Lab {
 public:
  explicit Lab(const LabSpec& spec);
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  std::size_t hosts() const noexcept;
  std::string address(std::size_t host) const;                    // its IPv4 address
  std::string broadcast() const;                                  // of the lab's network
  ChildOptions on(std::size_t host, ChildOptions program) const;  // the same program, run there
  LinkBytes bytes(std::size_t host) const;
  std::uint64_t trunk_bytes() const;  // both ways; 0 without a trunk
  void set_rate(std::size_t host, std::uint64_t up, std::uint64_t down);  // while it runs

  // Goodput in bytes a second of plain TCP, all hosts sending to the next one of
  // `among` (two at least) at once: a ring, so that every link is full both ways. Takes about
  // 1.7 s; afterwards the links are empty again. Throws Error{interrupted}.
  std::vector<double> calibrate(const std::vector<std::size_t>& among, std::stop_token stop);
  // From one host to another, alone; likewise.
  double calibrate_pair(std::size_t from, std::size_t to, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Why no lab can be made here ("not root", "no 'ip' command"); empty when it can.
std::string lab_problem();

// Removes every lab whose process is gone; the names of what was removed.
std::vector<std::string> clean_labs();

}  // namespace roost::bench
