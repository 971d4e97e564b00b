// Expands chunks on a few threads while more of them arrive.
//
// submit() names chunks whose stored bytes are complete in the image file; each
// is read, checked, decompressed and handed to the sink. The first failure ends
// the work: failure() returns it, and nothing more is expanded. on_change is
// called on a worker after each batch and must be quick. Destruction stops and
// joins. Index, sink and on_change outlive the pool.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fd.hpp"
#include "core/release/expand.hpp"

namespace roost::peer {

class ExpandPool {
 public:
  ExpandPool(const release::Index& index, release::TreeSink& sink, const std::string& image_path,
             unsigned threads, std::function<void()> on_change);
  ~ExpandPool();
  ExpandPool(const ExpandPool&) = delete;
  ExpandPool& operator=(const ExpandPool&) = delete;

  void submit(const std::vector<std::uint32_t>& chunks);

  std::size_t expanded() const;  // chunks done
  std::exception_ptr failure() const;

 private:
  void work(const std::stop_token& stop);
  void expand(const std::vector<std::uint32_t>& batch, Bytes& buffer);
  std::vector<std::uint32_t> next_batch(const std::stop_token& stop);

  const release::Index& index_;
  release::Expander expander_;
  UniqueFd image_;
  std::function<void()> on_change_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::uint32_t> queue_;
  std::size_t expanded_ = 0;
  std::exception_ptr failure_;
  std::vector<std::jthread> threads_;
};

}  // namespace roost::peer
