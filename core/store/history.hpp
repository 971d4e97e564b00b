// apps/NAME/history.log: what became of each switch, for people; one JSON object a line.
//
// Bounded: at 256 KiB it is cut to its last 200 events. The transaction file is what
// counts, so nothing here is synced, and a torn or foreign line is skipped. append()
// under the root's lock; read_history() beside a writer. Errors as Fs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/store/root.hpp"

namespace roost::store {

struct Event {
  std::int64_t time = 0;  // seconds since the epoch
  std::uint64_t transaction = 0;
  std::string phase;
  std::string from, to;  // release directory names; empty: none
  std::string reason;    // of reasons.hpp; empty when all went well
  std::int32_t exit = 0;
};

void append(const App& app, const Event& event);

// The newest `limit` events, oldest first.
std::vector<Event> read_history(const App& app, std::size_t limit);

}  // namespace roost::store
