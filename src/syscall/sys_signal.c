/* SPDX-License-Identifier: MIT */
/* sys_signal.c - sending signals; the rest of the signal calls is the host kernel's. */
#include "lxrun/pidfd.h"
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

#define SIGINFO_KNOWN  48u /* what the kernel keeps of it */
#define SI_ASYNCNL     -60
#define SI_LAST_QUEUED -7 /* codes down to here have a layout */
#define CODES_ANY_SIG  6  /* ... and up to here, as POLL_HUP */

static int codes_of(int sig)
{
	switch (sig) {
	case LX_SIGILL:
		return 11;
	case LX_SIGFPE:
		return 15;
	case LX_SIGSEGV:
		return 10;
	case LX_SIGBUS:
		return 5;
	case LX_SIGTRAP:
		return 6;
	case LX_SIGCHLD:
		return 6;
	case LX_SIGSYS:
		return 2;
	}
	return 0;
}

static bool known_layout(int sig, int code)
{
	if (code == LX_SI_KERNEL)
		return true;
	if (code > 0)
		return code <= codes_of(sig) || code <= CODES_ANY_SIG;
	return code >= SI_LAST_QUEUED || code == SI_ASYNCNL;
}

int guest_copyin_siginfo(struct task *t, struct lx_siginfo *info, gaddr_t src, int sig)
{
	const uint8_t *bytes = (const uint8_t *)info;

	if (guest_copyin(t, info, src, sizeof(*info)))
		return -LX_EFAULT;
	for (size_t i = SIGINFO_KNOWN; i < sizeof(*info); i++)
		if (bytes[i] && !known_layout(sig, info->si_code))
			return -LX_E2BIG;
	return 0;
}

int64_t sys_rt_sigqueueinfo(struct task *t, const struct sc_args *a)
{
	struct lx_siginfo info;
	int err = guest_copyin_siginfo(t, &info, SC_GPTR(a, 2), SC_I32(a, 1));

	if (err)
		return err;
	return task_sigqueue(t, SC_I32(a, 0), 0, SC_I32(a, 1), &info);
}

int64_t sys_rt_tgsigqueueinfo(struct task *t, const struct sc_args *a)
{
	struct lx_siginfo info;
	int err = guest_copyin_siginfo(t, &info, SC_GPTR(a, 3), SC_I32(a, 2));

	if (err)
		return err;
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
