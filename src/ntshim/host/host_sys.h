/* SPDX-License-Identifier: MIT */
/*
 * host_sys.h - what the rest of ntshim needs of the host: status mapping, futexes, threads, clocks.
 *
 * Every host_* function that can fail answers as the kernel does: a value >= 0, or -errno. The
 * managers turn that into an NTSTATUS with host_status(), and nowhere else does an errno become one.
 */
#ifndef HOST_SYS_H
#define HOST_SYS_H
#include "nt/nt.h"
#include <stdbool.h>
#include <stdint.h>

/* The one table errno -> NTSTATUS. err may have either sign; 0 is STATUS_SUCCESS. */
NTSTATUS host_status(int err);

/* ---- futexes ---- */
#define HOST_FOREVER INT64_MAX
struct host_deadline {
	int64_t ns;    /* absolute; HOST_FOREVER: none */
	bool realtime; /* CLOCK_REALTIME (follows clock steps) instead of CLOCK_MONOTONIC */
};
/*
 * Sleeps while *word == expected, at most until deadline (NULL: for ever). 0: woken, or the word had
 * changed, or for no reason at all; -ETIMEDOUT. The caller looks at *word again.
 */
int host_futex_wait(_Atomic uint32_t *word, uint32_t expected,
		    const struct host_deadline *deadline);
/* Wakes at most count sleepers. The word may be gone already: only its address is used. */
void host_futex_wake(_Atomic uint32_t *word, int count);

/* ---- threads ---- */
/* Starts a detached thread with all signals blocked that are not faults. Name: at most 15 bytes. */
int host_thread_start(const char *name, void (*routine)(void *), void *arg);
/* The calling thread runs routine(arg) when it ends. One routine per thread: a second call replaces it. */
int host_thread_at_exit(void (*routine)(void *), void *arg);
/* Ends the calling thread, which was started as a thread. */
_Noreturn void host_thread_exit(void);
int host_gettid(void);
int host_getpid(void);
void host_yield(void);

/* ---- descriptors ---- */
void host_close(int fd); /* fd < 0: nothing */
int host_dup(int fd);    /* close-on-exec */

/* ---- clocks (host_time.c) ---- */
int64_t host_monotonic_ns(void);
int64_t host_realtime_ns(void);
int64_t host_boottime_ns(void);
/* CPU time of a process. -ESRCH. Of a thread: host_proc_run_ns(). */
int64_t host_process_cpu_ns(int pid);
#endif
