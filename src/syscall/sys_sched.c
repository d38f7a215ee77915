/* SPDX-License-Identifier: MIT */
/* sys_sched.c - scheduling calls. Rules are in src/task/sched.c and priority.c. */
#include "lxrun/sched.h"
#include "lxrun/guestmem.h"
#include "lxrun/process.h"
#include <string.h>

int64_t sys_getpriority(struct task *t, const struct sc_args *a)
{
	return task_getpriority(t, SC_I32(a, 0), SC_I32(a, 1));
}

int64_t sys_setpriority(struct task *t, const struct sc_args *a)
{
	return task_setpriority(t, SC_I32(a, 0), SC_I32(a, 1), SC_I32(a, 2));
}

int64_t sys_ioprio_get(struct task *t, const struct sc_args *a)
{
	return task_ioprio_get(t, SC_I32(a, 0), SC_I32(a, 1));
}

int64_t sys_ioprio_set(struct task *t, const struct sc_args *a)
{
	return task_ioprio_set(t, SC_I32(a, 0), SC_I32(a, 1), SC_I32(a, 2));
}

static bool is_realtime(int policy)
{
	return policy == LX_SCHED_FIFO || policy == LX_SCHED_RR;
}

static int64_t priority_bound(int policy, int realtime)
{
	if (is_realtime(policy))
		return realtime;
	return policy == LX_SCHED_OTHER || policy == LX_SCHED_BATCH || policy == LX_SCHED_IDLE ||
			       policy == LX_SCHED_DEADLINE
		       ? 0
		       : -LX_EINVAL;
}

int64_t sys_sched_get_priority_max(struct task *t, const struct sc_args *a)
{
	return priority_bound(SC_I32(a, 0), LX_SCHED_PRIO_LAST);
}

int64_t sys_sched_get_priority_min(struct task *t, const struct sc_args *a)
{
	return priority_bound(SC_I32(a, 0), LX_SCHED_PRIO_FIRST);
}

/* ---- policy and priority ---- */

static int get(struct task *t, int pid, struct task_sched *s)
{
	return pid < 0 ? -LX_EINVAL : task_sched_get(t, pid, s);
}

int64_t sys_sched_getscheduler(struct task *t, const struct sc_args *a)
{
	struct task_sched s;
	int err = get(t, SC_I32(a, 0), &s);

	return err ? err : s.policy | (s.reset_on_fork ? LX_SCHED_RESET_ON_FORK : 0);
}

int64_t sys_sched_getparam(struct task *t, const struct sc_args *a)
{
	struct task_sched s;
	int32_t priority;
	int err = SC_U64(a, 1) ? get(t, SC_I32(a, 0), &s) : -LX_EINVAL;

	if (err)
		return err;
	priority = is_realtime(s.policy) ? s.priority : 0;
	return guest_copyout(t, SC_GPTR(a, 1), &priority, sizeof(priority));
}

/* A struct sched_param; attr has policy and flags. Nice values stay as they are. */
static int64_t set_param(struct task *t, int pid, gaddr_t param, struct lx_sched_attr *attr)
{
	struct task_sched now;
	int32_t priority;
	int err;

	if (pid < 0 || gaddr_null(param))
		return -LX_EINVAL;
	if (guest_copyin(t, &priority, param, sizeof(priority)))
		return -LX_EFAULT;
	err = task_sched_get(t, pid, &now);
	if (err)
		return err;
	attr->priority = (uint32_t)priority;
	attr->nice = now.nice;
	return task_sched_set(t, pid, attr);
}

int64_t sys_sched_setscheduler(struct task *t, const struct sc_args *a)
{
	int policy = SC_I32(a, 1);
	struct lx_sched_attr attr = { .policy = (uint32_t)policy & ~LX_SCHED_RESET_ON_FORK };

	if (policy < 0)
		return -LX_EINVAL;
	if (policy & LX_SCHED_RESET_ON_FORK)
		attr.flags = LX_SCHED_FLAG_RESET_ON_FORK;
	return set_param(t, SC_I32(a, 0), SC_GPTR(a, 2), &attr);
}

int64_t sys_sched_setparam(struct task *t, const struct sc_args *a)
{
	struct lx_sched_attr attr = { .flags = LX_SCHED_FLAG_KEEP_POLICY };

	return set_param(t, SC_I32(a, 0), SC_GPTR(a, 1), &attr);
}

/* As the kernel: an unknown size is answered with E2BIG and the size we know. */
static int copyin_attr(struct task *t, gaddr_t src, struct lx_sched_attr *attr)
{
	uint8_t rest[LX_PAGE_SIZE];
	uint32_t size, known = sizeof(*attr);

	memset(attr, 0, sizeof(*attr));
	if (guest_copyin(t, &size, src, sizeof(size)))
		return -LX_EFAULT;
	if (!size)
		size = LX_SCHED_ATTR_SIZE_VER0;
	if (size < LX_SCHED_ATTR_SIZE_VER0 || size > LX_PAGE_SIZE)
		goto too_big;
	if (guest_copyin(t, attr, src, size < known ? size : known))
		return -LX_EFAULT;
	if (size > known) {
		if (guest_copyin(t, rest, gaddr_add(src, known), size - known))
			return -LX_EFAULT;
		for (uint32_t i = 0; i < size - known; i++)
			if (rest[i])
				goto too_big;
	}
	if (attr->flags & LX_SCHED_FLAG_UTIL_CLAMP && size < known)
		return -LX_EINVAL;
	return 0;
too_big:
	return guest_copyout(t, src, &known, sizeof(known)) ? -LX_EFAULT : -LX_E2BIG;
}

