#include "core/release/expand_local.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>

#include "core/release/parallel.hpp"

namespace roost::release {
namespace {

// Taken at once, so that threads seldom meet, and read in the image's order.
constexpr std::size_t kBatch = 16;

struct Job {
  Fs& fs;
  const LocalChunks& local;
  Expander expander;
  std::atomic<std::size_t> next{0};
  std::mutex mutex{};
  ExpandedLocally done{};  // behind the mutex

  void note(std::uint32_t chunk, std::size_t source) {
    const std::lock_guard lock(mutex);
    done.chunks[chunk] = true;
    done.from[source] += local.wanted.chunks()[chunk].stored_length;
  }
};

void expand_known(Job& job, const std::stop_token& stop) {
  const auto& chunks = job.local.wanted.chunks();
  Bytes stored;
  while (!stop.stop_requested()) {
    const auto first = job.next.fetch_add(kBatch);
    if (first >= chunks.size()) return;
    const auto end = std::min(first + kBatch, chunks.size());
    for (auto i = static_cast<std::uint32_t>(first); i < end; ++i) {
      const auto place = job.local.match.find(i);
      if (!place) continue;
      stored.resize(chunks[i].stored_length);
      BytesView raw;
      try {
        const auto got = job.fs.read(job.local.sources[place->source], stored, place->offset);
        if (got != stored.size()) continue;
        raw = raw_bytes_of(chunks[i], i, stored);
      } catch (const Error&) {
        continue;  // rotten, or a bad sector
      }
      job.expander.write(i, raw);
      job.note(i, place->source);
    }
  }
}

}  // namespace

bool LocalChunks::all() const {
  auto lacking = match.lacking();
  if (patches != nullptr) {
    for (const auto& patch : std::span(patches->patches()).first(affordable(*patches, wanted))) {
      if (!patches->prefix_bytes(patch)) continue;
      std::fill_n(lacking.begin() + patch.first, patch.count, false);
    }
  }
  return std::find(lacking.begin(), lacking.end(), true) == lacking.end();
}

ExpandedLocally expand_local(Fs& fs, const LocalChunks& local, TreeSink& sink,
                             const std::stop_token& stop) {
  Job job{fs, local, Expander(local.wanted, sink)};
  const auto chunks = local.wanted.chunks().size();
  const auto by_patches = local.sources.size();
  job.done.chunks.resize(chunks);
  job.done.from.resize(by_patches + 1);
  if (local.patches != nullptr) {
    const auto take = [&](std::uint32_t chunk, BytesView raw) {
      job.expander.write(chunk, raw);
      job.note(chunk, by_patches);
    };
    make_chunks(
        fs, *local.patches, local.wanted, local.match.lacking(), local.sources,
        [&] { return TakeChunk(take); }, stop);
  }
  run_parallel(threads_for(chunks / kBatch), stop, "expand chunks at hand",
               [&](const std::stop_token& token) { expand_known(job, token); });
  return std::move(job.done);
}

}  // namespace roost::release
