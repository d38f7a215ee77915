/* SPDX-License-Identifier: MIT */
/* Ending as the guest ended, so that a shell sees what it would have seen without lxrun. */
#include "cli.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The guest's core, if any, is not ours to write a second time. */
static void die_of(int sig)
{
	struct rlimit none = { 0, 0 };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t set;

	setrlimit(RLIMIT_CORE, &none);
	sigaction(sig, &dfl, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	kill(getpid(), sig);
}

_Noreturn void exit_as(int wait_status)
{
	if (!WIFSIGNALED(wait_status))
		exit(WEXITSTATUS(wait_status));
	fflush(NULL);
	die_of(WTERMSIG(wait_status));
	_exit(128 + WTERMSIG(wait_status));
}
