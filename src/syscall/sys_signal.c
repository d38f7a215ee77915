/* SPDX-License-Identifier: MIT */
/* sys_signal.c - sending signals; the rest of the signal calls is the host kernel's. */
#include "lxrun/process.h"
#include "lxrun/guestmem.h"

int64_t sys_kill(struct task *t, const struct sc_args *a)
{
	return task_kill(t, SC_I32(a, 0), SC_I32(a, 1));
}

int64_t sys_tkill(struct task *t, const struct sc_args *a)
{
	return task_tgkill(t, 0, SC_I32(a, 0), SC_I32(a, 1));
}

int64_t sys_tgkill(struct task *t, const struct sc_args *a)
{
	if (SC_I32(a, 0) <= 0)
		return -LX_EINVAL;
	return task_tgkill(t, SC_I32(a, 0), SC_I32(a, 1), SC_I32(a, 2));
}

int64_t sys_rt_sigqueueinfo(struct task *t, const struct sc_args *a)
{
	struct lx_siginfo info;

	if (guest_copyin(t, &info, SC_GPTR(a, 2), sizeof(info)))
		return -LX_EFAULT;
	return task_sigqueue(t, SC_I32(a, 0), 0, SC_I32(a, 1), &info);
}

int64_t sys_rt_tgsigqueueinfo(struct task *t, const struct sc_args *a)
{
	struct lx_siginfo info;

	if (guest_copyin(t, &info, SC_GPTR(a, 3), sizeof(info)))
		return -LX_EFAULT;
	if (SC_I32(a, 0) <= 0 || SC_I32(a, 1) <= 0)
		return -LX_EINVAL;
	return task_sigqueue(t, SC_I32(a, 0), SC_I32(a, 1), SC_I32(a, 2), &info);
}

int64_t sys_rt_sigtimedwait(struct task *t, const struct sc_args *a)
{
	uint64_t deadline = WAIT_FOREVER, now;
	struct lx_siginfo info;
	struct lx_timespec ts;
	lx_sigset_t set;
	int sig;

	if (SC_U64(a, 3) != sizeof(set))
		return -LX_EINVAL;
	if (guest_copyin(t, &set, SC_GPTR(a, 0), sizeof(set)))
		return -LX_EFAULT;
	if (SC_U64(a, 2)) {
		if (guest_copyin(t, &ts, SC_GPTR(a, 2), sizeof(ts)))
			return -LX_EFAULT;
		if (!timespec_valid(&ts))
			return -LX_EINVAL;
		clock_now(LX_CLOCK_MONOTONIC, &now);
		deadline = now + timespec_to_ns(&ts);
	}
	sig = task_sigwait(t, set, deadline, &info);
	if (sig > 0 && SC_U64(a, 1) && guest_copyout(t, SC_GPTR(a, 1), &info, sizeof(info)))
		return -LX_EFAULT;
	return sig;
}

/* Handlers are the host's. We listen because SIGCHLD's decides whether children become zombies. */
int64_t sys_rt_sigaction(struct task *t, const struct sc_args *a)
{
	struct lx_sigaction act;

	if (SC_I32(a, 0) == LX_SIGCHLD && SC_U64(a, 1) && SC_U64(a, 3) == sizeof(lx_sigset_t) &&
	    !guest_copyin(t, &act, SC_GPTR(a, 1), sizeof(act)))
		task_set_sigchld(t, &act);
	return SC_CONTINUE;
}
