#include "core/swarm/shared_state.hpp"

#include <algorithm>

namespace roost::swarm {

void EventQueue::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  changed_.notify_one();
}

void EventQueue::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void EventQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

bool EventQueue::wait(std::deque<Event>& events) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || woken_ || !events_.empty(); });
  woken_ = false;
  events.swap(events_);
  return !closed_;
}

void Making::add(std::uint32_t block, const Sender& sender) {
  if (std::find(senders.begin(), senders.end(), sender) == senders.end()) {
    senders.push_back(sender);
  }
  if (blocks.size() <= block) blocks.resize(block + 1, false);
  blocks[block] = true;
}

Bitmap Progress::missing() const {
  Bitmap out(have.size(), false);
  for (std::uint32_t piece = 0; piece < out.size(); ++piece) out[piece] = lacks(piece);
  return out;
}

SharedState::SharedState(std::uint32_t piece_count, std::uint32_t blocks,
                         std::uint32_t blocks_of_last, std::string file_name, Bitmap initial,
                         Bitmap wanted)
    : pieces(piece_count),
      piece_blocks(blocks),
      last_piece_blocks(blocks_of_last),
      file(std::move(file_name)) {
  progress.with([&](Progress& p) {
    p.have = std::move(initial);
    p.have.resize(pieces, false);
    p.have_count = static_cast<std::uint32_t>(std::count(p.have.begin(), p.have.end(), true));
    p.wanted = std::move(wanted);
    for (std::uint32_t piece = 0; piece < pieces; ++piece) p.lacking += p.lacks(piece) ? 1 : 0;
    p.shown = Availability(pieces);
    p.held = Availability(pieces);
  });
}

void SharedState::open(TransferListener& listener) {
  const std::lock_guard lock(telling_);
  listener_ = &listener;
}

void SharedState::close() {
  const std::lock_guard lock(telling_);
  listener_ = nullptr;
}

}  // namespace roost::swarm
