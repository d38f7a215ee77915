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

/* Handlers are the host's. We listen because SIGCHLD's decides whether children become zombies. */
int64_t sys_rt_sigaction(struct task *t, const struct sc_args *a)
{
	struct lx_sigaction act;

	if (SC_I32(a, 0) == LX_SIGCHLD && SC_U64(a, 1) && SC_U64(a, 3) == sizeof(lx_sigset_t) &&
	    !guest_copyin(t, &act, SC_GPTR(a, 1), sizeof(act)))
		task_set_sigchld(t, &act);
	return SC_CONTINUE;
}
