#include "core/store/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "core/crypto/random.hpp"
#include "core/store/files.hpp"
#include "core/store/layout.hpp"
#include "core/store/transaction_file.hpp"

namespace roost::store {
namespace {

constexpr std::string_view kFormatWord = "roost-root ";
constexpr std::size_t kPidWidth = 20;

// What may lie in a directory that is about to become a root: a mount point's own entry, and what
// a creation that was cut short left.
bool harmless(const std::string& name) {
  return name == "lost+found" || name == layout::kLock ||
         name == layout::temporary_file(layout::kFormatFile);
}

UniqueFd open_root_dir(Fs& fs, const std::filesystem::path& path, bool create) {
  if (create && fs.make_path(path.string(), 0755)) {
    const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    fs.sync(fs.open_path(parent.string(), O_RDONLY | O_DIRECTORY).get());
  }
  const auto anything = fs.open_path(path.string(), O_PATH);
  if (!S_ISDIR(fs.stat(anything.get()).st_mode)) {
    throw Error(Errc::usage, "open root " + path.string() + ": not a directory",
                "--root takes the directory that holds this node's releases");
  }
  return fs.open_path(path.string(), O_RDONLY | O_DIRECTORY);
}

std::string pid_in(Fs& fs, int lock) {
  Bytes text(kPidWidth);
  text.resize(fs.read(lock, text, 0));
  const auto view = as_text(text);
  return std::string(view.substr(0, view.find_first_not_of("0123456789")));
}

}  // namespace

Root Root::open(const std::filesystem::path& given, Fs& fs) {
  auto path = std::filesystem::absolute(given).lexically_normal();
  if (!path.has_filename() && path.has_relative_path()) path = path.parent_path();
  Root root(std::move(path), fs);
  root.dir_ = open_root_dir(fs, root.path_, true);
  if (!fs.stat_at(root.dir(), layout::kFormatFile)) {
    for (const auto& entry : fs.list(root.dir())) {
      if (harmless(entry.name)) continue;
      throw Error(Errc::usage,
                  "open root " + root.path_.string() + ": not empty, and not a Roost root",
                  "choose an empty or a new directory");
    }
  }
  root.take_lock();
  root.check_format(true);
  for (const char* name : {layout::kTrust, layout::kImages, layout::kApps, layout::kNode}) {
    if (fs.stat_at(root.dir(), name)) continue;
    fs.make_dir(root.dir(), name, name == layout::kTrust ? 0700 : 0755);
    fs.sync(root.dir());
  }
  root.load_node_id(true);
  return root;
}

Root Root::inspect(const std::filesystem::path& given, Fs& fs) {
  Root root(std::filesystem::absolute(given).lexically_normal(), fs);
  root.dir_ = open_root_dir(fs, root.path_, false);
  root.check_format(false);
  root.load_node_id(false);
  return root;
}

void Root::take_lock() {
  lock_ = fs_->open(dir(), layout::kLock, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
  if (!fs_->try_lock(lock_.get())) {
    const auto pid = pid_in(*fs_, lock_.get());
    throw Error(Errc::conflict,
                "lock root " + path_.string() + ": in use by process " +
                    (pid.empty() ? std::string("(unknown)") : pid),
                "stop that process, or use another --root");
  }
  // Written in place at a fixed width, so that a full disk can't keep a rollback from its lock.
  std::string text = std::to_string(::getpid());
  text.resize(kPidWidth - 1, ' ');
  try {
    fs_->write(lock_.get(), as_bytes(text + "\n"), 0);
  } catch (const Error& error) {
    if (error.code() != Errc::no_space) throw;
  }
}

void Root::check_format(bool create) {
  const auto bytes = read_if_there(*fs_, dir(), layout::kFormatFile, 64);
  if (!bytes) {
    if (!create) {
      throw Error(Errc::not_found, "open root " + path_.string() + ": no Roost root there",
                  "`roost peer` or `roost fetch` with this --root make one");
    }
    const auto text = std::string(kFormatWord) + std::to_string(layout::kFormat) + "\n";
    replace_file(*fs_, dir(), layout::kFormatFile, as_bytes(text), Durable::yes);
    return;
  }
  auto text = as_text(*bytes);
  unsigned format = 0;
  if (text.starts_with(kFormatWord)) {
    text.remove_prefix(kFormatWord.size());
    std::from_chars(text.data(), text.data() + text.size(), format);
  }
  if (format == 0) {
    throw Error(Errc::integrity, "open root " + path_.string() + ": its format file is damaged");
  }
  if (format > layout::kFormat) {
    throw Error(Errc::usage,
                "open root " + path_.string() + ": its format " + std::to_string(format) +
                    " is newer than the " + std::to_string(layout::kFormat) +
                    " that this Roost knows",
                "use the Roost version that made it, or a newer one");
  }
}

void Root::load_node_id(bool create) {
  static constexpr std::size_t kDigits = 32;
  if (!fs_->stat_at(dir(), layout::kNode)) return;
  const auto node = open_dir(*fs_, dir(), layout::kNode);
  if (const auto bytes = read_if_there(*fs_, node.get(), layout::kNodeId, 64)) {
    const auto text = as_text(*bytes);
    node_id_ = text.substr(0, text.find_first_not_of("0123456789abcdef"));
    if (node_id_.size() != kDigits) {
      throw Error(Errc::integrity,
                  "read " + path_of(node.get(), layout::kNodeId) + ": not 32 hexadecimal digits");
    }
  } else if (create) {
    node_id_ = crypto::random_hex(kDigits / 2);
    replace_file(*fs_, node.get(), layout::kNodeId, as_bytes(node_id_ + "\n"), Durable::yes);
  }
}

std::vector<release::Name> Root::names() const {
  std::vector<release::Name> names;
  if (!fs_->stat_at(dir(), layout::kApps)) return names;
  const auto apps = open_dir(*fs_, dir(), layout::kApps);
  for (const auto& entry : fs_->list(apps.get())) {
    try {
      names.push_back(release::Name::parse(entry.name));
    } catch (const Error&) {
      continue;  // somebody else's file
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

App App::open(const Root& root, const release::Name& name) {
  auto& fs = root.fs();
  App app(root, name);
  const auto apps = open_or_make_dir(fs, root.dir(), layout::kApps, 0755);
  app.dir_ = open_or_make_dir(fs, apps.get(), name.str(), 0755);
  for (const char* part : {layout::kReleases, layout::kShared}) {
    open_or_make_dir(fs, app.dir(), part, 0755);
  }
  for (const char* part : {layout::kIncoming, layout::kTrash}) {
    open_or_make_dir(fs, app.dir(), part, 0700);
  }
  if (!fs.stat_at(app.dir(), layout::kTx)) {
    fs.sync(app.dir());  // find() takes the file as the word that the directories are there
    TransactionFile::create(fs, app.dir());
    fs.sync(apps.get());
    fs.sync(root.dir());
  }
  app.open_dirs();
  return app;
}

std::optional<App> App::find(const Root& root, const release::Name& name) {
  auto& fs = root.fs();
  if (!fs.stat_at(root.dir(), layout::kApps)) return std::nullopt;
  const auto apps = open_dir(fs, root.dir(), layout::kApps);
  if (!fs.stat_at(apps.get(), name.str())) return std::nullopt;
  App app(root, name);
  app.dir_ = open_dir(fs, apps.get(), name.str());
  // The transaction file is made last: without it there has never been a release here.
  if (!fs.stat_at(app.dir(), layout::kTx)) return std::nullopt;
  app.open_dirs();
  return app;
}

void App::open_dirs() {
  releases_ = open_dir(fs(), dir(), layout::kReleases);
  // Only the owner may look into these two; a reader of status needs neither.
  if (root_->locked()) {
    incoming_ = open_dir(fs(), dir(), layout::kIncoming);
    trash_ = open_dir(fs(), dir(), layout::kTrash);
  }
}

std::filesystem::path App::path() const {
  return root_->path() / layout::kApps / name_.str();
}

std::filesystem::path App::release_path(const std::string& dir) const {
  return path() / layout::kReleases / dir;
}

std::optional<std::string> App::target_of(const char* link) const {
  const auto target = fs().read_link(dir(), link);
  if (!target) return std::nullopt;
  auto name = layout::dir_of_target(*target);
  if (!name) {
    throw Error(
        Errc::integrity,
        "read link " + path_of(dir(), link) + ": points to '" + *target + "', not into releases/",
        "somebody else changed it; remove it and activate a release");
  }
  return name;
}

std::optional<std::string> App::current() const {
  return target_of(layout::kCurrent);
}

std::optional<std::string> App::rollback_target() const {
  return target_of(layout::kRollback);
}

}  // namespace roost::store
