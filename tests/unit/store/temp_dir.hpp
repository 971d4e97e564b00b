// A directory of a test's own, on tmpfs where there is one: these tests make many small
// files, and what a disk would lose is modelled (tests/support/fs).
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/temp_dir.hpp"

namespace roost::store {

struct TempDir : test::TempDir {
  TempDir() : test::TempDir(parent()) {}

 private:
  static std::filesystem::path parent() {
    const char* chosen = std::getenv("ROOST_TEST_DIR");
    const std::filesystem::path memory = chosen != nullptr ? chosen : "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  }
};

}  // namespace roost::store
