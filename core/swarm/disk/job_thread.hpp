// One worker thread that serves libtorrent's network thread: jobs are worked in the
// order of submission, then finished on the network thread in the same order.
//
// Many jobs are told by one wake-up each way. All calls come from the network thread.
// While jobs are under way the io_context is kept running, so that each is finished.
// Private to core/swarm.
#pragma once

#include <utility>

#include <condition_variable>
#include <deque>
#include <libtorrent/io_context.hpp>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace roost::swarm {

class Job {
 public:
  virtual ~Job() = default;
  virtual void work() = 0;    // on the worker
  virtual void finish() = 0;  // on the network thread; may submit more
};

class JobThread {
 public:
  explicit JobThread(libtorrent::io_context& network);
  ~JobThread();  // works what was submitted; what can't be finished any more is dropped

  void submit(std::unique_ptr<Job> job);  // starts with the next kick()
  void kick();

  void settle();  // waits until all jobs submitted so far are worked, though not finished
  void close();   // no job will be submitted any more, except by finish()

 private:
  using Guard = libtorrent::executor_work_guard<libtorrent::io_context::executor_type>;

  void run();
  void tell_network();
  void finish_all();

  libtorrent::io_context& network_;
  std::vector<std::unique_ptr<Job>> submitted_;  // network thread only
  std::size_t under_way_ = 0;                    // likewise
  bool closed_ = false;                          // likewise
  std::unique_ptr<Guard> guard_;                 // likewise; held until closed and idle

  std::mutex mutex_;
  std::condition_variable changed_;  // for the worker
  std::condition_variable settled_;
  std::deque<std::unique_ptr<Job>> queue_;
  std::vector<std::unique_ptr<Job>> worked_;
  bool working_ = false;
  bool posted_ = false;  // finish_all() is on its way
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace roost::swarm
