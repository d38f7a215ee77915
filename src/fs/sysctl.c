/* SPDX-License-Identifier: MIT */
/* sysctl.c - the changeable numbers of /proc/sys: src/fs/procfs/proc_sys.c shows them. */
#include "lxrun/sysctl.h"
#include "lx/errno.h"

_Atomic int64_t sysctl_values[SYSCTL_COUNT] = {
#define SYSCTL_VALUE(name, value, min, max) [SYSCTL_##name] = (value),
	SYSCTLS(SYSCTL_VALUE)
};

static const struct {
	int64_t min, max;
} bounds[SYSCTL_COUNT] = {
#define SYSCTL_BOUNDS(name, value, min, max) [SYSCTL_##name] = { (min), (max) },
	SYSCTLS(SYSCTL_BOUNDS)
};

int sysctl_set(enum sysctl which, int64_t value)
{
	if (value < bounds[which].min || value > bounds[which].max)
		return -LX_EINVAL;
	sysctl_values[which] = value;
	return 0;
}
