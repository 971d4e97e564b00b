// StagingTree's inside: the shape of the tree, and what is left to write of it.
// Private to the store: staging.cpp grows the tree, staging_commit.cpp commits it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/store/fd_cache.hpp"
#include "core/store/staging.hpp"
#include "core/store/status.hpp"

namespace roost::store {

// A directory's entries as one number that doesn't depend on their order.
struct EntrySet {
  std::size_t count = 0;
  std::size_t sum = 0;

  void add(std::string_view name, unsigned char type);  // type as in readdir(3)
  bool operator==(const EntrySet&) const = default;
};

class StagingTree::Impl {
 public:
  Impl(const App& app, const release::VerifiedDescriptor& descriptor, const release::Index& index,
       const StageOptions& options);
  ~Impl();

  void begin(BytesView index_file);
  void write(std::uint32_t number, std::uint64_t offset, BytesView bytes);
  StagedRelease commit();

 private:
  static constexpr std::uint32_t kTop = ~0U;  // the number of the tree's own directory

  using Entry = release::Entry;
  const Entry& entry(std::uint32_t number) const { return index_.entries()[number]; }
  std::string label() const;  // "stage web@1.0"

  // staging.cpp
  void measure();  // parents, bytes to write, entry sets
  void check_space() const;
  void make_top();
  void make_reserved(BytesView index_file);
  void make_entries();
  FdCache::Shared directory(std::uint32_t number);
  void write_whole(std::uint32_t number, BytesView bytes);
  void write_part(std::uint32_t number, std::uint64_t offset, BytesView bytes);
  FdCache::Shared open_part(std::uint32_t number);
  void nudge_writeback(int fd, std::uint64_t written);
  void keep_for_sync(UniqueFd fd);

  // staging_commit.cpp
  void check_written() const;
  void make_links();
  void write_record();
  void seal_directories();
  void check_entries(int dir, std::uint32_t number);
  void sync_tree();
  bool move_in();  // false: it was there already, and is whole
  bool whole_one_is_there();
  void make_durable();
  void discard() noexcept;

  const App& app_;
  Fs& fs_;
  release::VerifiedDescriptor descriptor_;
  const release::Index& index_;
  StageOptions options_;
  StagedInfo info_;

  std::vector<std::uint32_t> parents_;                 // by entry
  std::vector<std::atomic<std::uint64_t>> remaining_;  // by entry: bytes not yet written
  std::vector<bool> created_;                          // by entry; guarded by parts_' lock
  std::vector<EntrySet> expected_;                     // by entry; the top's comes last
  std::uint64_t disk_bytes_ = 0;

  std::string incoming_name_;  // empty once it is gone from incoming/
  UniqueFd top_;
  UniqueFd reserved_;
  FdCache dirs_;
  FdCache parts_;  // files that arrive in several runs

  std::atomic<std::uint64_t> since_writeback_ = 0;
  bool must_chmod_ = false;  // the umask takes bits from the modes that we create with
  bool sync_each_ = false;
  std::mutex unsynced_mutex_;
  std::vector<FdCache::Shared> unsynced_;  // finished files, with sync_each_
  UniqueFd sync_fs_;                       // opened before the first write, else it misses errors
  StageTimes times_;
};

}  // namespace roost::store
