#include "bench/fanout/run_disk.hpp"

#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <utility>
#include <vector>

#include "bench/fanout/disk.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/process.hpp"

namespace roost::bench {
namespace {

namespace fs = std::filesystem;

// The first line that it prints. Throws with what it complains of.
std::string output_of(std::vector<std::string> argv) {
  ChildOptions options;
  options.argv = std::move(argv);
  const auto done = run_child(options, Deadline::in(std::chrono::minutes(1)));
  if (done.exit.status != 0) {
    throw Error(Errc::failed,
                options.argv.front() + ": " + done.err.substr(0, done.err.find('\n')));
  }
  return done.out.substr(0, done.out.find('\n'));
}

void mount_fresh(const fs::path& directory) {
  const std::string file = directory.string() + ".ext4";
  output_of({"truncate", "--size", std::to_string(fs::space(directory).available), file});
  std::string device;
  try {
    // Nothing of its making is left for later: that would be written while we measure.
    output_of(
        {"mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", file});
    device = output_of({"losetup", "--find", "--show", "--direct-io=on", file});
  } catch (...) {
    ::unlink(file.c_str());
    throw;
  }
  // From here on the file lives as long as the device, and that as long as it is mounted.
  ::unlink(file.c_str());
  const int mounted = ::mount(device.c_str(), directory.c_str(), "ext4", 0, nullptr);
  const int cause = errno;
  output_of({"losetup", "--detach", device});
  if (mounted != 0) throw_errno(cause, "mount " + device);
}

}  // namespace

RunDisk::RunDisk(fs::path directory) : directory_(std::move(directory)) {
  fs::create_directories(directory_);
  if (file_system_of(directory_) != "ext4") return;
  try {
    if (::geteuid() != 0) throw Error(Errc::failed, "needs root");
    mount_fresh(directory_);
  } catch (const Error& error) {
    problem_ = fmt::format(
        "no file system of its own ({}): files removed in the last minutes slow it", error.what());
  }
}

RunDisk::~RunDisk() {
  unmount(directory_);
  remove_tree(directory_);
}

}  // namespace roost::bench
