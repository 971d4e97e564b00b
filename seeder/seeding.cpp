#include "seeder/seeding.hpp"

#include <algorithm>
#include <limits>

#include "core/base/log.hpp"

namespace roost::seeder {

Seeding::Seeding(swarm::Session& session, const Built& built) {
  const auto& index = add(session, built.index, built.packed.index_path);
  if (!built.index_bytes) counted_.push_back(&index);
  if (built.image) counted_.push_back(&add(session, *built.image, built.packed.image_path));
  if (built.patches) add(session, *built.patches, built.patches_file->path);
}

Seeding::~Seeding() = default;

const swarm::Transfer& Seeding::add(swarm::Session& session, const proto::Metainfo& torrent,
                                    const std::string& file) {
  swarm::TransferOptions options;
  options.file = file;
  options.complete = true;
  options.origin = true;
  transfers_.push_back(session.add(torrent.encode(), options, *this));
  return *transfers_.back();
}

void Seeding::announce(const std::string& url) {
  for (const auto& transfer : transfers_) transfer->announce(url);
}

double Seeding::copies() const {
  double fewest = std::numeric_limits<double>::infinity();
  for (const auto* transfer : counted_) {
    fewest = std::min(fewest, transfer->distributed_copies());
  }
  return fewest;
}

std::uint32_t Seeding::peers() const {
  std::uint32_t most = 0;
  for (const auto& transfer : transfers_) most = std::max(most, transfer->stats().peers);
  return most;
}

std::uint64_t Seeding::uploaded() const {
  std::uint64_t sum = 0;
  for (const auto& transfer : transfers_) sum += transfer->stats().bytes_uploaded;
  return sum;
}

std::uint64_t Seeding::upload_rate() const {
  std::uint64_t sum = 0;
  for (const auto& transfer : transfers_) sum += transfer->stats().upload_rate;
  return sum;
}

std::optional<Error> Seeding::failure() const {
  return failure_.with([](const auto& failure) { return failure; });
}

void Seeding::on_problem(const swarm::Problem& problem) {
  if (problem.stops()) {
    failure_.with([&](auto& failure) { failure = problem.error; });
  } else {
    log::info("{}", problem.error.what());
  }
}

}  // namespace roost::seeder