int64_t sys_sched_setattr(struct task *t, const struct sc_args *a)
{
	struct lx_sched_attr attr;
	int err;

	if (!SC_U64(a, 1) || SC_I32(a, 0) < 0 || SC_U32(a, 2))
		return -LX_EINVAL;
	err = copyin_attr(t, SC_GPTR(a, 1), &attr);
	if (err)
		return err;
	if ((int32_t)attr.policy < 0 || attr.flags & ~(uint64_t)LX_SCHED_FLAG_ALL)
		return -LX_EINVAL;
	if (attr.flags & LX_SCHED_FLAG_UTIL_CLAMP)
		return unsupported(t, "sched_setattr", "flags", attr.flags, -LX_EOPNOTSUPP);
	attr.nice = attr.nice < -20 ? -20 : attr.nice > 19 ? 19 : attr.nice;
	return task_sched_set(t, SC_I32(a, 0), &attr);
}

int64_t sys_sched_getattr(struct task *t, const struct sc_args *a)
{
	struct lx_sched_attr attr = { .util_max = 1024 };
	uint32_t size = SC_U32(a, 2);
	struct task_sched s;
	int err;

	if (!SC_U64(a, 1) || SC_I32(a, 0) < 0 || size < LX_SCHED_ATTR_SIZE_VER0 ||
	    size > LX_PAGE_SIZE || SC_U32(a, 3))
		return -LX_EINVAL;
	err = task_sched_get(t, SC_I32(a, 0), &s);
	if (err)
		return err;
	attr.size = size < sizeof(attr) ? size : sizeof(attr);
	attr.policy = (uint32_t)s.policy;
	attr.flags = s.reset_on_fork ? LX_SCHED_FLAG_RESET_ON_FORK : 0;
	if (is_realtime(s.policy)) {
		attr.priority = (uint32_t)s.priority;
	} else if (s.policy == LX_SCHED_DEADLINE) {
		attr.runtime = s.runtime;
		attr.deadline = s.deadline;
		attr.period = s.period;
	} else {
		attr.nice = s.nice;
	}
	return guest_copyout(t, SC_GPTR(a, 1), &attr, attr.size);
}

#define ORDINARY_SLICE_MS 4

int64_t sys_sched_rr_get_interval(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts = { 0 };
	struct task_sched s;
	int err = get(t, SC_I32(a, 0), &s);

	if (err)
		return err;
	if (s.policy == LX_SCHED_RR)
		ts.tv_nsec = LX_SCHED_RR_SLICE_MS * 1000000;
	else if (s.policy != LX_SCHED_FIFO && s.policy != LX_SCHED_DEADLINE)
		ts.tv_nsec = ORDINARY_SLICE_MS * 1000000;
	return guest_copyout(t, SC_GPTR(a, 1), &ts, sizeof(ts));
}

/* ---- affinity: one word of processors ---- */

static uint64_t all_cpus(void)
{
	uint32_t n = machine_cpus();

	return n >= 64 ? UINT64_MAX : (1ull << n) - 1;
}

#define CPU_WORDS_MAX 128

/* As many words as the host's kernel was built for: what is behind the first is zero. */
int64_t sys_sched_getaffinity(struct task *t, const struct sc_args *a)
{
	uint32_t len = SC_U32(a, 1), size = machine_cpu_set_size();
	uint64_t words[CPU_WORDS_MAX] = { 0 };
	struct task_sched s;
	int err;

	if (len < sizeof(words[0]) || len & (sizeof(words[0]) - 1))
		return -LX_EINVAL;
	err = task_sched_get(t, SC_I32(a, 0), &s);
	if (err)
		return err;
	words[0] = s.affinity ? s.affinity : all_cpus();
	if (len > size)
		len = size;
	if (len > sizeof(words))
		len = sizeof(words);
	return guest_copyout(t, SC_GPTR(a, 2), words, len) ? -LX_EFAULT : (int64_t)len;
}

int64_t sys_sched_setaffinity(struct task *t, const struct sc_args *a)
{
	uint32_t len = SC_U32(a, 1);
	struct task_sched s;
	uint64_t mask = 0;
	int err;

	if (guest_copyin(t, &mask, SC_GPTR(a, 2), len < sizeof(mask) ? len : sizeof(mask)))
		return -LX_EFAULT;
	mask &= all_cpus();
	if (mask)
		return task_set_affinity(t, SC_I32(a, 0), mask);
	err = task_sched_get(t, SC_I32(a, 0), &s);
	return err ? err : -LX_EINVAL;
}
