#include "bench/lab/record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include <fmt/format.h>

#include "bench/lab/host_cpu.hpp"
#include "bench/lab/lab.hpp"
#include "bench/lab/namespaces.hpp"
#include "core/base/error.hpp"
#include "core/base/fd.hpp"

namespace roost::bench {
namespace {

constexpr const char* kDirectory = "/run/roost-lab";

std::string prefix(const std::string& id) {
  return "roostlab-" + id + "-";
}

std::string record_path(const std::string& id) {
  return std::string(kDirectory) + "/" + id;
}

void remove_lab(const std::string& id) noexcept {
  remove_namespaces(namespaces_with(prefix(id)));
  ::unlink(record_path(id).c_str());
  ::rmdir(kDirectory);  // fails while another lab's record is there
}

bool maker_lives(pid_t pid, std::uint64_t start_time) {
  const auto maker = process_stat(pid);
  return maker && maker->start_time == start_time && maker->state != 'Z' && maker->state != 'X';
}

}  // namespace

LabRecord::LabRecord() {
  const auto self = process_stat(::getpid());
  if (!self) throw Error(Errc::failed, "make a lab: /proc can't be read");
  id_ = fmt::format("{}-{}-{:08x}", ::getpid(), self->start_time, std::random_device{}());
  // Twice, for another lab's end may remove the directory between the two calls.
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::filesystem::create_directories(kDirectory);
    const UniqueFd file(
        ::open(record_path(id_).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file) return;
    if (errno != ENOENT) break;
  }
  throw_errno("make " + record_path(id_));
}

LabRecord::~LabRecord() {
  remove_lab(id_);
}

std::string LabRecord::name(const std::string& part) const {
  return prefix(id_) + part;
}

std::vector<std::string> clean_labs() {
  std::vector<std::string> removed;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory, ignored)) {
    const std::string id = entry.path().filename();
    int pid = 0;
    unsigned long long start_time = 0;
    unsigned random = 0;
    int length = 0;
    if (std::sscanf(id.c_str(), "%d-%llu-%x%n", &pid, &start_time, &random, &length) != 3 ||
        static_cast<std::size_t>(length) != id.size() || maker_lives(pid, start_time)) {
      continue;
    }
    remove_lab(id);
    removed.push_back("roostlab-" + id);
  }
  return removed;
}

}  // namespace roost::bench
