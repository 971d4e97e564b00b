#include "core/release/output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/base/error.hpp"

namespace roost::release {

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)),
      fd_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {
  if (!fd_) throw_errno("create '" + path_ + "'");
}

OutputFile::~OutputFile() {
  if (fd_ && !kept_) unlink(path_.c_str());
}

UniqueFd OutputFile::anonymous(const std::string& dir) {
  UniqueFd fd(open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  std::string name = dir + "/.spool.XXXXXX";  // where the file system knows no O_TMPFILE
  fd.reset(mkostemp(name.data(), O_CLOEXEC));
  if (!fd) throw_errno("create a temporary file in '" + dir + "'");
  unlink(name.c_str());
  return fd;
}

void OutputFile::write(BytesView bytes) {
  write_fully(fd_.get(), bytes, path_);
}

void write_fully(int fd, BytesView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw_errno("write '" + path + "'");
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

}  // namespace roost::release
