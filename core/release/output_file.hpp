// A file being written that goes away again unless it is kept. Private to core/release.
// Throws what throw_errno throws (conflict, no_space, failed), naming the path.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/fd.hpp"

namespace roost::release {

class OutputFile {
 public:
  explicit OutputFile(std::string path);  // must not exist
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Without a name: nothing is left even if the process is killed.
  static UniqueFd anonymous(const std::string& dir);

  void write(BytesView bytes);
  void keep() noexcept { kept_ = true; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  UniqueFd fd_;
  bool kept_ = false;
};

void write_fully(int fd, BytesView bytes, const std::string& path);

}  // namespace roost::release
