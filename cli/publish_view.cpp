#include "cli/publish_view.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/units.hpp"

namespace roost::cli {
namespace {

using Json = nlohmann::ordered_json;
using Seconds = std::chrono::duration<double>;

std::string channels_of(const seeder::PublishResult& result) {
  std::string names;
  for (const auto& channel : result.channels) {
    if (!names.empty()) names += ", ";
    names += release::ChannelRef{result.release.name, channel}.str();
  }
  return names;
}

// "1.2 MiB of 30.1 MiB (4.0 %), 37 of 1024 chunks"
std::string new_part(const seeder::PublishResult& result) {
  const auto percent = result.image_bytes == 0 ? 0.0
                                               : 100.0 * static_cast<double>(result.new_bytes) /
                                                     static_cast<double>(result.image_bytes);
  return fmt::format("{} of {} ({:.1f} %), {} of {} chunks", format_size(result.new_bytes),
                     format_size(result.image_bytes), percent, result.new_chunks, result.chunks);
}

// "61.2 KiB for nodes with web@1"
std::string patches_of(const seeder::PublishResult& result) {
  return fmt::format("{} for nodes with {}", format_size(result.patches_bytes), result.base->str());
}

Json fields_of(const seeder::PublishResult& result) {
  auto channels = Json::array();
  for (const auto& channel : result.channels) channels.push_back(channel.str());
  Json fields{{"release", result.release.str()},
              {"release_id", result.release_id ? Json(result.release_id->hex()) : Json()},
              {"created", result.created},
              {"sequence", result.sequence},
              {"channels", std::move(channels)},
              {"followers", result.followers},
              {"committed_ms", result.committed_ms},
              {"info_hash", result.info_hash},
              {"tree_digest", result.tree_digest.hex()},
              {"tree_bytes", result.tree_bytes},
              {"files", result.files},
              {"entries", result.entries},
              {"excluded", result.excluded},
              {"omitted", result.omitted},
              {"index_bytes", result.index_bytes},
              {"image_bytes", result.image_bytes},
              {"chunks", result.chunks},
              {"new_chunks", result.new_chunks},
              {"new_bytes", result.new_bytes},
              {"patches_bytes", result.patches_bytes},
              {"same_bytes", result.same_bytes},
              {"copies", result.copies},
              {"staged", result.staged},
              {"uploaded", result.uploaded},
              {"ended", result.ended},
              {"scan_s", result.scan_s},
              {"base_s", result.base_s},
              {"pack_s", result.pack_s},
              {"patch_s", result.patch_s},
              {"sign_s", result.sign_s},
              {"seed_s", result.seed_s}};
  if (result.base) fields["base"] = result.base->str();
  return fields;
}

}  // namespace

PublishView::PublishView(Output& out, std::string subject)
    : out_(out), progress_(out.progress()), row_{std::move(subject), {}, 0, 0, 0, {}} {}

void PublishView::on_phase(seeder::Phase phase) {
  row_ = {row_.label, std::string(to_text(phase)), 0, 0, 0, {}};
  // Seeding shows itself at once, and says what it waits for.
  if (phase != seeder::Phase::seed) progress_.update(0, row_);
}

void PublishView::on_scanned(std::uint64_t files, std::uint64_t bytes) {
  row_.note = fmt::format("{} files, {}", files, format_size(bytes));
  progress_.update(0, row_);
}

void PublishView::on_packing(const release::PackProgress& progress) {
  row_.done = progress.bytes;
  row_.total = progress.total;
  row_.note = "image " + format_size(progress.image_bytes);
  progress_.update(0, row_);
}

void PublishView::on_fetching_base(std::uint64_t bytes, std::uint64_t of) {
  row_.done = bytes;
  row_.total = of;
  row_.note = "of the base";
  progress_.update(0, row_);
}

void PublishView::on_patching(std::uint64_t bytes, std::uint64_t of) {
  row_.done = bytes;
  row_.total = of;
  row_.note = "of new chunks";
  progress_.update(0, row_);
}

void PublishView::on_packed(const seeder::PublishResult& so_far) {
  out_.item("packed", fields_of(so_far));
  if (!so_far.base) return;
  progress_.message(fmt::format("new against {}: {}", so_far.base->str(), new_part(so_far)));
  if (so_far.patches_bytes > 0) progress_.message("patches: " + patches_of(so_far));
}

void PublishView::on_registered(const seeder::PublishResult& so_far) {
  release_bytes_ = so_far.index_bytes + so_far.image_bytes + so_far.patches_bytes;
  out_.item("registered", fields_of(so_far));
  auto text = fmt::format("{} is {} {}", so_far.release.str(),
                          so_far.created ? "registered as" : "already registered with this tree as",
                          so_far.release_id->short_hex());
  if (!so_far.channels.empty()) text += "; named by " + channels_of(so_far);
  progress_.message(text);
}

void PublishView::on_seeding(const seeder::SeedingNews& news) {
  row_.note = news.text;
  row_.rate = news.upload_rate;
  row_.total = news.remote > 0 ? release_bytes_ : 0;
  row_.done = news.remote > 0
                  ? static_cast<std::uint64_t>(news.remote * static_cast<double>(release_bytes_))
                  : news.uploaded;
  progress_.update(0, row_);
}

void PublishView::on_note(const std::string& text) {
  progress_.message("note: " + text);
}

void PublishView::show_result(const seeder::PublishResult& result) {
  progress_.finish();
  const auto row = [&](std::string_view name, const std::string& value) {
    out_.line(fmt::format("{:<12}{}", name, value));
  };
  row("release", result.release.str());
  if (result.release_id) {
    row("release id", result.release_id->hex());
    row("registered", result.created ? fmt::format("as number {}", result.sequence)
                                     : fmt::format("already, as number {}", result.sequence));
  } else {
    row("registered", "no, this was a dry run");
  }
  if (!result.channels.empty()) row("channels", channels_of(result));
  row("tree", fmt::format("{} files, {}", result.files, format_size(result.tree_bytes)));
  row("image", fmt::format("{} in {} chunks", format_size(result.image_bytes), result.chunks));
  if (result.base) {
    row("base", result.base->str());
    row("new", new_part(result));
    if (result.patches_bytes > 0) row("patches", patches_of(result));
  }
  row("index", format_size(result.index_bytes));
  if (result.excluded + result.omitted > 0) {
    row("left out",
        fmt::format("{} by pattern, {} external links", result.excluded, result.omitted));
  }
  row("packed in", format_duration(Seconds(result.pack_s)));
  if (!result.ended.empty()) {
    row("seeded", fmt::format("{} in {}: {}", format_size(result.uploaded),
                              format_duration(Seconds(result.seed_s)), result.ended));
  }
  out_.result(fields_of(result));
}

}  // namespace roost::cli
