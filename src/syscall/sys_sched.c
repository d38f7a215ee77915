/* SPDX-License-Identifier: MIT */
/*
 * sys_sched.c - scheduling calls. Guests run under the host's scheduler as SCHED_OTHER; priorities and
 * affinities are kept and shown, placement is the engine's.
 */
#include "lxrun/process.h"
#include "lxrun/guestmem.h"

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

enum { SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE = 5, SCHED_DEADLINE };
#define SCHED_RESET_ON_FORK 0x40000000
#define PRIO_FIRST          1
#define PRIO_LAST           99

static bool is_realtime(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_ordinary(int policy)
{
	return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

int64_t sys_sched_get_priority_max(struct task *t, const struct sc_args *a)
{
	int policy = SC_I32(a, 0);

	if (is_realtime(policy))
		return PRIO_LAST;
	return is_ordinary(policy) || policy == SCHED_DEADLINE ? 0 : -LX_EINVAL;
}

int64_t sys_sched_get_priority_min(struct task *t, const struct sc_args *a)
{
	int policy = SC_I32(a, 0);

	if (is_realtime(policy))
		return PRIO_FIRST;
	return is_ordinary(policy) || policy == SCHED_DEADLINE ? 0 : -LX_EINVAL;
}

/* Whether a task of that number exists; 0 is the caller. Returns a reference in *out. */
static int find(struct task *t, int pid, struct task **out)
{
	if (pid < 0)
		return -LX_EINVAL;
	*out = pid ? task_find(pid) : task_get(t);
	return *out ? 0 : -LX_ESRCH;
}

int64_t sys_sched_getscheduler(struct task *t, const struct sc_args *a)
{
	struct task *target;
	int err = find(t, SC_I32(a, 0), &target);

	if (err)
		return err;
	task_put(target);
	return SCHED_OTHER;
}

int64_t sys_sched_getparam(struct task *t, const struct sc_args *a)
{
	const int32_t priority = 0;
	struct task *target;
	int err;

	if (!SC_U64(a, 1))
		return -LX_EINVAL;
	err = find(t, SC_I32(a, 0), &target);
	if (err)
		return err;
	task_put(target);
	return guest_copyout(t, SC_GPTR(a, 1), &priority, sizeof(priority));
}

/* policy -1: keep SCHED_OTHER. */
static int64_t set_scheduler(struct task *t, int pid, int policy, gaddr_t param)
{
	struct task *target;
	int32_t priority;
	int err;

	if (pid < 0 || gaddr_null(param))
		return -LX_EINVAL;
	if (guest_copyin(t, &priority, param, sizeof(priority)))
		return -LX_EFAULT;
	err = find(t, pid, &target);
	if (err)
		return err;
	task_put(target);
	policy &= ~SCHED_RESET_ON_FORK;
	if (is_ordinary(policy))
		return priority ? -LX_EINVAL : 0;
	if (!is_realtime(policy) || priority < PRIO_FIRST || priority > PRIO_LAST)
		return -LX_EINVAL;
	return unsupported(t, "sched_setscheduler", "policy", policy, -LX_EPERM);
}

int64_t sys_sched_setscheduler(struct task *t, const struct sc_args *a)
{
	if (SC_I32(a, 1) < 0)
		return -LX_EINVAL;
	return set_scheduler(t, SC_I32(a, 0), SC_I32(a, 1), SC_GPTR(a, 2));
}

int64_t sys_sched_setparam(struct task *t, const struct sc_args *a)
{
	return set_scheduler(t, SC_I32(a, 0), SCHED_OTHER, SC_GPTR(a, 1));
}

/* ---- affinity: one word of processors ---- */

static uint64_t all_cpus(void)
{
	uint32_t n = machine_cpus();

	return n >= 64 ? UINT64_MAX : (1ull << n) - 1;
}

int64_t sys_sched_getaffinity(struct task *t, const struct sc_args *a)
{
	uint32_t len = SC_U32(a, 1);
	struct task *target;
	uint64_t mask;
	int err;

	if (len < sizeof(mask) || len & (sizeof(mask) - 1))
		return -LX_EINVAL;
	err = find(t, SC_I32(a, 0), &target);
	if (err)
		return err;
	mask = target->affinity ? target->affinity : all_cpus();
	task_put(target);
	return guest_copyout(t, SC_GPTR(a, 2), &mask, sizeof(mask)) ? -LX_EFAULT
								    : (int64_t)sizeof(mask);
}

int64_t sys_sched_setaffinity(struct task *t, const struct sc_args *a)
{
	uint32_t len = SC_U32(a, 1);
	struct task *target;
	uint64_t mask = 0;
	int err;

	if (guest_copyin(t, &mask, SC_GPTR(a, 2), len < sizeof(mask) ? len : sizeof(mask)))
		return -LX_EFAULT;
	err = find(t, SC_I32(a, 0), &target);
	if (err)
		return err;
	mask &= all_cpus();
	if (mask && signal_may_send(t, target->tg, 0))
		target->affinity = mask;
	else
		err = mask ? -LX_EPERM : -LX_EINVAL;
	task_put(target);
	return err;
}
