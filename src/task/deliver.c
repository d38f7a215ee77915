/* SPDX-License-Identifier: MIT */
/*
 * deliver.c - the last step of a signal: the host is about to deliver it, the guest is to see our
 * siginfo, and our rules about stopping hold. Also what follows when a group has stopped or runs again.
 * All of it on the trace thread. Theory: signal.c.
 */
#include "pid_ns.h"
#include "ptrace.h"
#include "lxrun/trace.h"
#include <stdatomic.h>
#include <string.h>

/*
 * Takes the siginfo of the sig that is being delivered to t out of the queue. Of several entries of
 * a standard signal the first counts if the host has the signal pending once more, else the last.
 */
static bool take_info(struct task *t, int sig, bool pending_again, struct lx_siginfo *info)
{
	struct tgroup *tg = t->tg;
	struct sigq *q, *tmp;
	bool found = false, more = false;

	lk_acquire(&tg->lock);
	list_for_each_safe(q, tmp, &tg->sig_queue, link) {
		if ((q->target && q->target != t) || q->info.si_signo != sig)
			continue;
		if (found && (pending_again || sig >= LX_SIGRTMIN)) {
			more = true;
			break;
		}
		*info = q->info;
		if (q->timer)
			timer_delivered(q->timer, info);
		found = true;
		sigq_free(tg, q);
	}
	lk_release(&tg->lock);
	if (!more)
		atomic_fetch_and(&t->sig_hint, ~LX_SIGBIT(sig));
	return found;
}

static int count_queued(struct task *t, int sig)
{
	struct tgroup *tg = t->tg;
	struct sigq *q;
	int n = 0;

	lk_acquire(&tg->lock);
	list_for_each(q, &tg->sig_queue, link)
		n += (!q->target || q->target == t) && q->info.si_signo == sig;
	lk_release(&tg->lock);
	return n;
}

/* A signal nobody here sent: host process numbers in it mean nothing to the guest. */
static bool translate_foreign(struct task *t, struct lx_siginfo *info)
{
	if (info->si_code > 0)
		return false; /* a fault, a timer of the host's, the terminal */
	info->u.rt.pid = info->u.rt.pid == t->tg->process->HostPid ? pid_seen(t, t->tg->pid) : 0;
	if (info->si_code == LX_SI_TKILL)
		info->si_code = LX_SI_USER;
	return true;
}

/*
 * The host drops SIGTSTP, SIGTTIN and SIGTTOU for groups that are orphaned in its own process tree,
 * and there all guests are. Ours decides, and the host gets a SIGSTOP it cannot drop.
 */
int signal_stop_as(struct task *t, int sig)
{
	struct tgroup *tg = t->tg;
	PICO_SIGNAL_STATE st;
	bool orphaned;

	if (sig == LX_SIGSTOP) {
		tg->stop_as = sig;
		return sig;
	}
	if (!signal_state(t, &st) || (st.Caught | st.Ignored) & LX_SIGBIT(sig))
		return sig;
	lk_acquire(&tasks_lock);
	orphaned = pgrp_is_orphaned(tg->pgid);
	lk_release(&tasks_lock);
	if (orphaned)
		return 0;
	tg->stop_as = sig;
	return LX_SIGSTOP;
}

BOOLEAN task_signal_delivery(PETHREAD thread, int *sig, PICO_SIGNAL_INFO *host_info)
{
	struct task *t = pico.GetThreadContext(thread);
	struct lx_siginfo info;
	PICO_SIGNAL_STATE st;
	bool pending_again = false, replaced;

	_Static_assert(sizeof(info) == sizeof(host_info->Bytes), "one siginfo_t");
	memcpy(&info, host_info->Bytes, sizeof(info));
	if (*sig < LX_SIGRTMIN && count_queued(t, *sig) > 1)
		pending_again = signal_state(t, &st) &&
				(st.Pending | st.GroupPending) & LX_SIGBIT(*sig);
	replaced = take_info(t, *sig, pending_again, &info) || translate_foreign(t, &info);
	if (sigwait_take(t, *sig, &info)) {
		*sig = 0;
		return FALSE;
	}
	sigwait_give_back(t);
	core_note_signal(t, &info);
	memcpy(host_info->Bytes, &info, sizeof(info));
	if (ptrace_signal(t, *sig, &info)) {
		*sig = PICO_SIGNAL_HOLD;
		return replaced;
	}
	if (pid_ns_drops(t, *sig, &info)) {
		*sig = 0;
		return FALSE;
	}
	trace_signal(t, &info);
	if (STOP_SIGNALS & LX_SIGBIT(*sig)) {
		*sig = signal_stop_as(t, *sig);
		if (*sig)
			info.si_signo = *sig;
	}
	memcpy(host_info->Bytes, &info, sizeof(info));
	return replaced;
}

/* ---- stop and continue ---- */

/* Calls that sleep must end, or the host cannot stop their threads. */
void kick_sleepers(struct tgroup *tg)
{
	struct task *list[TGROUP_TASKS_MAX];
	int n = tgroup_tasks(tg, list, TGROUP_TASKS_MAX);

	for (int i = 0; i < n; i++) {
		if (list[i]->in_call & TASK_IN_CALL) {
			list[i]->stop_kick = 1;
			task_alert(list[i]);
		}
		task_put(list[i]);
	}
}

/* False when the group is in that state already, or has ended. */
static bool change_state(struct tgroup *tg, int sig)
{
	bool changed;

	lk_acquire(&tasks_lock);
	changed = tg->state == (sig ? TG_RUNNING : TG_STOPPED);
	if (changed) {
		tg->state = sig ? TG_STOPPED : TG_RUNNING;
		tg->stop_signal = sig && tg->stop_as ? tg->stop_as : sig;
		tg->stop_as = 0;
		tg->stop_reported = false;
		tg->continued_pending = !sig;
		tg->notifying = true;
	}
	lk_release(&tasks_lock);
	return changed;
}

void task_process_stopped(PEPROCESS process, int sig)
{
	struct tgroup *tg = pico.GetProcessContext(process), *parent;

	if (change_state(tg, sig)) {
		notify_parent(tg, sig ? LX_CLD_STOPPED : LX_CLD_CONTINUED,
			      sig ? tg->stop_signal : LX_SIGCONT);
		lk_acquire(&tasks_lock);
		tg->notifying = false;
		parent = tgroup_get(tg->parent);
		lk_release(&tasks_lock);
		waitq_wake(&parent->child_wait);
		tgroup_put(parent);
		if (sig)
			instance_group_stopped(tg, tg->stop_signal);
	}
	if (sig)
		kick_sleepers(tg);
}
