/* SPDX-License-Identifier: MIT */
/*
 * sigwait.c - rt_sigtimedwait(2): takes a blocked signal out of the host's pending set.
 *
 * Only a delivery takes a signal from there. So the call ends with a restart code and the signal let
 * through (DeliverWithMask); when the host is about to deliver it, task_signal_delivery() keeps number
 * and siginfo (sigwait_take) and swallows it; the call comes again and finds them. If another signal
 * comes in between, its handler is to find all as it was: sigwait_give_back().
 */
#include "task_impl.h"
#include <stdatomic.h>

bool sigwait_take(struct task *t, int sig, const struct lx_siginfo *info)
{
	if (!(t->sigwait_set & LX_SIGBIT(sig)))
		return false;
	t->sigwait_set = 0;
	t->sigwait_info = *info;
	t->sigwait_sig = sig;
	return true;
}

void sigwait_give_back(struct task *t)
{
	t->sigwait_set = 0;
	if (atomic_exchange(&t->sigwait_sig, 0))
		signal_put_back(t, &t->sigwait_info);
}

/* Has the host deliver one signal of ready. One that is not blocked comes by itself. */
static int fetch(struct task *t, lx_sigset_t set, const PICO_SIGNAL_STATE *st)
{
	lx_sigset_t ready = (st->Pending | st->GroupPending) & set, first = ready & -ready;

	t->sigwait_set = set;
	if (!(ready & ~st->Blocked) &&
	    !NT_SUCCESS(pico.DeliverWithMask(t->thread, st->Blocked & ~first, first)))
		return -LX_EINTR;
	return -LX_ERESTARTNOINTR;
}

/* Sleeps with the signals of set open. 0: look again. */
static int wait_open(struct task *t, lx_sigset_t set, uint64_t deadline, uint64_t blocked)
{
	int err;

	t->sigwait_set = set;
	t->unblocked_in_wait = ~blocked | set;
	t->has_wait_mask = true;
	err = task_sleep(t, deadline);
	t->has_wait_mask = false;
	t->sigwait_set = 0;
	return err;
}

int task_sigwait(struct task *t, lx_sigset_t set, uint64_t deadline, struct lx_siginfo *info)
{
	uint32_t sig = atomic_exchange(&t->sigwait_sig, 0);
	PICO_SIGNAL_STATE st;
	int err = 0;

	set &= ~(LX_SIGBIT(LX_SIGKILL) | LX_SIGBIT(LX_SIGSTOP));
	if (sig && set & LX_SIGBIT(sig)) {
		*info = t->sigwait_info;
		return sig;
	}
	while (signal_state(t, &st)) {
		if ((st.Pending | st.GroupPending) & set)
			return fetch(t, set, &st);
		if (err == -LX_ETIMEDOUT)
			return -LX_EAGAIN;
		if (err)
			return -LX_EINTR;
		err = wait_open(t, set, deadline, st.Blocked);
	}
	return -LX_EINTR;
}
