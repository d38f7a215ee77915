/* SPDX-License-Identifier: MIT */
/*
 * sched.h - scheduling attributes of a task: policy, priorities, affinity. lxcore checks, keeps, inherits
 * and shows them; which guest runs when is the host scheduler's (docs/host-assistance.md).
 */
#ifndef LXRUN_SCHED_H
#define LXRUN_SCHED_H
#include "lx/types.h"
#include <stdbool.h>

struct task;

enum { LX_SCHED_OTHER, LX_SCHED_FIFO, LX_SCHED_RR, LX_SCHED_BATCH, LX_SCHED_IDLE = 5, LX_SCHED_DEADLINE };
#define LX_SCHED_RESET_ON_FORK 0x40000000
#define LX_SCHED_PRIO_FIRST 1
#define LX_SCHED_PRIO_LAST  99
#define LX_SCHED_RR_SLICE_MS 100

struct lx_sched_attr {
	uint32_t size, policy;
	uint64_t flags; /* LX_SCHED_FLAG_* */
	int32_t  nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};
_Static_assert(sizeof(struct lx_sched_attr) == 56, "struct sched_attr, version 1");
#define LX_SCHED_ATTR_SIZE_VER0 48u
#define LX_SCHED_FLAG_RESET_ON_FORK 0x01u
#define LX_SCHED_FLAG_RECLAIM       0x02u
#define LX_SCHED_FLAG_DL_OVERRUN    0x04u
#define LX_SCHED_FLAG_KEEP_POLICY   0x08u
#define LX_SCHED_FLAG_KEEP_PARAMS   0x10u
#define LX_SCHED_FLAG_UTIL_CLAMP    0x60u
#define LX_SCHED_FLAG_ALL           0x7fu

/* A task's own; its lock guards it. Zeroes are a new ordinary task. */
struct task_sched {
	int      policy, priority, nice, ioprio;
	bool     reset_on_fork;
	uint64_t runtime, deadline, period; /* LX_SCHED_DEADLINE */
	uint64_t affinity;                  /* 0: all processors */
};
/* What a child of a task with s begins with. */
struct task_sched sched_for_child(const struct task_sched *s);

/*
 * pid 0: the caller; any thread's number, and /init's. 0 or -LX_ESRCH, -LX_EINVAL (values that do not go
 * together), -LX_EPERM (sched(7), "Privileges and resource limits").
 */
int task_sched_get(struct task *t, int pid, struct task_sched *out);
int task_sched_set(struct task *t, int pid, const struct lx_sched_attr *attr);
/* mask is not empty. -LX_ESRCH, -LX_EPERM. */
int task_set_affinity(struct task *t, int pid, uint64_t mask);
#endif
