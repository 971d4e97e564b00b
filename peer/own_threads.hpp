// What this process's threads do, as the kernel accounts for it: who had work and a CPU or
// wanted one, and who waits for a disk.
//
// look() reads a few hundred bytes of /proc a thread, from descriptors that stay open. One
// thread. Where /proc says nothing, nobody is busy. Source: proc(5), sched-stats.rst.
#pragma once

#include <map>
#include <string>

#include "core/base/deadline.hpp"
#include "core/base/fd.hpp"

namespace roost::peer {

struct ThreadUse {
  std::string name;
  double busy = 0;  // share of the time since the last look that it ran or wanted to
};

class OwnThreads {
 public:
  // By thread id; threads that are new since the last look are only noted.
  std::map<int, ThreadUse> look(Monotonic now);

  // In uninterruptible sleep now and when last asked. Dearer than a look.
  bool blocked(int id);

 private:
  struct Thread {
    UniqueFd schedstat, stat;
    std::string name;
    double busy_ns = 0;
    bool blocked = false;
    bool seen = false;
  };

  void find_new();

  std::map<int, Thread> threads_;
  Monotonic last_{};
  Monotonic listed_{};
};

}  // namespace roost::peer
