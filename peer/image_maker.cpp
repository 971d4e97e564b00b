#include "peer/image_maker.hpp"

#include <sys/resource.h>

#include <algorithm>

#include "core/base/log.hpp"
#include "peer/index_file.hpp"
#include "peer/reuse.hpp"

namespace roost::peer {
namespace {

using namespace std::chrono_literals;
using File = store::Image::File;

constexpr auto kTend = 1s;
constexpr auto kRetry = 30s;  // of a swarm that could not be joined, or that an error stopped

// On Linux a thread has a nice value of its own, which threads that it starts inherit
// (setpriority(2), "C library/kernel differences").
void lower_priority() {
  ::setpriority(PRIO_PROCESS, 0, std::min(::getpriority(PRIO_PROCESS, 0) + 10, 19));
}

const release::ReleaseRef& name_of(const Holding& holding) {
  return holding.offer().descriptor().release;
}

// What images of other releases and patches give.
release::Filled fill(const store::Root& root, Holding& holding, const std::stop_token& stop) {
  const auto& files = holding.files();
  const auto& release = holding.offer().descriptor();
  const auto index = read_index(files, release);
  const bool patches = release.patches && files.has(File::patches, *release.patches);
  Reuse reuse(root, holding.offer(), index, files, patches ? Patches::here : Patches::none,
              holding.have());
  auto filled = reuse.fill(stop);
  holding.note_reused(reuse.from());
  return filled;
}

}  // namespace

ImageMaker::ImageMaker(const store::Root& root)
    : root_(root), thread_([this](const std::stop_token& stop) { work(stop); }) {}

ImageMaker::~ImageMaker() = default;

void ImageMaker::on_whole(std::function<void()> listener) {
  const std::lock_guard lock(telling_);
  on_whole_ = std::move(listener);
}

void ImageMaker::add(std::shared_ptr<Holding> holding) {
  if (holding->is_whole()) return;
  const std::lock_guard lock(mutex_);
  const auto& id = holding->offer().id();
  const auto here = [&](const Item& item) { return item.holding->offer().id() == id; };
  if (making_ == id || std::ranges::any_of(to_make_, here) ||
      std::ranges::any_of(unfinished_, here)) {
    return;
  }
  to_make_.push_back({std::move(holding)});
  changed_.notify_all();
}

void ImageMaker::drop(const release::ReleaseId& id) {
  std::deque<Item> dropped;  // ours may be the last owner, which ends outside the lock
  std::unique_lock lock(mutex_);
  for (auto* const items : {&to_make_, &unfinished_}) {
    for (auto& item : *items) {
      if (item.holding->offer().id() == id) dropped.push_back(std::move(item));
    }
    std::erase_if(*items, [](const Item& item) { return !item.holding; });
  }
  if (making_ == id) drop_making_.request_stop();
  changed_.notify_all();
  changed_.wait(lock, [&] { return making_ != id; });
}

bool ImageMaker::await_made(const release::ReleaseId& id, Deadline deadline,
                            const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto waits = [&](const Item& item) {
    return item.due == Monotonic{} && item.holding->offer().id() == id;
  };
  const auto at = std::ranges::find_if(to_make_, waits);
  if (at != to_make_.end()) std::rotate(to_make_.begin(), at, at + 1);
  return changed_.wait_until(lock, stop, deadline.when(), [&] {
    return making_ != id && std::ranges::none_of(to_make_, waits);
  });
}

void ImageMaker::work(const std::stop_token& stop) {
  lower_priority();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    make_next(lock, stop);
    const auto before = unfinished_.size();
    std::erase_if(unfinished_, [](Item& item) { return tend(item); });
    if (unfinished_.size() < before) {
      lock.unlock();
      tell();
      lock.lock();
    }
    const auto fresh = [](const Item& item) { return item.due == Monotonic{}; };
    const auto wake = [&] { return std::ranges::any_of(to_make_, fresh); };
    if (to_make_.empty() && unfinished_.empty()) {
      changed_.wait(lock, stop, wake);
    } else {
      changed_.wait_for(lock, stop, kTend, wake);
    }
  }
  for (auto& item : unfinished_) note(item);  // what came since the last look
}

// Makes the first that is due, without the lock.
void ImageMaker::make_next(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const auto now = std::chrono::steady_clock::now();
  const auto due = std::ranges::find_if(to_make_, [&](const Item& i) { return i.due <= now; });
  if (due == to_make_.end()) return;
  auto item = std::move(*due);
  to_make_.erase(due);
  making_ = item.holding->offer().id();
  std::stop_source either;
  drop_making_ = either;
  const std::stop_callback stopped(stop, [&] { either.request_stop(); });
  lock.unlock();
  const bool joined = make(item, either.get_token());
  lock.lock();
  making_.reset();
  if (!either.stop_requested()) (joined ? unfinished_ : to_make_).push_back(std::move(item));
  changed_.notify_all();
}

void ImageMaker::tell() {
  const std::lock_guard lock(telling_);
  if (on_whole_) on_whole_();
}

// False: its swarm could not be joined, and is to be tried again.
bool ImageMaker::make(Item& item, const std::stop_token& stop) {
  auto& holding = *item.holding;
  try {
    if (!holding.image_joined()) {
      release::Filled filled{.have = holding.have(), .unfinished = {}, .from = {}};
      try {
        filled = fill(root_, holding, stop);
      } catch (const Error& error) {
        if (stop.stop_requested()) return false;
        log::warn("{}: its image is fetched, not made: {}", name_of(holding).str(), error.what());
      }
      holding.join_image(std::move(filled));
    }
  } catch (const std::exception& error) {
    log::warn("{}: its image is not shared: {}", name_of(holding).str(), error.what());
    item.due = std::chrono::steady_clock::now() + kRetry;
    return false;
  }
  item.need.emplace(std::chrono::steady_clock::now());
  return true;
}

// Saves which pieces came. False when that failed, and is to be tried again later.
bool ImageMaker::note(Item& item) {
  try {
    const auto have = item.holding->have();
    if (const auto pieces = std::ranges::count(have, true); pieces != item.saved) {
      item.holding->save_have();
      item.saved = pieces;
    }
    return true;
  } catch (const std::exception& error) {
    log::warn("{}: its image is not noted: {}", name_of(*item.holding).str(), error.what());
    item.due = std::chrono::steady_clock::now() + kRetry;
    return false;
  }
}

// True when it is whole, and that is noted.
bool ImageMaker::tend(Item& item) {
  auto& holding = *item.holding;
  const auto now = std::chrono::steady_clock::now();
  if (now < item.due || !note(item)) return false;
  if (holding.is_whole()) return true;
  holding.heal_links(*item.need);
  if (now >= item.resume) {
    item.resume = now + kRetry;
    holding.resume();
  }
  return false;
}

}  // namespace roost::peer
