#include "core/swarm/disk/piece_job.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <libtorrent/hasher.hpp>

namespace roost::swarm {
namespace lt = libtorrent;

void PieceJob::digest(int block, const char* bytes) {
  const int length = geometry_.stored_length(piece_, block);
  const auto index = static_cast<std::size_t>(block);
  if (digests_->blocks.size() <= index) digests_->blocks.resize(index + 1);
  if (length > 0) digests_->blocks[index] = lt::hasher256(bytes, length).final();
}

void PieceJob::work() {
  std::sort(writes.begin(), writes.end(),
            [](const BlockWrite& a, const BlockWrite& b) { return a.block < b.block; });
  for (const BlockWrite& write : writes) digest(write.block, write.bytes.data());
  for (auto begin = writes.begin(); begin != writes.end();) {
    auto end = begin + 1;
    while (end != writes.end() && end->block == (end - 1)->block + 1) ++end;
    write_run(begin, end);
    begin = end;
  }
  if (hash) answer_hash();
}

void PieceJob::write_run(std::vector<BlockWrite>::iterator begin,
                         std::vector<BlockWrite>::iterator end) {
  std::vector<iovec> parts;
  for (auto it = begin; it != end; ++it) {
    const int length = geometry_.stored_length(piece_, it->block);
    if (length > 0) parts.push_back({it->bytes.data(), static_cast<std::size_t>(length)});
  }
  const auto error = file_->write(parts, geometry_.offset(piece_, begin->block * kBlockBytes));
  if (!error) return;
  digests_->write_failed = true;
  for (auto it = begin; it != end; ++it) it->error = error;
}

const char* PieceJob::bytes_of(int block) {
  const auto index = static_cast<std::size_t>(block);
  if (index < hash->in_memory.size() && hash->in_memory[index]) {
    return hash->in_memory[index].data();
  }
  read_back_.resize(kBlockBytes);
  iovec part{read_back_.data(), static_cast<std::size_t>(geometry_.stored_length(piece_, block))};
  hash->error = file_->read({&part, 1}, geometry_.offset(piece_, block * kBlockBytes));
  return hash->error ? nullptr : read_back_.data();
}

void PieceJob::answer_hash() {
  if (digests_->write_failed) {
    hash->error.ec = boost::asio::error::operation_aborted;
    return;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(hash->blocks.size()); ++i) {
    const int block = hash->first_block + static_cast<int>(i);
    const auto index = static_cast<std::size_t>(block);
    if (index >= digests_->blocks.size() || digests_->blocks[index].is_all_zeros()) {
      const char* bytes = bytes_of(block);
      if (bytes == nullptr) return;
      digest(block, bytes);
    }
    hash->blocks[static_cast<std::ptrdiff_t>(i)] = digests_->blocks[index];
  }
  if (hash->whole_sha1) add_to_sha1();
}

void PieceJob::add_to_sha1() {
  lt::hasher sha1;
  for (int block = 0; block < geometry_.blocks(piece_); ++block) {
    const char* bytes = bytes_of(block);
    if (bytes == nullptr) return;
    sha1.update(bytes, geometry_.stored_length(piece_, block));
  }
  const std::vector<char> zeros(kBlockBytes);
  for (int left = geometry_.size(piece_) - geometry_.stored_size(piece_); left > 0;) {
    const int length = std::min(left, kBlockBytes);
    sha1.update(zeros.data(), length);
    left -= length;
  }
  hash->sha1 = sha1.final();
}

void PieceJob::finish() {
  if (!writes.empty()) on_written_(writes.size());
  for (const BlockWrite& write : writes) write.answer(write.error);
  if (hash) hash->answer(hash->sha1, hash->error);
}

}  // namespace roost::swarm
