#include "seeder/publisher.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/base/units.hpp"
#include "seeder/stopwatch.hpp"

namespace roost::seeder {
namespace {

PublishResult empty_result(const PublishOptions& options) {
  PublishResult result(options.release);
  result.channels = options.channels;
  return result;
}

}  // namespace

Publisher::Publisher(const PublishOptions& options, const crypto::SecretKey* key,
                     PublishObserver& observer, const std::stop_token& stop)
    : options_(options),
      key_(key),
      observer_(observer),
      user_stop_(stop),
      deadline_(Deadline::in(options.timeout)),
      limit_(stop, deadline_),
      tracker_(options.tracker, limit_.token()),
      result_(empty_result(options)),
      work_(options.work_dir) {}

PublishResult Publisher::run() {
  const auto what = "publish " + subject();
  try {
    limit_.within(what, [&] {
      prepare();
      if (!options_.dry_run) commit();
    });
  } catch (const Error& error) {
    if (error.code() != Errc::interrupted) throw;
    throw Error(Errc::interrupted, what + ": stopped; nothing was registered");
  }
  limit_.disarm();
  if (seeding_) options_.seeder ? hand_over() : seed();
  return std::move(result_);
}

void Publisher::prepare() {
  refuse_itself_as_base();
  if (!options_.dry_run || wants_base()) {
    // Listening comes first: a port that is in use should cost no work.
    session_ = std::make_unique<swarm::Session>(options_.swarm);
    known_ = look_up();
  }
  if (options_.seeder) DaemonClient(*options_.seeder, limit_.token()).check();  // before any work
  auto tree = scan();
  if (known_) refuse_other_tree(*known_, tree.bytes, std::nullopt);
  pack(std::move(tree), base());
  if (known_) refuse_other_tree(*known_, result_.tree_bytes, result_.tree_digest);
  observer_.on_packed(result_);
}

std::optional<Publisher::Known> Publisher::look_up() {
  auto summary = tracker_.release(options_.release);
  if (!summary) return std::nullopt;
  auto envelope = tracker_.descriptor(summary->release_id);
  auto descriptor = release::parse_descriptor(envelope.payload);
  return Known{std::move(*summary), std::move(envelope), std::move(descriptor)};
}

void Publisher::refuse_other_tree(const Known& known, std::uint64_t bytes,
                                  const std::optional<Sha256>& digest) const {
  const auto& registered = known.descriptor;
  if (registered.tree_bytes == bytes && (!digest || registered.tree_digest == *digest)) return;
  throw Error(Errc::conflict,
              fmt::format("publish {}: it is registered with another tree ({} files, {})",
                          subject(), registered.files, format_size(registered.tree_bytes)),
              "choose another version: a release never changes");
}

release::Tree Publisher::scan() {
  observer_.on_phase(Phase::scan);
  const Stopwatch watch(result_.scan_s);
  release::ScanOptions options;
  options.excludes = options_.excludes;
  options.external_links = options_.external_links;
  options.stop = limit_.token();
  auto tree = release::scan_tree(options_.path, options);
  result_.excluded = tree.excluded;
  result_.omitted = tree.omitted;
  observer_.on_scanned(tree.files, tree.bytes);
  return tree;
}

release::Packed Publisher::packed(release::Tree tree, const std::optional<Base>& base) {
  observer_.on_phase(Phase::pack);
  const Stopwatch watch(result_.pack_s);
  release::PackOptions options;
  options.base = base ? &base->index : nullptr;
  options.threads = options_.threads;
  options.progress = [this](const release::PackProgress& progress) {
    observer_.on_packing(progress);
  };
  options.stop = limit_.token();
  try {
    return release::pack_tree(std::move(tree), work_.path().string(), options);
  } catch (const Error& error) {
    if (error.code() != Errc::no_space) throw;
    throw Error(error.code(), error.what(), "--work-dir or TMPDIR names a place with more room");
  }
}

void Publisher::pack(release::Tree tree, const std::optional<Base>& base) {
  auto parts = packed(std::move(tree), base);
  auto patched = patches(parts, base);
  const auto& tls = options_.swarm.tls;
  built_ = build(std::move(parts), std::move(patched), options_.release,
                 {options_.hybrid, tls ? tls->ca : std::string()}, limit_.token());

  const auto& done = built_->packed;
  result_.info_hash = built_->info_hash();
  result_.tree_digest = done.index.tree_digest();
  result_.tree_bytes = done.index.tree_bytes();
  result_.files = done.index.files();
  result_.entries = done.index.entries().size();
  result_.chunks = done.index.chunks().size();
  result_.index_bytes = done.index_tree.size;
  result_.image_bytes = done.image_tree.size;
  if (base) {
    base_ = base->name;
    result_.base = base->name.release;
  }
  result_.new_chunks = done.new_chunks;
  result_.new_bytes = done.new_bytes;
  if (built_->patches_file) result_.patches_bytes = built_->patches_file->tree.size;
}

std::string Publisher::followed() const {
  std::string names;
  for (const auto& channel : options_.channels) {
    if (!names.empty()) names += ", ";
    names += release::ChannelRef{options_.release.name, channel}.str();
  }
  return names;
}

Endpoint Publisher::our_address() const {
  return options_.swarm.advertise ? *options_.swarm.advertise : session_->local_endpoint();
}

PublishResult publish(const PublishOptions& options, const crypto::SecretKey& key,
                      PublishObserver& observer, const std::stop_token& stop) {
  return Publisher(options, &key, observer, stop).run();
}

PublishResult publish_dry(const PublishOptions& options, PublishObserver& observer,
                          const std::stop_token& stop) {
  auto dry = options;
  dry.dry_run = true;
  return Publisher(dry, nullptr, observer, stop).run();
}

std::string_view to_text(Phase phase) noexcept {
  switch (phase) {
    case Phase::scan:
      return "scan";
    case Phase::base:
      return "base";
    case Phase::pack:
      return "pack";
    case Phase::patch:
      return "patch";
    case Phase::sign:
      return "sign";
    case Phase::seed:
      break;
  }
  return "seed";
}

}  // namespace roost::seeder
