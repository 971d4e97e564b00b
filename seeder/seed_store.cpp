#include "seeder/seed_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>

#include "core/base/fs.hpp"
#include "core/store/files.hpp"
#include "core/store/space.hpp"

namespace roost::seeder {
namespace {

using store::Durable;

constexpr unsigned kFormat = 1;
constexpr std::string_view kFormatWord = "roost-seeder ";
constexpr const char* kLock = "lock";
constexpr const char* kFormatFile = "format";
constexpr const char* kSeeds = "seeds";
constexpr const char* kDescriptor = "descriptor.json";

UniqueFd open_data(const std::filesystem::path& path) {
  real_fs().make_path(path.string(), 0755);
  auto dir = real_fs().open_path(path.string(), O_RDONLY | O_DIRECTORY);
  if (real_fs().stat_at(dir.get(), kFormatFile)) return dir;
  for (const auto& entry : real_fs().list(dir.get())) {
    if (entry.name == kLock || entry.name == "lost+found" || entry.name.starts_with('.')) continue;
    throw Error(Errc::usage,
                "open seeder's data " + path.string() + ": not empty, and not a seeder's directory",
                "--data takes an empty or a new directory");
  }
  return dir;
}

std::string torrent_name(const std::string& part) {
  return part + ".torrent";
}

std::string mark_name(const std::string& part) {
  return part + ".complete";
}

void remove_if_there(int dir, const std::string& name) {
  if (real_fs().stat_at(dir, name)) real_fs().unlink(dir, name);
}

void sync_file(int dir, const std::string& name) {
  real_fs().sync(real_fs().open(dir, name, O_RDONLY | O_NOFOLLOW).get());
}

}  // namespace

// Patches may be signed and not be here: they spare bytes, and no node needs them.
SeedPapers SeedPapers::check(const release::ReleaseId& id, crypto::Envelope envelope,
                             const SeedTorrents& torrents) {
  const auto what = "check release " + id.short_hex();
  if (release::release_id_of(envelope.payload) != id) {
    throw Error(Errc::integrity, what + ": its descriptor is of another release");
  }
  auto descriptor = release::parse_descriptor(envelope.payload);
  SeedPapers papers{std::move(envelope), std::move(descriptor), {}};
  const auto add = [&](const char* name, const Bytes& bytes, const release::FilePart& part) {
    auto torrent = proto::Metainfo::parse(bytes);
    torrent.require(part, std::string(name) + " torrent");
    papers.parts.push_back({name, std::move(torrent)});
  };
  add(kIndexPart, torrents.index, papers.descriptor.index);
  if (torrents.image) {
    add(kImagePart, *torrents.image, papers.descriptor.image);
  } else if (papers.descriptor.image.size > 0) {
    throw Error(Errc::integrity, what + ": the torrent of its image is missing");
  }
  if (torrents.patches) {
    add(kPatchesPart, *torrents.patches, papers.descriptor.patches.value_or(release::FilePart{}));
  }
  return papers;
}

void SeedFiles::write(const SeedPapers& papers) const {
  auto& fs = real_fs();
  store::replace_file(fs, dir_.get(), kDescriptor, as_bytes(crypto::serialise(papers.envelope)),
                      Durable::yes);
  for (const auto& part : papers.parts) {
    store::replace_file(fs, dir_.get(), torrent_name(part.name), part.torrent.encode(),
                        Durable::yes);
  }
}

SeedPapers SeedFiles::read() const {
  auto& fs = real_fs();
  const auto envelope = store::read_file(fs, dir_.get(), kDescriptor, crypto::kMaxEnvelope);
  const auto torrent = [&](const char* part) {
    return store::read_if_there(fs, dir_.get(), torrent_name(part), proto::kMaxTorrent);
  };
  return SeedPapers::check(
      id_, crypto::parse_envelope(as_text(envelope)),
      {store::read_file(fs, dir_.get(), torrent_name(kIndexPart), proto::kMaxTorrent),
       torrent(kImagePart), torrent(kPatchesPart)});
}

bool SeedFiles::complete(const SeedPapers::Part& part) const {
  if (!real_fs().stat_at(dir_.get(), mark_name(part.name))) return false;
  const auto found = real_fs().stat_at(dir_.get(), part.name);
  return found && static_cast<std::uint64_t>(found->st_size) == part.torrent.length();
}

// A mark must not outlive its file: what is made here would look complete after a crash.
bool SeedFiles::allocate(const SeedPapers::Part& part) const {
  auto& fs = real_fs();
  if (fs.stat_at(dir_.get(), mark_name(part.name))) {
    fs.unlink(dir_.get(), mark_name(part.name));
    fs.sync(dir_.get());
  }
  const auto length = part.torrent.length();
  const bool there = fs.stat_at(dir_.get(), part.name).has_value();
  if (!there) store::check_space(fs, dir_.get(), length, 4, {});
  const auto file = fs.open(dir_.get(), part.name, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
  fs.allocate(file.get(), length);
  fs.truncate(file.get(), length);
  return !there;
}

void SeedFiles::mark_complete(const SeedPapers::Part& part) const {
  sync_file(dir_.get(), part.name);
  real_fs().sync(dir_.get());
  store::replace_file(real_fs(), dir_.get(), mark_name(part.name), {}, Durable::yes);
}

void SeedFiles::discard(const SeedPapers::Part& part) const {
  remove_if_there(dir_.get(), mark_name(part.name));
  remove_if_there(dir_.get(), part.name);
}

SeedStore::SeedStore(const std::filesystem::path& data)
    : path_(std::filesystem::absolute(data)), dir_(open_data(data)) {
  take_lock();
  check_format();
  seeds_ = store::open_or_make_dir(real_fs(), dir_.get(), kSeeds, 0755);
}

void SeedStore::take_lock() {
  auto& fs = real_fs();
  lock_ = fs.open(dir_.get(), kLock, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
  if (!fs.try_lock(lock_.get())) {
    Bytes pid(20);
    pid.resize(fs.read(lock_.get(), pid, 0));
    throw Error(Errc::conflict, fmt::format("lock seeder's data {}: in use by process {}",
                                            path_.string(), as_text(pid)));
  }
  const auto pid = std::to_string(::getpid());
  fs.truncate(lock_.get(), 0);
  fs.write(lock_.get(), as_bytes(pid), 0);
}

void SeedStore::check_format() {
  auto& fs = real_fs();
  const auto found = store::read_if_there(fs, dir_.get(), kFormatFile, 64);
  if (!found) {
    store::replace_file(fs, dir_.get(), kFormatFile,
                        as_bytes(fmt::format("{}{}\n", kFormatWord, kFormat)), Durable::yes);
    return;
  }
  const auto text = as_text(*found);
  unsigned format = 0;
  const bool ours = text.starts_with(kFormatWord);
  const auto number = ours ? text.substr(kFormatWord.size()) : std::string_view();
  std::from_chars(number.data(), number.data() + number.size(), format);
  if (format == kFormat) return;
  throw Error(Errc::usage,
              fmt::format("open seeder's data {}: {}", path_.string(),
                          ours ? fmt::format("format {}, this Roost knows {}", format, kFormat)
                               : "not a seeder's directory"));
}

std::vector<release::ReleaseId> SeedStore::list() const {
  std::vector<release::ReleaseId> ids;
  for (const auto& entry : real_fs().list(seeds_.get())) {
    Sha256 digest;
    if (from_hex(entry.name, digest.bytes)) ids.push_back({digest});
  }
  return ids;
}

SeedFiles SeedStore::open(const release::ReleaseId& id) const {
  return {path_ / kSeeds / id.hex(),
          store::open_or_make_dir(real_fs(), seeds_.get(), id.hex(), 0755), id};
}

void SeedStore::remove(const release::ReleaseId& id) const {
  store::remove_tree(real_fs(), seeds_.get(), id.hex());
}

}  // namespace roost::seeder
