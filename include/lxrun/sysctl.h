/* SPDX-License-Identifier: MIT */
/*
 * sysctl.h - numbers of /proc/sys that root may change: each is read where it is enforced, at the moment it
 * counts. A write outside its bounds is EINVAL and changes nothing.
 */
#ifndef LXRUN_SYSCTL_H
#define LXRUN_SYSCTL_H
#include <stdint.h>

/* Name, the value at the start, lower and upper bound. */
#define SYSCTLS(X)                                              \
	X(CORE_USES_PID, 0, 0, 1)                               \
	X(DIR_NOTIFY_ENABLE, 1, INT32_MIN, INT32_MAX)           \
	X(INOTIFY_QUEUED_EVENTS, 16384, 0, INT32_MAX)           \
	X(INOTIFY_USER_INSTANCES, 128, 0, INT32_MAX)            \
	X(INOTIFY_USER_WATCHES, 65536, 0, INT32_MAX)            \
	X(LEASE_BREAK_TIME, 45, 0, INT32_MAX)                   \
	X(PIPE_MAX_SIZE, 1048576, 4096, INT64_C(1) << 31)

enum sysctl {
#define SYSCTL_ENUM(name, value, min, max) SYSCTL_##name,
	SYSCTLS(SYSCTL_ENUM)
#undef SYSCTL_ENUM
	SYSCTL_COUNT
};

/* src/fs/sysctl.c */
extern _Atomic int64_t sysctl_values[SYSCTL_COUNT];
/* 0 or -LX_EINVAL. */
int sysctl_set(enum sysctl which, int64_t value);
#endif
