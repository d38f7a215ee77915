/* SPDX-License-Identifier: MIT */
/*
 * check.c - whether this host can run guests at all; for --doctor, and to explain a failed start.
 */
#include "picop.h"
#include <errno.h>
#include <linux/filter.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* In a child: takes a listener as the launcher does. Exit status: errno, 0 for success. */
static int try_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };
	int status;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			      SECCOMP_FILTER_FLAG_NEW_LISTENER |
				      SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			      &prog) < 0
			      ? errno
			      : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EAGAIN;
	return WEXITSTATUS(status);
}

/* Whether we may SEIZE a child: errno, 0 for success. */
static int try_ptrace(void)
{
	int err = 0;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	if (pid < 0)
		return EAGAIN;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		err = errno;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	return err;
}

const char *PicoCheckHost(void)
{
	switch (try_listener()) {
	case 0:
		break;
	case EBUSY:
		return "another seccomp notifier already watches this process (a sandbox, or lxrun "
		       "itself): run lxrun outside of it";
	case ENOSYS:
		return "no seccomp here: already inside lxrun, or a kernel without "
		       "CONFIG_SECCOMP_FILTER; run lxrun on the host";
	case EINVAL:
		return "this kernel lacks seccomp WAIT_KILLABLE_RECV: Linux 5.19 or newer is "
		       "needed";
	case EACCES:
	case EPERM:
		return "seccomp is forbidden here: allow seccomp(2) in the container's profile";
	default:
		return "a seccomp listener cannot be made: see lxrun --doctor";
	}
	if (try_ptrace())
		return "ptrace is forbidden here: allow ptrace(2) in the container's profile, or "
		       "set kernel.yama.ptrace_scope below 2";
	return NULL;
}
