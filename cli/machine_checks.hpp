// Facts about this machine that decide how well Roost runs on it. Reads only, but
// for one probe file that is removed at once. Never throws for a fact it can't get:
// that is a finding too.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/endpoint.hpp"

namespace roost::cli {

struct Finding {
  enum class Grade { good, warning, bad };

  std::string check;  // "kernel"
  Grade grade = Grade::good;
  std::string found;
  std::string help;  // what to do about it, when it is not good
};

std::vector<Finding> check_machine(const std::filesystem::path& root, const Endpoint& listen);

}  // namespace roost::cli
