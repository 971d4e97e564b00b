// What one transfer knows, shared by libtorrent's network thread (which writes
// it through the plug-in), the swarm thread (which tells the listener) and the
// callers of Transfer (who read it). Private to core/swarm.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/guarded.hpp"
#include "core/swarm/availability.hpp"
#include "core/swarm/transfer.hpp"
#include "core/swarm/waiting.hpp"

namespace roost::swarm {

struct SharedState;

// Distinguishes processes, so that two connections between one pair are noticed.
using SessionId = std::array<std::uint8_t, 16>;

// One connection, as the plug-in sees it.
struct Link {
  Endpoint socket;  // the remote end of the connection
  Endpoint remote;  // where it was dialled, or where an incoming one says that it listens
  std::string node;
  bool ready = false;  // hand-shakes done
  bool origin = false;
  bool near = false;         // in our zone
  bool understands = false;  // speaks Roost's extension
  bool hidden = false;       // an origin that shows us only what it reveals
  bool choked = true;
  Bitmap shown;  // what it lets us see
  Bitmap held;   // what it really has, as far as known
  std::uint32_t held_count = 0;
  std::uint64_t bytes_from = 0;
  std::uint64_t bytes_to = 0;
};

// Who sent part of a piece. Neither known: it was in the file before.
struct Sender {
  Endpoint endpoint;
  std::optional<SessionId> session;
  auto operator<=>(const Sender&) const = default;
};

// A piece of which blocks have come.
struct Making {
  std::vector<Sender> senders;  // an empty one: the file held blocks before
  Bitmap blocks;                // here, by number; those at the end may be left out

  void add(std::uint32_t block, const Sender& sender);
};

// Which links are busy, and for how long they have been.
struct Occupied {
  Occupancy origins, peers;  // we have asked, and wait
  Occupancy askers;          // they have asked, and wait
};

struct Progress {
  Bitmap have;
  Bitmap wanted;  // empty: all
  std::uint32_t have_count = 0;
  std::uint32_t lacking = 0;  // pieces that are wanted and not here
  std::uint32_t failed_pieces = 0;
  std::vector<Sender> liars;  // alone sent a piece that failed its hash
  std::map<const void*, Link> links;
  Availability shown;
  Availability held;
  bool completed = false;  // told the listener
  bool paused = false;
  std::string stopped_by;         // the problem that stopped it
  std::string tracker_words;      // what was last reported of the tracker
  bool tracker_answered = false;  // the last announce that came to an end
  std::string refusal;            // the last link that a certificate ended, until another lives
  std::set<int> refusals;         // kinds of it that were reported

  bool lacks(std::uint32_t piece) const {
    return !have[piece] && (wanted.empty() || wanted[piece]);
  }
  Bitmap missing() const;  // what it lacks
};

enum class EventKind { piece, complete };

struct Event {
  std::shared_ptr<SharedState> transfer;
  EventKind kind;
  std::uint32_t piece;
};

// Facts on their way from the network thread to the swarm thread. Never drops
// one, unlike libtorrent's alert queue.
class EventQueue {
 public:
  void push(Event event);
  void wake();  // alerts are waiting, or close() was called
  void close();

  // Waits for events or a wake-up; false after close().
  bool wait(std::deque<Event>& events);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
  bool woken_ = false;
  bool closed_ = false;
};

struct SharedState {
  // blocks, blocks_of_last: how many 16 KiB blocks a piece has, and how many the last one.
  SharedState(std::uint32_t piece_count, std::uint32_t blocks, std::uint32_t blocks_of_last,
              std::string file_name, Bitmap initial, Bitmap wanted);

  std::uint32_t blocks_in(std::uint32_t piece) const noexcept {
    return piece + 1 == pieces ? last_piece_blocks : piece_blocks;
  }

  const std::uint32_t pieces, piece_blocks, last_piece_blocks;
  const std::string file;  // for messages
  std::atomic<std::uint64_t> bytes_origin{0};
  std::atomic<std::uint64_t> bytes_peers{0};
  std::atomic<std::uint64_t> bytes_uploaded{0};
  std::atomic<std::int64_t> last_block{0};        // monotonic ns; 0: none yet
  std::atomic<std::int64_t> redundant_before{0};  // bytes, before the last restart
  std::atomic<std::int64_t> failed_before{0};     // likewise
  std::atomic<int> network_thread{0};             // gettid(2)
  Guarded<Progress> progress;
  Guarded<Occupied> occupied;

  // Runs f(listener) unless the transfer was closed; closing waits for it to return.
  template <class F>
  void tell(F&& f) {
    const std::lock_guard lock(telling_);
    if (listener_ != nullptr) f(*listener_);
  }
  void open(TransferListener& listener);
  void close();

 private:
  std::mutex telling_;
  TransferListener* listener_ = nullptr;
};

}  // namespace roost::swarm
