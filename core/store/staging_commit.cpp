#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include <utility>

#include "core/crypto/random.hpp"
#include "core/release/verify.hpp"
#include "core/store/files.hpp"
#include "core/store/layout.hpp"
#include "core/store/stage_record.hpp"
#include "core/store/staging_tree.hpp"

namespace roost::store {
namespace {

constexpr mode_t kDirectoryMode = 0555;
constexpr mode_t kFileMode = 0444;

using Clock = std::chrono::steady_clock;

// Adds the time until it goes away to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(std::chrono::duration<double>& sum) : sum_(sum), start_(Clock::now()) {}
  ~Stopwatch() { sum_ += Clock::now() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::chrono::duration<double>& sum_;
  Clock::time_point start_;
};

std::int64_t seconds_since_epoch() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

unsigned char type_of(Fs& fs, int dir, const DirEntry& entry) {
  if (entry.type != DT_UNKNOWN) return entry.type;
  const auto found = fs.stat_at(dir, entry.name);  // a file system that doesn't tell
  return found ? static_cast<unsigned char>(IFTODT(found->st_mode)) : entry.type;
}

}  // namespace

// The order of these steps is the promise: nothing is under releases/ before it is whole and
// durable, and success is told only once the rename is durable too.
StagedRelease StagingTree::Impl::commit() {
  std::chrono::duration<double> total{0};
  bool was_there = false;
  {
    const Stopwatch watch(total);
    try {
      check_written();
      make_links();
      write_record();
      seal_directories();
      sync_tree();
      was_there = !move_in();
      make_durable();
    } catch (...) {
      discard();
      throw;
    }
  }
  times_.finish = total - times_.sync;
  return {info_.release, info_.id, info_.dir, app_.release_path(info_.dir), was_there, times_};
}

void StagingTree::Impl::check_written() const {
  for (std::uint32_t number = 0; number < remaining_.size(); ++number) {
    if (remaining_[number] == 0) continue;
    throw Error(Errc::integrity, label() + ": " + entry(number).path.str() + " lacks " +
                                     std::to_string(remaining_[number]) + " of " +
                                     std::to_string(entry(number).size) + " bytes");
  }
}

// Last of all entries: while files are made there is no link yet that a name could lead through.
// Targets are carried as the index has them; Roost itself follows none.
void StagingTree::Impl::make_links() {
  for (std::uint32_t number = 0; number < index_.entries().size(); ++number) {
    const auto& e = entry(number);
    if (e.kind != release::Kind::symlink) continue;
    const auto dir = directory(parents_[number]);
    const std::string name(e.path.name());
    fs_.symlink(e.target, dir->get(), name);
    fs_.set_link_mtime(dir->get(), name, e.mtime);
  }
}

void StagingTree::Impl::write_record() {
  info_.staged_at = seconds_since_epoch();
  auto fd = fs_.open(reserved_.get(), layout::kStage, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                     kFileMode);
  fs_.write(fd.get(), as_bytes(serialise(info_)), 0);
  if (must_chmod_) fs_.chmod(fd.get(), kFileMode);
  keep_for_sync(std::move(fd));
}

// Bottom-up, since a sealed directory takes no more entries from an ordinary user.
void StagingTree::Impl::seal_directories() {
  for (auto number = static_cast<std::uint32_t>(index_.entries().size()); number-- > 0;) {
    if (entry(number).kind != release::Kind::directory) continue;
    const auto dir = directory(number);
    dirs_.drop(number);
    check_entries(dir->get(), number);
    fs_.chmod(dir->get(), kDirectoryMode);
    fs_.set_mtime(dir->get(), entry(number).mtime);
    if (sync_each_) unsynced_.push_back(dir);
  }
  check_entries(top_.get(), static_cast<std::uint32_t>(index_.entries().size()));
  fs_.chmod(reserved_.get(), kDirectoryMode);
}

// The entry set must be exactly the index's: what else is there would be run with it.
void StagingTree::Impl::check_entries(int dir, std::uint32_t number) {
  EntrySet found;
  const auto listed = fs_.list(dir);
  for (const auto& one : listed) found.add(one.name, type_of(fs_, dir, one));
  if (found == expected_[number]) return;
  throw Error(Errc::integrity,
              label() + ": " + path_of(dir) + " holds " + std::to_string(found.count) +
                  " entries that are not the " + std::to_string(expected_[number].count) +
                  " of the index",
              "something else writes under incoming/ of this root");
}

void StagingTree::Impl::sync_tree() {
  const Stopwatch watch(times_.sync);
  if (!sync_each_) {
    fs_.sync_fs(sync_fs_.get());
    return;
  }
  for (const auto& fd : unsynced_) fs_.sync(fd->get());  // files, then directories bottom-up
  fs_.sync(reserved_.get());
  fs_.sync(top_.get());
  unsynced_.clear();
}

bool StagingTree::Impl::move_in() {
  for (int attempt = 0;; ++attempt) {
    try {
      fs_.rename(app_.incoming(), incoming_name_, app_.releases(), info_.dir, RENAME_NOREPLACE);
      incoming_name_.clear();
      // Only now: an ordinary user can't move a directory that he may not write to, since its
      // ".." changes.
      fs_.chmod(top_.get(), kDirectoryMode);
      return true;
    } catch (const Error& error) {
      if (error.code() != Errc::conflict || attempt > 0) throw;
    }
    if (whole_one_is_there()) return false;
  }
}

// Whether the release that is there under this name is whole; a damaged one goes to trash/.
bool StagingTree::Impl::whole_one_is_there() {
  const auto there = read_staged(app_, info_.dir);
  if (there && there->id == info_.id) {
    const auto path = app_.release_path(info_.dir).string();
    release::VerifyOptions options;
    options.limit = 1;
    if (release::verify_tree(path, index_, options).empty()) {
      top_ = open_dir(fs_, app_.releases(), info_.dir);
      fs_.chmod(top_.get(), kDirectoryMode);  // whoever moved it may have died before this
      return true;
    }
  }
  if (app_.current() == info_.dir) {
    throw Error(Errc::conflict,
                label() + ": the staged tree is damaged, and it is the current release",
                "activate another release first, then stage this one again");
  }
  const auto trash_name = info_.dir + "." + crypto::random_hex(8);
  {
    // As above: it takes write permission to move a directory to another parent.
    const auto damaged = open_dir(fs_, app_.releases(), info_.dir);
    fs_.chmod(damaged.get(), 0700);
  }
  fs_.rename(app_.releases(), info_.dir, app_.trash(), trash_name);
  return false;
}

void StagingTree::Impl::make_durable() {
  const Stopwatch watch(times_.sync);
  fs_.sync(top_.get());  // its final mode
  fs_.sync(app_.releases());
  fs_.sync(app_.incoming());
  discard();  // nothing is left of it, unless another was there
}

void StagingTree::Impl::discard() noexcept {
  if (incoming_name_.empty()) return;
  try {
    remove_tree(fs_, app_.incoming(), std::exchange(incoming_name_, {}));
  } catch (const Error&) {
    // recover() removes what is left under incoming/ at the next start.
  }
}

}  // namespace roost::store
