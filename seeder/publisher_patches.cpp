// Patches against the base's image: an extra for nodes that have it, so nothing that goes
// wrong with them ends a publish but a stop.
#include <fcntl.h>
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "core/base/fs.hpp"
#include "core/release/patch_plan.hpp"
#include "core/release/patches.hpp"
#include "seeder/base_chunks.hpp"
#include "seeder/publisher.hpp"
#include "seeder/stopwatch.hpp"

namespace roost::seeder {
namespace {

using namespace std::chrono_literals;

// Of a base that was asked for: it has an end here, since all goes on without.
constexpr Patience kAsked{15s, 10min};

void remove_quietly(const std::filesystem::path& file) {
  std::error_code ignored;  // the directory goes in the end, with all that is in it
  std::filesystem::remove(file, ignored);
}

}  // namespace

// A registered release has the patches that it was registered with, or none.
bool Publisher::wants_patches() const {
  if (!options_.patches || options_.dry_run) return false;
  return !known_ || (known_->descriptor.patches && !nothing_to_seed());
}

std::optional<PatchesBuilt> Publisher::patches(const release::Packed& packed,
                                               const std::optional<Base>& base) {
  if (!base || !wants_patches()) return std::nullopt;
  const auto plan = release::plan_patches(packed.index, base->index);
  if (plan.runs.empty()) return std::nullopt;
  observer_.on_phase(Phase::patch);
  const Stopwatch watch(result_.patch_s);
  const auto old_image = work_.path() / "base.image";
  const auto path = work_.path() / "patches";
  std::optional<crypto::MerkleTree> tree;
  try {
    tree = write_patches(packed, *base, plan, old_image, path);
  } catch (const Error& error) {
    if (error.code() == Errc::interrupted) throw;
    observer_.on_note(
        fmt::format("no patches for nodes with {}: {}", base->name.release.str(), error.what()));
    remove_quietly(path);
  }
  remove_quietly(old_image);
  if (!tree) return std::nullopt;
  return PatchesBuilt{path.string(), std::move(*tree)};
}

std::optional<crypto::MerkleTree> Publisher::write_patches(const release::Packed& packed,
                                                           const Base& base,
                                                           const release::PatchPlan& plan,
                                                           const std::filesystem::path& old_image,
                                                           const std::filesystem::path& path) {
  const bool asked = known_ || std::holds_alternative<release::ReleaseRef>(options_.base);
  fetch_chunks(*session_, base,
               {release::old_chunks(plan, base.index), old_image, asked ? kAsked : kUnasked,
                [this](std::uint64_t fetched, std::uint64_t of) {
                  observer_.on_fetching_base(fetched, of);
                }},
               limit_.token());
  const auto image = real_fs().open_path(packed.image_path, O_RDONLY);
  const auto old = real_fs().open_path(old_image.string(), O_RDONLY);
  return release::write_patches(
      real_fs(), plan, {packed.index, image.get(), base.index, old.get()}, path.string(),
      {[this](std::uint64_t bytes, std::uint64_t of) { observer_.on_patching(bytes, of); },
       limit_.token()});
}

// Ours can be seeded only if they are the registered ones, byte by byte: another version of zstd,
// say, makes others.
void Publisher::adopt_patches(const Known& known) {
  const auto& registered = known.descriptor.patches;
  const bool same = registered && built_->patches_file &&
                    release::FilePart::of(built_->patches_file->tree) == *registered;
  std::optional<proto::Metainfo> torrent;
  if (same) {
    torrent = proto::Metainfo::parse(tracker_.patches_torrent(known.summary.release_id));
    torrent->require(*registered, "registered patches torrent");
  } else if (registered && built_->patches_file) {
    observer_.on_note(fmt::format(
        "the patches of {} come out as other bytes; they can't be seeded from here", subject()));
  }
  const bool other_torrent = torrent.has_value() != built_->patches.has_value() ||
                             (torrent && torrent->encode() != built_->patches->encode());
  if (other_torrent) seeding_.reset();
  if (!same) {
    built_->patches_file.reset();
    built_->patches_bytes.reset();
    result_.patches_bytes = 0;
  }
  built_->patches = std::move(torrent);
}

}  // namespace roost::seeder
