// Packs a tree and expands it again, beside tar and zstd on the same tree in the same
// run; prints sizes, times and ratios.   release_speed DIR WORK_DIR [RUNS]
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/release/expand.hpp"
#include "core/release/pack.hpp"

namespace {

using namespace roost;
using namespace roost::release;
namespace fs = std::filesystem;

template <class F>
double timed(F&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) throw Error(Errc::failed, "run: " + command);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Small files in one go; large ones wherever their runs fall.
class Sink : public TreeSink {
 public:
  Sink(const Index& index, const fs::path& dir)
      : index_(index), dir_(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    for (const Entry& entry : index.entries()) {
      if (entry.kind == Kind::directory) mkdirat(dir_.get(), entry.path.c_str(), 0755);
      if (entry.kind == Kind::symlink) {
        if (symlinkat(entry.target.c_str(), dir_.get(), entry.path.c_str()) != 0) {
          throw_errno(entry.path.str());
        }
      }
    }
  }

  void write(std::uint32_t entry, std::uint64_t offset, BytesView bytes) override {
    const UniqueFd fd(openat(dir_.get(), index_.entries()[entry].path.c_str(),
                             O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    if (pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(bytes.size())) {
      throw_errno(index_.entries()[entry].path.str());
    }
  }

 private:
  const Index& index_;
  UniqueFd dir_;
};

void expand(const Packed& packed, const fs::path& dir, unsigned count) {
  const Index& index = packed.index;
  const UniqueFd image(open(packed.image_path.c_str(), O_RDONLY | O_CLOEXEC));
  Sink sink(index, dir);
  Expander expander(index, sink);
  std::atomic<std::uint32_t> next = 0;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      Bytes stored;
      for (std::uint32_t n = next++; n < index.chunks().size(); n = next++) {
        const ChunkInfo& chunk = index.chunks()[n];
        stored.resize(chunk.stored_length);
        if (pread(image.get(), stored.data(), stored.size(), static_cast<off_t>(chunk.offset)) !=
            static_cast<ssize_t>(stored.size())) {
          throw_errno("read image");
        }
        expander.expand(n, stored);
      }
    });
  }
}

// CPU time of this process, or of the programs it ran: unlike the clock's it says something on
// a busy machine too.
double cpu_seconds(int who) {
  rusage usage;
  getrusage(who, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Run {
  double tar, pack, untar, expand;
};

Run run(const std::string& dir, const fs::path& work) {
  const auto fresh = [&](const char* name) {
    fs::remove_all(work / name);
    fs::create_directories(work / name);
    return work / name;
  };
  fs::create_directories(work);
  const fs::path archive = work / "tree.tar.zst";
  Run times{};
  const double cpu[] = {cpu_seconds(RUSAGE_CHILDREN), cpu_seconds(RUSAGE_SELF)};
  times.tar = timed([&] {
    shell("tar -C '" + dir + "' -cf - . | zstd -q -3 -T2 -f -o '" + archive.string() + "'");
  });
  const fs::path out = fresh("packed");
  ScanOptions options;
  options.external_links = ExternalLinks::keep;
  std::optional<Packed> packed;
  times.pack = timed([&] { packed.emplace(pack_tree(scan_tree(dir, options), out, {})); });
  const double tar_cpu = cpu_seconds(RUSAGE_CHILDREN) - cpu[0];
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const long peak = usage.ru_maxrss / 1024;
  const double pack_cpu = cpu_seconds(RUSAGE_SELF) - cpu[1];
  const fs::path untarred = fresh("untarred");
  times.untar = timed(
      [&] { shell("tar -C '" + untarred.string() + "' --zstd -xf '" + archive.string() + "'"); });
  const fs::path expanded = fresh("expanded");
  times.expand = timed([&] { expand(*packed, expanded, 2); });
  const auto size = fs::file_size(packed->image_path) + fs::file_size(packed->index_path);
  fmt::print(
      "archive {} image {} index {} ratio {:.3f} | tar {:.2f} pack {:.2f} s ({:.2f}x) | untar "
      "{:.2f} expand {:.2f} s ({:.2f}x)\n",
      fs::file_size(archive), fs::file_size(packed->image_path), fs::file_size(packed->index_path),
      static_cast<double>(size) / static_cast<double>(fs::file_size(archive)), times.tar,
      times.pack, times.tar / times.pack, times.untar, times.expand, times.untar / times.expand);
  fmt::print("  CPU: tar {:.2f} s, pack {:.2f} s; memory at most {} MiB\n", tar_cpu, pack_cpu,
             peak);
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: release_speed DIR WORK_DIR [RUNS]\n");
    return 2;
  }
  try {
    std::vector<double> pack;
    std::vector<double> expand_ratio;
    for (int i = 0; i < (argc > 3 ? std::atoi(argv[3]) : 3); ++i) {
      const Run times = run(argv[1], argv[2]);
      pack.push_back(times.tar / times.pack);
      expand_ratio.push_back(times.untar / times.expand);
    }
    fmt::print("median: pack {:.2f} x tar's speed, expand {:.2f} x\n", median(pack),
               median(expand_ratio));
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
