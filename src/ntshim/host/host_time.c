/* SPDX-License-Identifier: MIT */
/* host_time.c - the host's clocks. */
#include "host_sys.h"
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
