#include "core/release/pack.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/guarded.hpp"
#include "core/release/chunk_packer.hpp"
#include "core/release/image_writer.hpp"
#include "core/release/output_file.hpp"
#include "core/release/pipeline.hpp"
#include "core/release/tree_reader.hpp"

namespace roost::release {
namespace {

constexpr std::uint64_t kInFlight = 32U << 20;

unsigned thread_count(unsigned asked) {
  return asked > 0 ? asked : std::max(1U, std::thread::hardware_concurrency());
}

// Calls back at most ten times a second.
class Reporter {
 public:
  Reporter(const PackOptions& options, std::uint64_t total) : options_(options), total_(total) {}

  void report(std::uint64_t bytes, std::uint64_t image_bytes, bool last = false) {
    if (!options_.progress) return;
    const auto now = std::chrono::steady_clock::now();
    if (!last && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    options_.progress({bytes, total_, image_bytes});
  }

 private:
  const PackOptions& options_;
  std::uint64_t total_;
  std::chrono::steady_clock::time_point last_;
};

void check_stop(const PackOptions& options) {
  if (options.stop.stop_requested()) throw Error(Errc::interrupted, "pack tree: interrupted");
}

// Owns the threads beside the caller's. The first error of any of them cancels the pipeline.
class Crew {
 public:
  explicit Crew(Pipeline& pipeline) : pipeline_(pipeline) {}
  ~Crew() { join(true); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  template <class F>
  void start(F work) {
    threads_.emplace_back([this, work = std::move(work)] {
      try {
        work();
      } catch (const Cancelled&) {
      } catch (...) {
        error_.with([](std::exception_ptr& error) {
          if (!error) error = std::current_exception();
        });
        pipeline_.cancel();
      }
    });
  }

  void join(bool cancel) noexcept {
    if (cancel && !threads_.empty()) pipeline_.cancel();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  void rethrow() {
    error_.with([](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }

 private:
  Pipeline& pipeline_;
  std::vector<std::thread> threads_;
  Guarded<std::exception_ptr> error_;
};

ImageWriter::Result write_image(const Tree& tree, OutputFile& image, const std::string& dir,
                                const PackOptions& options) {
  const std::uint32_t longest = longest_chunk(tree.bytes);
  Pipeline pipeline(std::max(kInFlight, std::uint64_t{4} * longest));
  std::atomic<std::uint64_t> bytes_read = 0;
  ImageWriter writer(image, dir, options.base);
  Reporter reporter(options, tree.bytes);
  Crew crew(pipeline);
  const std::stop_callback on_stop(options.stop, [&] { pipeline.cancel(); });
  try {
    crew.start([&] { TreeReader(tree, pipeline, bytes_read).run(); });
    for (unsigned i = 0; i < thread_count(options.threads); ++i) {
      crew.start([&] { pipeline.work(longest); });
    }
    for (auto next = pipeline.next(); !next.end; next = pipeline.next()) {
      if (next.cut) writer.take(*next.cut, pipeline);
      reporter.report(bytes_read, writer.bytes());
    }
  } catch (const Cancelled&) {
    crew.join(true);
    crew.rethrow();
    check_stop(options);
  }
  crew.join(false);
  auto result = writer.finish([&] { check_stop(options); });
  reporter.report(bytes_read, writer.bytes(), true);
  return result;
}

}  // namespace

Packed pack_tree(Tree tree, const std::string& output_dir, const PackOptions& options) {
  OutputFile image(output_dir + "/image");
  OutputFile index_file(output_dir + "/index");
  auto written = write_image(tree, image, output_dir, options);
  check_stop(options);
  Index index({std::move(tree.entries), std::move(written.chunks), std::move(written.segments)});
  check_stop(options);
  const Bytes bytes = serialise(index);
  check_stop(options);
  index_file.write(bytes);
  crypto::MerkleHasher hasher;
  hasher.update(bytes);
  Packed packed{std::move(index), hasher.finish(),    std::move(written.tree), index_file.path(),
                image.path(),     written.new_chunks, written.new_bytes};
  image.keep();
  index_file.keep();
  return packed;
}

}  // namespace roost::release
