#include "seeder/seeding.hpp"

#include <algorithm>
#include <limits>

#include "core/base/log.hpp"

namespace roost::seeder {

Seeding::Seeding(swarm::Session& session, const Built& built)
    : index_counts_(!built.index_bytes.has_value()) {
  add(session, built.index, built.packed.index_path);
  if (built.image) add(session, *built.image, built.packed.image_path);
}

Seeding::~Seeding() = default;

void Seeding::add(swarm::Session& session, const proto::Metainfo& torrent,
                  const std::string& file) {
  swarm::TransferOptions options;
  options.file = file;
  options.complete = true;
  options.origin = true;
  transfers_.push_back(session.add(torrent.encode(), options, *this));
}

void Seeding::announce(const std::string& url) {
  for (const auto& transfer : transfers_) transfer->announce(url);
}

double Seeding::copies() const {
  double fewest = std::numeric_limits<double>::infinity();
  for (std::size_t i = index_counts_ ? 0 : 1; i < transfers_.size(); ++i) {
    fewest = std::min(fewest, transfers_[i]->distributed_copies());
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
