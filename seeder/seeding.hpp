// A packed release in the swarm, with this process as its origin.
//
// Numbers are of all files together; copies are those of the file of which
// there are fewer, among the connected peers. A file that nobody needs from the
// swarm (a small index travels in the offer) is shared but not counted, nor are
// patches: only nodes that have the base want them, and none has to. Built
// must outlive it, as must the session. Thread-safe once constructed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/guarded.hpp"
#include "core/swarm/session.hpp"
#include "seeder/built.hpp"

namespace roost::seeder {

class Seeding : private swarm::TransferListener {
 public:
  Seeding(swarm::Session& session, const Built& built);
  ~Seeding() override;

  void announce(const std::string& url);

  double copies() const;  // infinite when nothing has to come from the swarm
  std::uint32_t peers() const;
  std::uint64_t uploaded() const;
  std::uint64_t upload_rate() const;

  // A file that can't be read any more: nobody can be served.
  std::optional<Error> failure() const;

 private:
  void on_problem(const swarm::Problem& problem) override;
  const swarm::Transfer& add(swarm::Session& session, const proto::Metainfo& torrent,
                             const std::string& file);

  Guarded<std::optional<Error>> failure_;
  std::vector<std::unique_ptr<swarm::Transfer>> transfers_;
  std::vector<const swarm::Transfer*> counted_;  // of those
};

}  // namespace roost::seeder
