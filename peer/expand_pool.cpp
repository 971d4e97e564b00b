#include "peer/expand_pool.hpp"

#include <fcntl.h>

#include "core/base/error.hpp"

namespace roost::peer {
namespace {

// Enough to make a wake-up worth its cost, few enough that two threads share the last piece.
constexpr std::size_t kBatch = 8;

void read_exactly(int fd, std::span<std::uint8_t> out, std::uint64_t offset) {
  while (!out.empty()) {
    const auto got = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("read image");
    if (got == 0) throw Error(Errc::integrity, "read image: it ends before its last chunk");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

ExpandPool::ExpandPool(const release::Index& index, release::TreeSink& sink,
                       const std::string& image_path, unsigned threads,
                       std::function<void()> on_change)
    : index_(index), expander_(index, sink), on_change_(std::move(on_change)) {
  if (!index.chunks().empty()) {
    image_.reset(::open(image_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!image_) throw_errno("open image " + image_path);
  }
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

ExpandPool::~ExpandPool() {
  for (auto& thread : threads_) thread.request_stop();
}

void ExpandPool::submit(const std::vector<std::uint32_t>& chunks) {
  if (chunks.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    queue_.insert(queue_.end(), chunks.begin(), chunks.end());
  }
  wake_.notify_all();
}

std::size_t ExpandPool::expanded() const {
  const std::lock_guard lock(mutex_);
  return expanded_;
}

std::exception_ptr ExpandPool::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void ExpandPool::work(const std::stop_token& stop) {
  Bytes buffer;
  for (;;) {
    const auto batch = next_batch(stop);
    if (batch.empty()) return;
    std::exception_ptr failure;
    try {
      expand(batch, buffer);
    } catch (...) {
      failure = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      if (!failure) expanded_ += batch.size();
      if (failure && !failure_) failure_ = failure;
      if (failure_) queue_.clear();
    }
    on_change_();
  }
}

void ExpandPool::expand(const std::vector<std::uint32_t>& batch, Bytes& buffer) {
  for (const auto chunk : batch) {
    const auto& info = index_.chunks()[chunk];
    buffer.resize(info.stored_length);
    read_exactly(image_.get(), buffer, info.offset);
    expander_.expand(chunk, buffer);
  }
}

std::vector<std::uint32_t> ExpandPool::next_batch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, stop, [this] { return !queue_.empty() && !failure_; });
  if (stop.stop_requested()) return {};
  const auto share = (queue_.size() + threads_.capacity() - 1) / threads_.capacity();
  const auto size = static_cast<std::ptrdiff_t>(std::min(share, kBatch));
  std::vector<std::uint32_t> batch(queue_.begin(), queue_.begin() + size);
  queue_.erase(queue_.begin(), queue_.begin() + size);
  return batch;
}

}  // namespace roost::peer
