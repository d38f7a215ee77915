/* SPDX-License-Identifier: MIT */
/* host_child.c - programs of the host as children of the supervisor. */
#include "host_proc.h"
#include "host_door.h"
#include "host_sys.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: becomes the program. */
static void become(const char *path, char *const argv[], pid_t parent)
{
	static char *const env[] = { "PATH=/usr/bin:/bin", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		execve(path, argv, env);
	_exit(127);
}

int host_spawn(const char *path, char *const argv[], int *pidfd)
{
	pid_t parent = getpid(), pid;

	if (HOST_DOOR(-1, access(path, X_OK)))
		return -errno;
	pid = HOST_DOOR(-1, fork());
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become(path, argv, parent);
	*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (*pidfd < 0) {
		int err = -errno;

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return err;
	}
	return pid;
}

int host_kill(int pid)
{
	return HOST_DOOR(-1, kill(pid, SIGKILL)) ? -errno : 0;
}

int host_kill_pidfd(int pidfd)
{
	return HOST_DOOR(-1, syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0)) ? -errno : 0;
}

static uint64_t ns_of(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * 1000000000 + (uint64_t)tv->tv_usec * 1000;
}

int host_reap(int pidfd, struct host_usage *usage)
{
	siginfo_t info = { 0 };
	struct rusage ru;

	/* The C library's waitid() has no room for the usage. */
	if (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, &ru))
		return -errno;
	if (usage)
		*usage = (struct host_usage){ .user_ns = ns_of(&ru.ru_utime),
					      .system_ns = ns_of(&ru.ru_stime),
					      .peak_rss = (uint64_t)ru.ru_maxrss << 10,
					      .faults = (uint64_t)(ru.ru_minflt + ru.ru_majflt) };
	return info.si_code == CLD_EXITED ? (info.si_status & 0xFF) << 8 : info.si_status;
}

int host_exit_code(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
