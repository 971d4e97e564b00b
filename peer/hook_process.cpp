#include "peer/hook_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace roost::peer {
namespace {

constexpr int kChangesFd = 3;
constexpr int kLowestOfOurs = 10;  // so that dup2 onto 0 to 3 can't hit what is still needed
constexpr rlim_t kOpenFiles = 1024;

enum class Step : int { session, files, limits, user, directory, execute };

struct Failure {
  Step step = Step::execute;
  int code = 0;
};

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

UniqueFd moved_up(int fd, const char* what) {
  const UniqueFd low(fd);
  UniqueFd high(low ? ::fcntl(low.get(), F_DUPFD_CLOEXEC, kLowestOfOurs) : -1);
  if (!high) throw_errno(what);
  return high;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

// The reading end does not block; a writer may.
Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("make a pipe");
  Pipe pipe{moved_up(ends[0], "make a pipe"), moved_up(ends[1], "make a pipe")};
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) throw_errno("make a pipe");
  return pipe;
}

UniqueFd in_memory(std::string_view text) {
  auto file = moved_up(::memfd_create("roost-changes", MFD_CLOEXEC | MFD_ALLOW_SEALING),
                       "make a memory file");
  while (!text.empty()) {
    const ssize_t n = ::write(file.get(), text.data(), text.size());
    if (n < 0) throw_errno("write a memory file");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
  return file;
}

// Nothing when it is the user that we are.
std::optional<User> find_user(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  errno = 0;
  const passwd* entry = ::getpwnam(name->c_str());
  if (entry == nullptr) {
    if (errno != 0 && errno != ENOENT) throw_errno("find user '" + *name + "'");
    throw Error(Errc::not_found, "find user '" + *name + "': no such user on this machine");
  }
  if (entry->pw_uid == ::geteuid()) return std::nullopt;
  User user{entry->pw_uid, entry->pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(user.groups.size());
  if (::getgrouplist(name->c_str(), user.gid, user.groups.data(), &count) < 0) {
    user.groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(name->c_str(), user.gid, user.groups.data(), &count);
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// All that the new process needs, so that nothing is allocated between fork and execve.
struct Start {
  std::vector<char*> argv;
  std::vector<char*> env;
  const char* cwd = nullptr;
  std::optional<User> user;
  UniqueFd null, changes, output, report;

  [[noreturn]] void become_hook() const noexcept;

 private:
  void need(bool done, Step step) const noexcept {
    if (done) return;
    const Failure failure{step, errno};
    if (::write(report.get(), &failure, sizeof failure) < 0) ::_exit(kHookUnsupervised);
    ::_exit(kHookNotFound);
  }
  void take_files() const noexcept;
  void take_user() const noexcept;
};

void default_signals() noexcept {
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void Start::take_files() const noexcept {
  need(::dup2(null.get(), STDIN_FILENO) >= 0, Step::files);
  need(::dup2(output.get(), STDOUT_FILENO) >= 0, Step::files);
  need(::dup2(output.get(), STDERR_FILENO) >= 0, Step::files);
  need(::dup2(changes.get(), kChangesFd) >= 0, Step::files);
  const auto kept = static_cast<unsigned>(report.get());
  need(::close_range(kChangesFd + 1, kept - 1, 0) == 0, Step::files);
  need(::close_range(kept + 1, UINT_MAX, 0) == 0, Step::files);
}

void Start::take_user() const noexcept {
  if (!user) return;
  need(::setgroups(user->groups.size(), user->groups.data()) == 0, Step::user);
  need(::setresgid(user->gid, user->gid, user->gid) == 0, Step::user);
  need(::setresuid(user->uid, user->uid, user->uid) == 0, Step::user);
  need(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, Step::user);
}

bool lower_limits() noexcept {
  const rlimit none{0, 0};
  rlimit files{};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  files.rlim_cur = std::min({files.rlim_cur, files.rlim_max, kOpenFiles});
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0;
}

void Start::become_hook() const noexcept {
  need(::setsid() >= 0, Step::session);
  take_files();
  need(lower_limits(), Step::limits);
  take_user();
  ::umask(022);
  need(::chdir(cwd) == 0, Step::directory);
  default_signals();
  ::execve(argv.front(), argv.data(), env.data());
  need(false, Step::execute);
  ::_exit(kHookNotFound);
}

}  // namespace

HookProcess::HookProcess(const HookJob& job)
    : program_(job.argv.at(0)), cwd_(job.cwd), user_(job.user.value_or("")) {
  auto arguments = job.argv;
  std::vector<std::string> environment;
  for (const auto& [name, value] : job.env)
    environment.emplace_back(name).append("=").append(value);
  Pipe output = make_pipe();
  Pipe report = make_pipe();
  const Start start{pointers(arguments),
                    pointers(environment),
                    cwd_.c_str(),
                    find_user(job.user),
                    moved_up(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null"),
                    in_memory(job.changes),
                    std::move(output.write),
                    std::move(report.write)};
  pid_ = ::fork();
  if (pid_ < 0) throw_errno("start " + program_);
  if (pid_ == 0) start.become_hook();
  output_ = std::move(output.read);
  report_ = std::move(report.read);
}

void HookProcess::explain(HookOutcome& outcome) const {
  Failure failure;
  if (::read(report_.get(), &failure, sizeof failure) != sizeof failure) return;
  const bool missing = failure.code == ENOENT || failure.code == ENOTDIR;
  outcome.status = missing ? kHookNotFound : kHookNotRunnable;
  const std::string cause = std::string(": ") + std::strerror(failure.code);
  switch (failure.step) {
    case Step::user:
      outcome.error = "run it as user '" + user_ + "'" + cause;
      return;
    case Step::directory:
      outcome.error = "enter " + cwd_ + cause;
      return;
    case Step::execute:
      outcome.error = "execute " + program_ + cause;
      return;
    default:
      outcome.error = "prepare " + program_ + cause;
      return;
  }
}

}  // namespace roost::peer
