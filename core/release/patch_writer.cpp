#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "core/base/error.hpp"
#include "core/crypto/sha256.hpp"
#include "core/release/output_file.hpp"
#include "core/release/patch_format.hpp"
#include "core/release/patches.hpp"
#include "core/release/varint.hpp"
#include "core/release/zstd_codec.hpp"

namespace roost::release {
namespace {

using Run = PatchPlan::Run;

// A run's patch in the spool; no length: there is none.
struct Frame {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct Job {
  Fs& fs;
  const PatchPlan& plan;
  const PatchInput& input;
  int spool;
  std::vector<Frame> frames;  // one a run
  std::atomic<std::size_t> next{0};
  std::atomic<std::uint64_t> end{0};   // of the spool
  std::atomic<std::uint64_t> done{0};  // stored bytes of the runs that were looked at
};

std::uint64_t stored_bytes(const Index& image, const Run& run) {
  const ChunkInfo& last = image.chunks()[run.first + run.count - 1];
  return last.offset + last.stored_length - image.chunks()[run.first].offset;
}

// Tells how far all threads are, on the one that made it.
class Reporter {
 public:
  Reporter(const Job& job, const PatchOptions& options) : job_(job), options_(options) {
    for (const Run& run : job.plan.runs) total_ += stored_bytes(job.input.image, run);
  }

  void report(bool last = false) {
    if (!options_.progress || std::this_thread::get_id() != thread_) return;
    const auto now = std::chrono::steady_clock::now();
    if (!last && now - told_ < std::chrono::milliseconds(100)) return;
    told_ = now;
    options_.progress(job_.done, total_);
  }

 private:
  const Job& job_;
  const PatchOptions& options_;
  std::uint64_t total_ = 0;
  std::thread::id thread_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point told_;
};

// Before it is known which patches lie before it: a byte or two from the truth.
std::uint64_t table_bytes(const Run& run) {
  return 6 + run.old.size() * kOldKeyBytes;
}

// Patches that make every new chunk let a node stage a release before it has packed one chunk
// of its image. So all are kept if they come to no more than so much.
std::uint64_t most_of_all(const Index& image) {
  return std::max(image.image_bytes() / 8, std::uint64_t{64} << 10);
}

// Else what may be fetched need not be made: a node packs 15 to 30 MB of stored bytes a second
// and core, and may receive as much meanwhile.
bool halves(const Frame& frame, const Run& run, const Index& image) {
  return frame.length + table_bytes(run) <= std::max(stored_bytes(image, run) / 2, kShortPatch);
}

class Maker {
 public:
  Maker(Job& job, Reporter& reporter)
      : job_(job), reporter_(reporter), compressor_(patch_parameters()) {}

  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto number = job_.next.fetch_add(1);
      if (number >= job_.plan.runs.size()) return;
      const Run& run = job_.plan.runs[number];
      make(run, job_.frames[number]);
      job_.done += stored_bytes(job_.input.image, run);
      reporter_.report();
    }
  }

 private:
  void make(const Run& run, Frame& frame) {
    prefix_.clear();
    for (const auto chunk : run.old) {
      if (!append(job_.input.base, job_.input.base_file, chunk, prefix_)) return;
    }
    raw_.clear();
    for (std::uint32_t i = 0; i < run.count; ++i) {
      if (append(job_.input.image, job_.input.image_file, run.first + i, raw_)) continue;
      throw Error(Errc::integrity, "write patches: chunk " + std::to_string(run.first + i) +
                                       " of the image is not what its index says");
    }
    const auto bytes = compressor_.compress(raw_, prefix_);
    Frame made{0, bytes.size()};
    const bool all = job_.end + bytes.size() <= most_of_all(job_.input.image);
    if (!all && !halves(made, run, job_.input.image)) return;
    made.offset = job_.end.fetch_add(bytes.size());
    job_.fs.write(job_.spool, bytes, made.offset);
    frame = made;
  }

  bool append(const Index& index, int file, std::uint32_t number, Bytes& out) {
    const ChunkInfo& chunk = index.chunks()[number];
    const auto end = out.size();
    out.resize(end + chunk.raw_length);
    const auto raw = std::span(out).subspan(end);
    return read_raw(job_.fs, file, chunk.offset, chunk.stored_length, raw, stored_) &&
           crypto::sha256(raw) == chunk.raw;
  }

