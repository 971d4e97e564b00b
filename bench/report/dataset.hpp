// Result files read together, summed up, and grouped into what belongs on one table.
//
// A group holds the settings that differ only in method, nodes and link rates. Owns
// the runs that its summaries point to, so it moves but is not copied. Throws
// Error{not_found, integrity} naming the file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/results/summary.hpp"

namespace roost::bench {

struct Source {
  std::string file;
  Machine machine;
  std::string command;
  std::string started;
  std::vector<std::string> skipped;
};

struct Group {
  std::string title;                 // conditions_of() its settings
  std::vector<const Summary*> rows;  // by nodes, then by method

  std::vector<unsigned> node_counts() const;  // each once, rising
  std::vector<const Summary*> at(unsigned nodes) const;
};

class Dataset {
 public:
  explicit Dataset(const std::vector<std::filesystem::path>& files);
  Dataset(std::vector<Source> sources, std::vector<Run> runs);
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;
  Dataset(Dataset&&) = default;
  Dataset& operator=(Dataset&&) = default;

  const std::vector<Source>& sources() const noexcept { return sources_; }
  const std::vector<Summary>& summaries() const noexcept { return summaries_; }
  std::vector<Group> groups() const;

 private:
  std::vector<Source> sources_;
  std::vector<Run> runs_;
  std::vector<Summary> summaries_;
};

}  // namespace roost::bench
