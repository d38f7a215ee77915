/* SPDX-License-Identifier: MIT */
/*
 * launch.c - the first host process of the instance: filter, listener, first exec.
 *
 * It is made by a raw clone with no exit signal, because every later guest is cloned with
 * CLONE_PARENT and inherits that: no host SIGCHLD ever reaches anybody. It shares our descriptor
 * table until its exec, so that the listener it gets from the filter is ours without being sent. It
 * has its own process group, so that terminal signals reach the supervisor alone.
 */
#include "picop.h"
#include "stub/stub_abi.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const char pico_stub_start[], pico_stub_end[];
const char PicoEmptyString[1] = "";

/* What the child leaves behind for us: on a shared page, it cannot make a call to say it. */
struct launch_page {
	_Atomic int Listener; /* -1 not yet; < -1: -errno - 1 */
	_Atomic uint32_t Go;  /* futex: 1 once the child is traced */
};
static struct launch_page *page;

int PicoLaunchListener(void)
{
	return page->Listener;
}

/* What the first guest starts with, if somebody said so; else what the thread that launches it has. */
static sigset_t first_mask;
static bool has_first_mask;

VOID PicoKeepSignalMask(VOID)
{
	has_first_mask = !pthread_sigmask(SIG_SETMASK, NULL, &first_mask);
}

static int make_stub(void)
{
	size_t size = (size_t)(pico_stub_end - pico_stub_start);
	int fd = memfd_create("lxrun-stub", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || write(fd, pico_stub_start, size) != (ssize_t)size)
		return -errno;
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	return fd;
}

/*
 * The engine's three guest descriptors: high, but low enough that copying the table stays cheap. The
 * stub takes its place now: growing the table of a process that has threads already costs the host
 * 10 ms (an RCU grace period).
 */
NTSTATUS PicoLaunchPrepare(void)
{
	struct rlimit r;
	unsigned long top = 4096;

	getrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_max < top)
		top = r.rlim_max;
	Pico.SlotStub = top - 1;
	Pico.SlotProgram = top - 2;
	Pico.SlotInterpreter = top - 3;
	Pico.StubFd = make_stub();
	if (Pico.StubFd < 0 || dup3(Pico.StubFd, (int)Pico.SlotStub, O_CLOEXEC) < 0)
		return STATUS_INSUFFICIENT_RESOURCES;
	return STATUS_SUCCESS;
}

/*
 * The host writes no core files of guests: what is in memory is half the engine's, and they would land in the
 * wrong directory. 1 is the one limit that a pipe in core_pattern honours as well (core(5)).
 */
static const struct rlimit no_core = { 1, 1 };

static __attribute__((noreturn)) void child(const struct sock_fprog *filter, const char *path,
					    char *const argv[], char *const envp[])
{
	long r;

	syscall(SYS_setpgid, 0, 0);
	if (has_first_mask)
		syscall(SYS_rt_sigprocmask, SIG_SETMASK, &first_mask, NULL, 8);
	syscall(SYS_prlimit64, 0, RLIMIT_CORE, &no_core, NULL);
	syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0,
		0); /* until we are traced: EXITKILL then */
	while (!page->Go)
		syscall(SYS_futex, &page->Go, FUTEX_WAIT, 0, NULL, NULL, 0);
	syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0);
	r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		    filter);
	page->Listener = r < 0 ? -errno - 1 : (int)r;
	if (r < 0)
		syscall(SYS_exit_group, 125);
	syscall(SYS_execve, path, argv, envp);
	/* lxcore refused it: instance_resolve() has tried it before, so this is a race we lost */
	for (;;)
		syscall(SYS_exit_group, 126);
}

pid_t PicoLaunch(const char *Path, char *const Argv[], char *const Envp[])
{
	struct sock_fprog filter;
	int err;
	pid_t pid;

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return -ENOMEM;
	page->Listener = -1;
	if (!NT_SUCCESS(PicoBuildFilter(Pico.Provider.Routes, Pico.Provider.RouteCount, &filter)))
		return -EINVAL;
	/* the guest inherits nothing that was not meant for it: only 0, 1, 2 and the stub */
	if (syscall(SYS_close_range, 3, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */))
		lxrun_warn("descriptors above 2 stay open in the guest: %s", strerror(errno));
	if (fcntl((int)Pico.SlotStub, F_SETFD, 0))
		return -errno;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES, 0, 0, 0, 0);
	if (!pid)
		child(&filter, Path, Argv, Envp);
	err = errno;
	if (pid > 0 &&
	    ptrace(PTRACE_SEIZE, pid, 0,
		   PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
			   PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT)) {
		err = errno;
		syscall(SYS_kill, pid, SIGKILL);
		pid = -1;
	}
	if (pid > 0) {
		page->Go = 1;
		syscall(SYS_futex, &page->Go, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	free(filter.filter);
	return pid > 0 ? pid : -err;
}