  Job& job_;
  Reporter& reporter_;
  Compressor compressor_;
  Bytes prefix_;
  Bytes raw_;
  Bytes stored_;
};

// What a thread holds at the most: prefix, new bytes, the frame's room, and a stored chunk.
std::uint64_t memory_of(const PatchPlan& plan, const PatchInput& input) {
  std::uint64_t most = 0;
  for (const Run& run : plan.runs) {
    std::uint64_t bytes = 0;
    for (const auto chunk : run.old) bytes += input.base.chunks()[chunk].raw_length;
    for (std::uint32_t i = 0; i < run.count; ++i) {
      bytes += std::uint64_t{2} * input.image.chunks()[run.first + i].raw_length;
    }
    most = std::max(most, bytes + bytes / 4);
  }
  return most;
}

// Leaves all patches, or those that halve what they stand for.
void choose(Job& job) {
  const auto none = [](const Frame& frame) { return frame.length == 0; };
  std::uint64_t bytes = job.end;
  for (const Run& run : job.plan.runs) bytes += table_bytes(run);
  if (std::none_of(job.frames.begin(), job.frames.end(), none) &&
      bytes <= most_of_all(job.input.image)) {
    return;
  }
  for (std::size_t i = 0; i < job.frames.size(); ++i) {
    if (!halves(job.frames[i], job.plan.runs[i], job.input.image)) job.frames[i] = {};
  }
}

Bytes table_of(const Job& job) {
  Bytes table;
  std::uint32_t count = 0;
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < job.frames.size(); ++i) {
    if (job.frames[i].length == 0) continue;
    const Run& run = job.plan.runs[i];
    put_varint(table, run.first - next);
    put_varint(table, run.count);
    put_varint(table, run.old.size());
    for (const auto chunk : run.old) {
      put_bytes(table, BytesView(job.input.base.chunks()[chunk].raw.bytes).first(kOldKeyBytes));
    }
    put_varint(table, job.frames[i].length);
    next = run.first + run.count;
    ++count;
  }
  Bytes head;
  put_bytes(head, as_bytes(kPatchesMagic));
  put_u32(head, kPatchesFormat);
  put_u32(head, count);
  put_u32(head, static_cast<std::uint32_t>(table.size()));
  put_bytes(head, table);
  return head;
}

}  // namespace

std::optional<crypto::MerkleTree> write_patches(Fs& fs, const PatchPlan& plan,
                                                const PatchInput& input, const std::string& path,
                                                const PatchOptions& options) {
  const auto dir = std::filesystem::path(path).parent_path().string();
  const UniqueFd spool = OutputFile::anonymous(dir.empty() ? "." : dir);
  Job job{fs, plan, input, spool.get(), std::vector<Frame>(plan.runs.size())};
  Reporter reporter(job, options);
  reporter.report();
  run_parallel(threads_within(memory_of(plan, input), plan.runs.size()), options.stop,
               "write patches",
               [&](const std::stop_token& token) { Maker(job, reporter).work(token); });
  reporter.report(true);
  choose(job);
  const Bytes table = table_of(job);
  std::uint64_t bytes = 0;
  for (const Frame& frame : job.frames) bytes += frame.length;
  if (bytes == 0 || table.size() - kPatchesHeader > kMaxPatchTable ||
      table.size() + bytes > input.image.image_bytes()) {
    return std::nullopt;
  }
  OutputFile out(path);
  crypto::MerkleHasher hasher;
  out.write(table);
  hasher.update(table);
  Bytes buffer;
  for (const Frame& frame : job.frames) {
    if (frame.length == 0) continue;
    buffer.resize(frame.length);
    if (fs.read(spool.get(), buffer, frame.offset) != buffer.size()) {
      throw Error(Errc::failed, "write patches: a temporary file in '" + dir + "' was cut short");
    }
    out.write(buffer);
    hasher.update(buffer);
  }
  out.keep();
  return hasher.finish();
}

}  // namespace roost::release
