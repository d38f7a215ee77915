/* SPDX-License-Identifier: MIT */
/* host_time.c - the host's clocks. */
#include "host_sys.h"
#include <errno.h>
#include <time.h>

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t host_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t host_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

int64_t host_boottime_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

/* The kernel's dynamic clock ids: the inverted number, and what of it (clock_getcpuclockid(3)). */
int64_t host_process_cpu_ns(int pid)
{
	clockid_t clock = (clockid_t)(~(unsigned)pid << 3 | 2u);
	struct timespec ts;

	return clock_gettime(clock, &ts) ? -ESRCH : ts.tv_sec * 1000000000LL + ts.tv_nsec;
}
