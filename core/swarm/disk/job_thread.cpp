#include <pthread.h>

#include "core/swarm/disk/job_thread.hpp"

#include <iterator>

namespace roost::swarm {
namespace lt = libtorrent;

JobThread::JobThread(lt::io_context& network)
    : network_(network), guard_(std::make_unique<Guard>(lt::make_work_guard(network))) {
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "roost-disk");
}

JobThread::~JobThread() {
  kick();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void JobThread::submit(std::unique_ptr<Job> job) {
  submitted_.push_back(std::move(job));
  ++under_way_;
}

void JobThread::kick() {
  if (submitted_.empty()) return;
  bool idle = false;
  {
    const std::lock_guard lock(mutex_);
    idle = queue_.empty() && !working_;
    std::move(submitted_.begin(), submitted_.end(), std::back_inserter(queue_));
  }
  submitted_.clear();
  if (idle) changed_.notify_one();
}

void JobThread::settle() {
  kick();
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return queue_.empty() && !working_; });
}

void JobThread::close() {
  kick();
  closed_ = true;
  if (under_way_ == 0) guard_.reset();
}

void JobThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::unique_ptr<Job> job = std::move(queue_.front());
    queue_.pop_front();
    working_ = true;
    lock.unlock();
    job->work();
    lock.lock();
    worked_.push_back(std::move(job));
    working_ = false;
    if (queue_.empty()) settled_.notify_all();
    if (posted_) continue;
    posted_ = true;
    lock.unlock();
    tell_network();
    lock.lock();
  }
}

void JobThread::tell_network() {
  lt::post(network_, [this] { finish_all(); });
}

void JobThread::finish_all() {
  std::vector<std::unique_ptr<Job>> worked;
  {
    const std::lock_guard lock(mutex_);
    worked.swap(worked_);
    posted_ = false;
  }
  for (const auto& job : worked) job->finish();
  under_way_ -= worked.size();
  worked.clear();
  kick();
  if (closed_ && under_way_ == 0) guard_.reset();
}

}  // namespace roost::swarm
