#include "core/store/staging.hpp"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <unordered_map>

#include "core/crypto/dsse.hpp"
#include "core/crypto/random.hpp"
#include "core/store/files.hpp"
#include "core/store/layout.hpp"
#include "core/store/staging_tree.hpp"

namespace roost::store {
namespace {

constexpr mode_t kFileMode = 0444;
constexpr mode_t kExecutableMode = 0555;
constexpr std::uint64_t kBlock = 4096;         // what a small file takes at least
constexpr std::uint64_t kWriteback = 8 << 20;  // bytes of large files between two nudges

std::uint64_t on_disk(std::uint64_t bytes) {
  return (bytes + kBlock - 1) / kBlock * kBlock;
}

mode_t mode_of(const release::Entry& entry) {
  return entry.kind == release::Kind::executable ? kExecutableMode : kFileMode;
}

unsigned char type_of(release::Kind kind) {
  switch (kind) {
    case release::Kind::directory:
      return DT_DIR;
    case release::Kind::symlink:
      return DT_LNK;
    default:
      return DT_REG;
  }
}

// Takes the bytes that lie in holes off the files' sizes.
void take_holes_off(const release::Index& index, std::vector<std::atomic<std::uint64_t>>& bytes) {
  const auto& starts = index.stream_starts();
  std::uint64_t at = 0;
  for (const auto& segment : index.segments()) {
    const auto end = at + segment.length;
    if (segment.hole()) {
      auto file = std::upper_bound(starts.begin(), starts.end(), at) - starts.begin() - 1;
      for (auto from = at; from < end; ++file) {
        const auto position = static_cast<std::size_t>(file);
        const auto stop = std::min(end, starts[position + 1]);
        bytes[index.stream_files()[position]] -= stop - from;
        from = stop;
      }
    }
    at = end;
  }
}

}  // namespace

void EntrySet::add(std::string_view name, unsigned char type) {
  ++count;
  sum += std::hash<std::string_view>{}(name)*31 + type;
}

StagingTree::StagingTree(const App& app, const release::VerifiedDescriptor& descriptor,
                         const release::Index& index, BytesView index_file,
                         const StageOptions& options)
    : impl_(std::make_unique<Impl>(app, descriptor, index, options)) {
  impl_->begin(index_file);
}

StagingTree::~StagingTree() = default;

void StagingTree::write(std::uint32_t entry, std::uint64_t offset, BytesView bytes) {
  impl_->write(entry, offset, bytes);
}

StagedRelease StagingTree::commit() {
  return impl_->commit();
}

StagingTree::Impl::Impl(const App& app, const release::VerifiedDescriptor& descriptor,
                        const release::Index& index, const StageOptions& options)
    : app_(app),
      fs_(app.fs()),
      descriptor_(descriptor),
      index_(index),
      options_(options),
      info_{.dir = layout::release_dir(descriptor.descriptor().release.version, descriptor.id()),
            .release = descriptor.descriptor().release,
            .id = descriptor.id(),
            .sequence = descriptor.descriptor().sequence,
            .tree_bytes = index.tree_bytes(),
            .entries = index.entries().size()},
      parents_(index.entries().size(), kTop),
      remaining_(index.entries().size()),
      created_(index.entries().size()),
      expected_(index.entries().size() + 1),
      dirs_(options.open_files),
      parts_(options.open_files),
      sync_each_(index.entries().size() <= options.sync_each_up_to) {}

StagingTree::Impl::~Impl() {
  discard();
}

std::string StagingTree::Impl::label() const {
  return "stage " + info_.release.str();
}

void StagingTree::Impl::begin(BytesView index_file) {
  if (descriptor_.descriptor().release.name != app_.name() ||
      descriptor_.descriptor().tree_digest != index_.tree_digest()) {
    throw Error(Errc::integrity, label() + ": the index is not the one that its descriptor names");
  }
  measure();
  check_space();
  for (const auto& there : list_staged(app_)) info_.order = std::max(info_.order, there.order);
  ++info_.order;
  make_top();
  make_reserved(index_file);
  make_entries();
}

void StagingTree::Impl::measure() {
  std::unordered_map<std::string_view, std::uint32_t> directories;
  const auto count = static_cast<std::uint32_t>(index_.entries().size());
  for (std::uint32_t number = 0; number < count; ++number) {
    const auto& e = entry(number);
    if (!e.path.parent().empty()) parents_[number] = directories.at(e.path.parent());
    if (e.kind == release::Kind::directory) directories.emplace(e.path.str(), number);
    remaining_[number] = e.size;
    const auto parent = std::min(parents_[number], count);
    expected_[parent].add(e.path.name(), type_of(e.kind));
  }
  expected_[count].add(layout::kReserved, DT_DIR);
  take_holes_off(index_, remaining_);
  for (const auto& bytes : remaining_) disk_bytes_ += on_disk(bytes);
  disk_bytes_ += (directories.size() + 1) * kBlock;
}

void StagingTree::Impl::check_space() const {
  store::check_space(fs_, app_.incoming(), disk_bytes_, index_.entries().size() + 5,
                     options_.space);
}

void StagingTree::Impl::make_top() {
  const auto name = info_.dir + "." + crypto::random_hex(8);
  fs_.make_dir(app_.incoming(), name, 0700);
  incoming_name_ = name;
  top_ = open_dir(fs_, app_.incoming(), name);
  if (!sync_each_) sync_fs_ = open_dir(fs_, app_.incoming(), name);
}

void StagingTree::Impl::make_reserved(BytesView index_file) {
  fs_.make_dir(top_.get(), layout::kReserved, 0700);
  reserved_ = open_dir(fs_, top_.get(), layout::kReserved);
  const auto put = [&](const char* name, BytesView bytes) {
    auto fd =
        fs_.open(reserved_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kExecutableMode);
    // The umask and default ACLs are the same in the whole tree, so one look answers for all.
    if ((fs_.stat(fd.get()).st_mode & 07777) != kExecutableMode) must_chmod_ = true;
    fs_.write(fd.get(), bytes, 0);
    fs_.chmod(fd.get(), kFileMode);
    keep_for_sync(std::move(fd));
  };
  put(layout::kDescriptor, as_bytes(crypto::serialise(descriptor_.envelope())));
  put(layout::kIndex, index_file);
}

// Directories, parents first, and the files that no chunk will ever write to: made before the
// first byte arrives, so that nothing of it is left when the last one has.
void StagingTree::Impl::make_entries() {
  for (std::uint32_t number = 0; number < index_.entries().size(); ++number) {
    const auto& e = entry(number);
    if (e.kind == release::Kind::directory) {
      fs_.make_dir(directory(parents_[number])->get(), std::string(e.path.name()), 0700);
    } else if (e.is_file() && remaining_[number] == 0) {
      auto fd = fs_.open(directory(parents_[number])->get(), std::string(e.path.name()),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_of(e));
      if (must_chmod_) fs_.chmod(fd.get(), mode_of(e));
      if (e.size > 0) fs_.truncate(fd.get(), e.size);
      fs_.set_mtime(fd.get(), e.mtime);
      keep_for_sync(std::move(fd));
    }
  }
}

FdCache::Shared StagingTree::Impl::directory(std::uint32_t number) {
  return dirs_.get(number, [&] {
    return open_dir(fs_, top_.get(), number == kTop ? "." : entry(number).path.str());
  });
}

void StagingTree::Impl::write(std::uint32_t number, std::uint64_t offset, BytesView bytes) {
  if (number >= index_.entries().size() || !entry(number).is_file() ||
      offset > entry(number).size || bytes.size() > entry(number).size - offset) {
    throw Error(Errc::integrity, label() + ": a write outside of the files of its index");
  }
  if (bytes.size() == entry(number).size) {
    write_whole(number, bytes);
  } else {
    write_part(number, offset, bytes);
  }
}

// Most files of most trees: four system calls.
void StagingTree::Impl::write_whole(std::uint32_t number, BytesView bytes) {
  const auto& e = entry(number);
  const auto dir = directory(parents_[number]);
  auto fd = fs_.open(dir->get(), std::string(e.path.name()),
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_of(e));
  if (must_chmod_) fs_.chmod(fd.get(), mode_of(e));
  fs_.write(fd.get(), bytes, 0);
  fs_.set_mtime(fd.get(), e.mtime);
  keep_for_sync(std::move(fd));
  remaining_[number] = 0;
}

void StagingTree::Impl::write_part(std::uint32_t number, std::uint64_t offset, BytesView bytes) {
  const auto& e = entry(number);
  const auto fd = open_part(number);
  fs_.write(fd->get(), bytes, offset);
  nudge_writeback(fd->get(), bytes.size());
  const auto before = remaining_[number].fetch_sub(bytes.size());
  if (before < bytes.size()) {
    throw Error(Errc::integrity, label() + ": more bytes than its index has in " + e.path.str());
  }
  if (before > bytes.size()) return;
  fs_.chmod(fd->get(), mode_of(e));
  fs_.set_mtime(fd->get(), e.mtime);
  parts_.drop(number);
  if (sync_each_) {
    const std::lock_guard lock(unsynced_mutex_);
    unsynced_.push_back(fd);
  }
}

// Created with a mode that an ordinary user may open again, should it be dropped from the cache.
FdCache::Shared StagingTree::Impl::open_part(std::uint32_t number) {
  return parts_.get(number, [&] {
    const auto& e = entry(number);
    const auto dir = directory(parents_[number]);
    const std::string name(e.path.name());
    if (created_[number]) return fs_.open(dir->get(), name, O_WRONLY | O_NOFOLLOW);
    auto fd = fs_.open(dir->get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    created_[number] = true;
    if (remaining_[number] != e.size) fs_.truncate(fd.get(), e.size);  // a hole may end it
    return fd;
  });
}

// The disk works while bytes still arrive, so that the syncs of the commit find little to do.
void StagingTree::Impl::nudge_writeback(int fd, std::uint64_t written) {
  if (since_writeback_.fetch_add(written) + written < kWriteback) return;
  since_writeback_ = 0;
  fs_.start_writeback(fd, 0, 0);  // all of that file that is not on its way yet
}

void StagingTree::Impl::keep_for_sync(UniqueFd fd) {
  if (!sync_each_) return;
  const std::lock_guard lock(unsynced_mutex_);
  unsynced_.push_back(std::make_shared<const UniqueFd>(std::move(fd)));
}

}  // namespace roost::store
