/* SPDX-License-Identifier: MIT */
/* host_proc.h - what the host's /proc says about a process or thread. Results: host_sys.h; -ESRCH: gone. */
#ifndef HOST_PROC_H
#define HOST_PROC_H
#include <stdbool.h>
#include <stdint.h>

struct host_times {
	int64_t start_ns; /* CLOCK_BOOTTIME */
	int64_t user_ns, system_ns;
	uint64_t minor_faults, major_faults;
};
/* tid 0: the whole process. */
int host_proc_times(int pid, int tid, struct host_times *times);

/* CPU time of one thread, in nanoseconds. */
int64_t host_proc_run_ns(int pid, int tid);

int host_set_nice(int tid, int nice);

/* Bytes. */
struct host_vm {
	uint64_t peak_size, size, peak_rss, rss, anon, data, swap;
};
int host_proc_vm(int pid, struct host_vm *vm);

/* Bit n-1 = signal n. */
struct host_signals {
	uint64_t pending, group_pending, blocked, ignored, caught;
};
int host_proc_signals(int tid, struct host_signals *signals);

struct host_map {
	uint64_t start, end, offset, inode;
	unsigned major, minor;
	char protect[5];
	const char *path; /* "" if none; valid during the call */
};
/* Calls each() per mapping in address order until it returns false. */
int host_proc_maps(int pid, bool (*each)(void *context, const struct host_map *map), void *context);

/* The call of the host that a thread sleeps in. -EAGAIN: it runs, or is stopped outside of one. */
int host_proc_call(int pid, int tid, uint32_t *number, uint64_t args[6]);

/* ---- children of the supervisor (host_child.c) ---- */
/* Runs a program that dies with the supervisor; all signals at their defaults. Its pid, and a pidfd. */
int host_spawn(const char *path, char *const argv[], int *pidfd);
int host_kill(int pid); /* SIGKILL */
int host_kill_pidfd(int pidfd);
struct host_usage {
	uint64_t user_ns, system_ns, peak_rss, faults;
};
/* Waits for the end of a child that is about to end. Its wait status, or -errno. usage may be NULL. */
int host_reap(int pidfd, struct host_usage *usage);
/* What a shell calls the status: the code of exit(2), or 128 and the number of the signal. */
int host_exit_code(int wait_status);
#endif
