// Where one run takes place: hosts, a directory for each, the artifact.
//
// Host 0 is the seeder, 1 to N are the nodes, N + 1 the tracker, whose link is not
// shaped: in a real fleet it is another machine, and not what is scaled down here.
// With two zones N + 2 is one more such host in the far one, which only measures.
// Without a lab all hosts are this machine's loopback. One thread. Throws Error.
#pragma once

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

#include "bench/fanout/artifact.hpp"
#include "bench/fanout/scenarios.hpp"
#include "bench/lab/lab.hpp"

namespace roost::bench {

class Arena {
 public:
  Arena(Plan plan, Artifact& artifact, std::filesystem::path directory, bool with_lab,
        std::stop_token stop);

  const Plan& plan() const noexcept { return plan_; }
  Artifact& artifact() const noexcept { return artifact_; }
  const std::stop_token& stop() const noexcept { return stop_; }
  void check_stop() const;  // throws Error{interrupted}

  std::size_t nodes() const noexcept { return plan_.nodes.size(); }
  static constexpr std::size_t seeder() noexcept { return 0; }
  std::size_t host_of(std::size_t node) const noexcept { return node + 1; }
  std::size_t tracker() const noexcept { return nodes() + 1; }
  std::size_t far_probe() const noexcept { return nodes() + 2; }

  bool has_lab() const noexcept { return lab_ != nullptr; }
  Lab& lab() const noexcept { return *lab_; }
  std::string address(std::size_t host) const;
  // What is to be there before the clock starts needs no slow links.
  void set_shaped(bool shaped) const;

  // The same program on that host, in its directory, stderr in its log unless set.
  ChildOptions on(std::size_t host, ChildOptions program) const;
  ChildOptions script(std::size_t host, const std::string& text) const;  // for bash

  const std::filesystem::path& directory() const noexcept { return directory_; }
  std::filesystem::path directory(std::size_t host) const;

 private:
  Plan plan_;
  Artifact& artifact_;
  std::filesystem::path directory_;
  std::stop_token stop_;
  std::unique_ptr<Lab> lab_;
};

}  // namespace roost::bench
