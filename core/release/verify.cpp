#include "core/release/verify.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <map>
#include <thread>

#include "core/base/error.hpp"
#include "core/base/fd.hpp"
#include "core/base/guarded.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/beneath.hpp"
#include "core/release/disk_tree.hpp"
#include "core/release/expand.hpp"

namespace roost::release {
namespace {

using What = Mismatch::What;

struct Run {
  std::uint32_t entry;
  std::uint64_t file_offset;
  std::uint64_t offset;  // in the segment
  std::uint64_t length;
};

// Reads exactly so much, or says false.
bool read_at(int fd, std::uint64_t offset, std::span<std::uint8_t> out) noexcept {
  while (!out.empty()) {
    const ssize_t got = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

// What all threads share.
struct Job {
  int dir;
  const Index& index;
  const VerifyOptions& options;
  const std::vector<bool>& readable;
  UniqueFd image;
  std::vector<std::uint64_t> starts;  // of the segments in the stream
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> enough = false;
  Guarded<std::map<std::uint32_t, Mismatch>> found;  // one an entry
  Guarded<std::exception_ptr> error;

  void note(std::uint32_t entry, What what, std::string detail) {
    const std::size_t count = found.with([&](auto& map) {
      map.try_emplace(entry, Mismatch{index.entries()[entry].path.str(), what, std::move(detail)});
      return map.size();
    });
    if (count >= options.limit) enough = true;
  }
};

class Checker {
 public:
  explicit Checker(Job& job) : job_(job) {}

  void run() {
    constexpr std::size_t kBatch = 16;  // neighbours share their files
    const std::size_t count = job_.index.segments().size();
    for (;;) {
      const std::size_t first = job_.next.fetch_add(kBatch);
      for (std::size_t i = first; i < std::min(count, first + kBatch); ++i) {
        if (job_.enough) return;
        if (job_.options.stop.stop_requested()) {
          throw Error(Errc::interrupted, "verify: interrupted");
        }
        segment(i);
      }
      if (first >= count) return;
    }
  }

 private:
  void segment(std::size_t number) {
    const Segment& segment = job_.index.segments()[number];
    find_runs(job_.starts[number], segment.length);
    if (segment.hole()) return hole(runs_.front());
    buffer_.resize(segment.length);
    bool all = true;
    for (const Run& run : runs_) all = read(run) && all;
    const ChunkInfo& chunk = job_.index.chunks()[segment.chunk];
    if (all && crypto::sha256(buffer_) == chunk.raw) return;
    if (job_.image && compare_with_image(segment.chunk)) return;
    for (const Run& run : runs_) {
      if (!job_.readable[run.entry]) continue;  // named already
      job_.note(run.entry, What::content,
                runs_.size() == 1 ? "its bytes are not the release's"
                                  : "its bytes, or those of a neighbour that shares a chunk with "
                                    "it, are not the release's");
    }
  }

  void find_runs(std::uint64_t begin, std::uint64_t length) {
    runs_.clear();
    const auto& starts = job_.index.stream_starts();
    auto file = static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), begin) -
                                         starts.begin() - 1);
    for (std::uint64_t done = 0; done < length; ++file) {
      const std::uint64_t at = begin + done;
      const std::uint64_t run = std::min(length - done, starts[file + 1] - at);
      runs_.push_back({job_.index.stream_files()[file], at - starts[file], done, run});
      done += run;
    }
  }

  int file(std::uint32_t entry) {
    if (open_ != entry || !fd_) {
      fd_ = open_beneath(job_.dir, job_.index.entries()[entry].path.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      open_ = entry;
    }
    return fd_.get();
  }

  bool read(const Run& run) {
    if (!job_.readable[run.entry]) return false;
    if (file(run.entry) >= 0 &&
        read_at(fd_.get(), run.file_offset, std::span(buffer_).subspan(run.offset, run.length))) {
      return true;
    }
    job_.note(run.entry, What::unreadable, std::strerror(errno));
    return false;
  }

  // False when the image has not the chunk either.
  bool compare_with_image(std::uint32_t number) {
    const ChunkInfo& chunk = job_.index.chunks()[number];
    Bytes stored(chunk.stored_length);
    if (!read_at(job_.image.get(), chunk.offset, stored)) return false;
    try {
      const BytesView right = raw_bytes_of(chunk, number, stored);
      for (const Run& run : runs_) {
        if (job_.readable[run.entry] &&
            !std::ranges::equal(right.subspan(run.offset, run.length),
                                BytesView(buffer_).subspan(run.offset, run.length))) {
          job_.note(run.entry, What::content, "its bytes are not the release's");
        }
      }
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  void hole(const Run& run) {
    if (!job_.readable[run.entry] || file(run.entry) < 0) return;
    constexpr std::uint64_t kStep = 1U << 20;
    const std::uint64_t end = run.file_offset + run.length;
    for (std::uint64_t at = run.file_offset; at < end;) {
      const off_t data = lseek(fd_.get(), static_cast<off_t>(at), SEEK_DATA);
      if (data < 0 && errno == ENXIO) return;
      if (data >= 0) at = std::max(at, static_cast<std::uint64_t>(data));
      if (at >= end) return;
      buffer_.resize(std::min(kStep, end - at));
      if (!read_at(fd_.get(), at, buffer_)) {
        return job_.note(run.entry, What::unreadable, std::strerror(errno));
      }
      if (std::any_of(buffer_.begin(), buffer_.end(), [](std::uint8_t b) { return b != 0; })) {
        return job_.note(run.entry, What::content, "its bytes are not the release's");
      }
      at += buffer_.size();
    }
  }

  Job& job_;
  std::vector<Run> runs_;
  Bytes buffer_;
  UniqueFd fd_;
  std::uint32_t open_ = 0;
};

void check_contents(Job& job) {
  std::uint64_t at = 0;
  for (const Segment& segment : job.index.segments()) {
    job.starts.push_back(at);
    at += segment.length;
  }
  const unsigned count = job.options.threads > 0
                             ? job.options.threads
                             : std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&job] {
      try {
        Checker(job).run();
      } catch (...) {
        job.error.with([](auto& error) { error = std::current_exception(); });
        job.enough = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  job.error.with([](const auto& error) {
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace

std::string_view to_string(Mismatch::What what) noexcept {
  switch (what) {
    case What::missing:
      return "missing";
    case What::extra:
      return "extra";
    case What::type:
      return "type";
    case What::size:
      return "size";
    case What::mode:
      return "mode";
    case What::target:
      return "target";
    case What::mtime:
      return "mtime";
    case What::content:
      return "content";
    case What::unreadable:
      return "unreadable";
  }
  return "unknown";
}

std::vector<Mismatch> verify_tree(const std::string& dir, const Index& index,
                                  const VerifyOptions& options) {
  const UniqueFd top(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!top) throw_errno("verify '" + dir + "'");
  std::vector<bool> readable;
  std::vector<Mismatch> out = compare_entries(top.get(), dir, index, options, readable);
  if (out.size() < options.limit) {
    Job job{top.get(), index, options, readable, {}, {}, {}, {}, {}, {}};
    if (!options.image.empty()) {
      job.image = UniqueFd(open(options.image.c_str(), O_RDONLY | O_CLOEXEC));
    }
    check_contents(job);
    job.found.with([&](auto& found) {
      for (auto& [entry, mismatch] : found) out.push_back(std::move(mismatch));
    });
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Mismatch& a, const Mismatch& b) { return a.path < b.path; });
  if (out.size() > options.limit) out.resize(options.limit);
  return out;
}

}  // namespace roost::release
