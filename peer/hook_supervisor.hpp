// The process that stands between a daemon and one hook, so that nothing of the hook
// survives: `roost hook-supervisor`, job on stdin, outcome on stdout.
//
// It is two processes, both child subreapers: a worker that runs the hook, ends it at
// its deadline and reaps all that comes of it, and a guard that does nothing but end
// the rest should the worker be killed or stopped. The worker ends everything at once
// when the guard or the reader of stdout is gone, and with the usual grace on SIGTERM.
// So killing any one of daemon, guard and worker leaves no process behind. Descendants
// are found by kinship (a daemon that called setsid is still ours), never by waiting
// for the end of their output. prctl(2) PR_SET_CHILD_SUBREAPER, proc_pid_task_children(5).
#pragma once

namespace roost::peer {

// All of the program, called before it has another thread: forks. Returns the status to
// exit with, 0 when an outcome was written. Throws Error when the job can't be read.
int run_hook_supervisor();

}  // namespace roost::peer
