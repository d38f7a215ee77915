/* SPDX-License-Identifier: MIT */
/*
 * signal.c - from "send this" to the host signal and back to the guest's siginfo.
 *
 * The host kernel keeps pending sets, masks and handlers, and runs them. We choose the thread, keep
 * the siginfo that the guest is to see (struct sigq, in order of sending), make the host pend the bare
 * signal, and hand the siginfo over when the host is about to deliver it (deliver.c).
 *
 * Entries can outlive their signal: the host forgets a pending signal without telling us when the
 * guest comes to ignore it, and when SIGCONT and stop signals cancel each other. Hence the host's pending set is the truth: an entry of a standard signal that is not
 * pending there is stale, and the newest entry is the one that counts.
 *
 * What a signal interrupts: see wait.c for the handshake with a sleeping call. tg->lock is never held
 * over a call of pico or KeAlertThread.
 */
#include "pid_ns.h"
#include "base/alloc.h"
#include "lxrun/pidfd.h"
#include "lxrun/trace.h"
#include "nt/ex.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define IGNORED_BY_DEFAULT                                                       \
	(LX_SIGBIT(LX_SIGCHLD) | LX_SIGBIT(LX_SIGURG) | LX_SIGBIT(LX_SIGWINCH) | \
	 LX_SIGBIT(LX_SIGCONT))

const char *signal_name(int sig)
{
	static _Thread_local char text[16];
	static const char *const names[32] = {
#define SIG_NAME(name, nr) [nr] = "SIG" #name,
		LX_SIGNALS(SIG_NAME)
#undef SIG_NAME
	};

	if (sig > 0 && sig < 32)
		return names[sig];
	if (sig == LX_SIGRTMIN)
		return "SIGRTMIN";
	snprintf(text, sizeof(text), sig > LX_SIGRTMIN && sig <= LX_NSIG ? "SIGRT_%d" : "%d",
		 sig > LX_SIGRTMIN && sig <= LX_NSIG ? sig - LX_SIGRTMIN : sig);
	return text;
}

void signal_info_user(struct lx_siginfo *info, int sig, int code, const struct task *t)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = t ? code : LX_SI_KERNEL;
	if (t) {
		info->u.rt.pid = t->tg->pid;
		info->u.rt.uid = t->cred->uid;
	}
}

/*
 * Where a signal goes: to one thread, or (shared) to the group while no thread of it would take it. The
 * host then gives it to the first that does; task is one of the group in both cases.
 */
struct target {
	struct task *task;
	bool shared;
};

/* ---- the queue ---- */

void sigq_free(struct tgroup *tg, struct sigq *q)
{
	list_del(&q->link);
	tg->nr_sigq--;
	mem_free(q);
}

void signal_purge(struct tgroup *tg, const struct task *t)
{
	struct sigq *q, *tmp;

	lk_acquire(&tg->lock);
	list_for_each_safe(q, tmp, &tg->sig_queue, link)
		if (!t || q->target == t)
			sigq_free(tg, q);
	lk_release(&tg->lock);
}

void signal_forget_timer(struct tgroup *tg, const struct itimer *timer)
{
	struct sigq *q, *tmp;

	lk_assert_held(&tg->lock);
	list_for_each_safe(q, tmp, &tg->sig_queue, link)
		if (q->timer == timer)
			sigq_free(tg, q);
}

/* Drops entries of the signals in set: SIGCONT cancels stops and the other way round. */
static void purge_set(struct tgroup *tg, lx_sigset_t set)
{
	struct sigq *q, *tmp;

	lk_acquire(&tg->lock);
	list_for_each_safe(q, tmp, &tg->sig_queue, link)
		if (set & LX_SIGBIT(q->info.si_signo))
			sigq_free(tg, q);
	lk_release(&tg->lock);
}

/* t NULL: for the group as a whole. */
static bool is_queued(struct tgroup *tg, const struct task *t, int sig)
{
	struct sigq *q;
	bool found = false;

	lk_acquire(&tg->lock);
	list_for_each(q, &tg->sig_queue, link)
		found = found || (q->target == t && q->info.si_signo == sig);
	lk_release(&tg->lock);
	return found;
}

static int enqueue(const struct target *to, const struct lx_siginfo *info, struct itimer *timer)
{
	struct task *t = to->task;
	struct tgroup *tg = t->tg;
	struct sigq *q = mem_alloc(sizeof(*q));
	int err = 0;

	if (!q)
		return -LX_EAGAIN;
	q->target = to->shared ? NULL : t;
	q->timer = timer;
	q->unsent = !t->thread->HostTid;
	q->info = *info;
	lk_acquire(&tg->lock);
	if (t->dying || tg->nr_sigq >= tg->rlimit[LX_RLIMIT_SIGPENDING].rlim_cur) {
		err = t->dying ? -LX_ESRCH : -LX_EAGAIN;
		mem_free(q);
	} else {
		list_add_tail(&tg->sig_queue, &q->link);
		tg->nr_sigq++;
	}
	lk_release(&tg->lock);
	return err;
}

/* Takes back the newest entry: the host would not have the signal. */
static void dequeue_last(const struct target *to, int sig)
{
	const struct task *t = to->shared ? NULL : to->task;
	struct tgroup *tg = to->task->tg;

	lk_acquire(&tg->lock);
	for (struct list *l = tg->sig_queue.prev; l != &tg->sig_queue; l = l->prev) {
		struct sigq *q = container_of(l, struct sigq, link);

		if (q->target == t && q->info.si_signo == sig) {
			sigq_free(tg, q);
			break;
		}
	}
	lk_release(&tg->lock);
}

/* ---- the host's view ---- */

bool signal_state(struct task *t, PICO_SIGNAL_STATE *st)
{
	return !t->dying && NT_SUCCESS(pico.QuerySignalState(t->thread, st));
}

static uint64_t blocked_by(const struct task *t, const PICO_SIGNAL_STATE *st)
{
	return t->has_wait_mask ? ~t->unblocked_in_wait : st->Blocked;
}

uint64_t signal_deliverable(struct task *t, const PICO_SIGNAL_STATE *st)
{
	uint64_t blocked = blocked_by(t, st);
	uint64_t ignored = st->Ignored | (IGNORED_BY_DEFAULT & ~st->Caught);

	ignored &= ~t->sigwait_set;
	blocked &= ~(LX_SIGBIT(LX_SIGKILL) | LX_SIGBIT(LX_SIGSTOP));
	return (st->Pending | st->GroupPending) & ~blocked & ~ignored;
}

/*
 * The hint is taken before the host is asked and what is still pending is put back: a sender pends
 * first and hints after, so its bit is either in the answer or survives.
 */
bool signal_pending(struct task *t)
{
	PICO_SIGNAL_STATE st;

	if (t->dying)
		return true;
	if (!t->sig_hint || !atomic_exchange(&t->sig_hint, 0))
		return false;
	if (!signal_state(t, &st))
		return t->dying;
	if (st.Pending | st.GroupPending)
		atomic_fetch_or(&t->sig_hint, st.Pending | st.GroupPending);
	return signal_deliverable(t, &st) != 0;
}

void task_alert(struct task *t)
{
	t->alert_sent = 1;
	KeAlertThread(&t->thread->Tcb);
}

static void interrupt_call(struct task *t)
{
	PICO_SIGNAL_STATE st;

	/* A call that signals its own thread takes the signal when it ends. */
	if (!(t->in_call & TASK_IN_CALL) || KeGetCurrentThread() == &t->thread->Tcb)
		return;
	if (signal_state(t, &st) && signal_deliverable(t, &st))
		task_alert(t);
}

/* ---- sending ---- */

/* Tells every thread of t's group that sig is pending for all of them. */
static void hint_group(struct task *t, int sig)
{
	struct task *list[TGROUP_TASKS_MAX];
	int n = tgroup_tasks(t->tg, list, TGROUP_TASKS_MAX);

	for (int i = 0; i < n; i++) {
		atomic_fetch_or(&list[i]->sig_hint, LX_SIGBIT(sig));
		interrupt_call(list[i]);
		task_put(list[i]);
	}
}

/* Makes the host pend sig and wakes a call that it ends. The siginfo is queued already. */
static int pend(const struct target *to, const struct lx_siginfo *info)
{
	struct task *t = to->task;
	int sig = info->si_signo;
	PICO_SIGNAL_INFO nt;
	NTSTATUS status;

	if (!t->thread->HostTid) {
		atomic_fetch_or(&t->unsent, 1);
		return 0;
	}
	memcpy(&nt, info, sizeof(nt));
	/* A thread that has ended before its group takes no signal, not even this. */
	if (sig == LX_SIGKILL)
		t->tg->killed = true;
	if (sig == LX_SIGKILL)
		status = pico.TerminateProcess(t->tg->process, STATUS_PROCESS_IS_TERMINATING);
	else if (to->shared)
		status = pico.SendProcessSignal(t->tg->process, sig, &nt);
	else
		status = pico.SendSignal(t->thread, sig, &nt);
	if (!NT_SUCCESS(status)) {
		dequeue_last(to, sig);
		return t->dying || status == STATUS_THREAD_IS_TERMINATING ||
				       status == STATUS_INVALID_CID
			       ? -LX_ESRCH
			       : -LX_EAGAIN;
	}
	if (to->shared) {
		hint_group(t, sig);
	} else {
		atomic_fetch_or(&t->sig_hint, LX_SIGBIT(sig));
		interrupt_call(t);
	}
	signalfd_notify(sig);
	return 0;
}

/*
 * What is ignored and not blocked is never pending on Linux. The host keeps it, because it has a tracer to ask:
 * us, at the price of a stop. So it does not get a SIGCHLD without a handler, the one that is sent all the
 * time. Whoever traces the guest sees that one, too, as strace does.
 */
static bool is_forgotten(struct task *t, int sig)
{
	struct tgroup *tg = t->tg;
	PICO_SIGNAL_STATE st;
	bool handled;

	if (sig != LX_SIGCHLD || t->ptrace || trace_on(TR_SYS) || trace_on(TR_SIG))
		return false;
	lk_acquire(&tg->lock);
	handled = tg->sigchld.handler != LX_SIG_DFL && tg->sigchld.handler != LX_SIG_IGN;
	lk_release(&tg->lock);
	return !handled && signal_state(t, &st) &&
	       !((blocked_by(t, &st) | st.Caught | t->sigwait_set) & LX_SIGBIT(sig));
}

/* info as t is to read it: the process that lxcore has named there, by t's number for it. */
static struct lx_siginfo as_seen_by(const struct task *t, const struct lx_siginfo *info)
{
	struct lx_siginfo seen = *info;

	if (info->si_code == LX_SI_USER || info->si_code == LX_SI_TKILL)
		seen.u.rt.pid = pid_seen(t, info->u.rt.pid);
	else if (info->si_signo == LX_SIGCHLD && info->si_code > 0)
		seen.u.chld.pid = pid_seen(t, info->u.chld.pid);
	else if (info->si_code == LX_SI_QUEUE && t->tg->ns->level && pid_ns_outside(t->tg))
		seen.u.rt.pid = 0;
	return seen;
}

static int send(const struct target *to, const struct lx_siginfo *info, struct itimer *timer)
{
	struct task *t = to->task;
	const struct task *queued_for = to->shared ? NULL : t;
	int sig = info->si_signo;
	struct lx_siginfo seen = as_seen_by(t, info);
	PICO_SIGNAL_STATE st;
	bool pending = false;
	int err = 0;

	TRACE(TR_SIG, "%s to %d, code %d", signal_name(sig), t->tid, info->si_code);
	if (is_forgotten(t, sig) || pid_ns_shields(t, info))
		return 0;
	if (sig == LX_SIGCONT)
		purge_set(t->tg, STOP_SIGNALS);
	else if (STOP_SIGNALS & LX_SIGBIT(sig))
		purge_set(t->tg, LX_SIGBIT(LX_SIGCONT));
	/* A standard signal that is pending already keeps its first siginfo. */
	if (sig < LX_SIGRTMIN && is_queued(t->tg, queued_for, sig))
		pending = signal_state(t, &st) && (st.Pending | st.GroupPending) & LX_SIGBIT(sig);
	if (!pending && (sig != LX_SIGKILL || !t->thread->HostTid))
		err = enqueue(to, &seen, timer);
	/* No room for the siginfo: a standard signal is sent without, as on Linux. */
	if (err == -LX_EAGAIN && sig < LX_SIGRTMIN)
		err = 0;
	return err ? err : pend(to, &seen);
}

void signal_put_back(struct task *t, const struct lx_siginfo *info)
{
	struct tgroup *tg = t->tg;
	struct sigq *q = mem_alloc(sizeof(*q));

	if (q) { /* else it is sent without, as one that found no room */
		q->target = t;
		q->info = *info;
		lk_acquire(&tg->lock);
		list_add(&tg->sig_queue, &q->link);
		tg->nr_sigq++;
		lk_release(&tg->lock);
	}
	pend(&(struct target){ t, false }, info);
}

int signal_send_task(struct task *t, const struct lx_siginfo *info)
{
	if (t->dying)
		return -LX_ESRCH;
	return info->si_signo ? send(&(struct target){ t, false }, info, NULL) : 0;
}

/* Whether t would take sig now: does not block it, or waits for it (sigwait.c). */
static bool wants_signal(struct task *t, int sig)
{
	PICO_SIGNAL_STATE st;

	if (t->sigwait_set & LX_SIGBIT(sig))
		return true;
	if (t->has_wait_mask)
		return t->unblocked_in_wait & LX_SIGBIT(sig);
	return signal_state(t, &st) && !(st.Blocked & LX_SIGBIT(sig));
}

/* A leader that has ended is reported with the last thread of its group only: "Z" until then. */
static bool has_ended(struct task *t)
{
	char text[512], *p;
	SIZE_T len = 0;
	NTSTATUS status;

	if (t->dying)
		return true;
	status = ExQueryThreadText(t->thread, "task/stat", text, sizeof(text) - 1, &len);
	if (!NT_SUCCESS(status) && status != STATUS_BUFFER_OVERFLOW)
		return false;
	text[len < sizeof(text) ? len : sizeof(text) - 1] = '\0';
	p = strrchr(text, ')');
	return p && p[1] && (p[2] == 'Z' || p[2] == 'X');
}

/* *shared: nobody would take it now. */
static struct task *choose(struct task **list, int n, int sig, bool *shared)
{
	bool any = sig == LX_SIGKILL || sig == LX_SIGSTOP || sig == LX_SIGCONT;
	struct task *fallback = NULL;

	for (int i = 0; i < n; i++) {
		if (list[i]->dying)
			continue;
		*shared = n == 1;
		if (n == 1)
			return list[i];
		if ((any || wants_signal(list[i], sig)) && !has_ended(list[i]))
			return list[i];
		if (!fallback)
			fallback = list[i];
	}
	*shared = true;
	return fallback;
}

/*
 * The thread that takes a signal for the group: the leader if it does not block it, else any that does
 * not, else whoever unblocks it first (shared). task: a reference, or NULL when all have ended.
 */
static struct target pick_thread(struct tgroup *tg, int sig)
{
	struct task *list[TGROUP_TASKS_MAX];
	struct target to = { 0 };
	int n = tgroup_tasks(tg, list, TGROUP_TASKS_MAX);

	to.task = choose(list, n, sig, &to.shared);
	for (int i = 0; i < n; i++)
		if (list[i] != to.task)
			task_put(list[i]);
	return to;
}

/* A thread that ends under our hands hands its signal on to another. */
int signal_send_group(struct tgroup *tg, const struct lx_siginfo *info)
{
	struct target to;
	int err = -LX_ESRCH;

	if (!info->si_signo || !tg->process)
		return 0;
	for (int tries = 0; tries < TGROUP_TASKS_MAX && err == -LX_ESRCH; tries++) {
		to = pick_thread(tg, info->si_signo);
		if (!to.task)
			return 0; /* a zombie takes everything */
		err = send(&to, info, NULL);
		task_put(to.task);
	}
	return err == -LX_ESRCH ? 0 : err;
}

int signal_send_pgrp(int pgid, const struct lx_siginfo *info)
{
	struct tgroup **list = pgid > 0 ? tgroups_of(pgid) : NULL;
	int err = -LX_ESRCH;

	for (struct tgroup **p = list; p && *p; p++) {
		int one = signal_send_group(*p, info);

		if (err)
			err = one;
	}
	tgroups_put(list);
	return err;
}

/* As if t had sent it to itself. */
static int punish(struct task *t, int sig, int err)
{
	struct lx_siginfo info;

	signal_info_user(&info, sig, LX_SI_USER, t);
	signal_send_task(t, &info);
	return err;
}

int signal_epipe(struct task *t)
{
	return punish(t, LX_SIGPIPE, -LX_EPIPE);
}

int signal_xfsz(struct task *t)
{
	return punish(t, LX_SIGXFSZ, -LX_EFBIG);
}

static bool timer_queued(struct tgroup *tg, const struct itimer *timer)
{
	struct sigq *q;
	bool found = false;

	lk_acquire(&tg->lock);
	list_for_each(q, &tg->sig_queue, link)
		found = found || q->timer == timer;
	lk_release(&tg->lock);
	return found;
}

bool signal_timer_pending(struct tgroup *tg, struct task *t, const struct itimer *timer, int sig)
{
	PICO_SIGNAL_STATE st;
	bool pending;

	if (!timer_queued(tg, timer))
		return false;
	t = t ? task_get(t) : pick_thread(tg, sig).task;
	pending = t && signal_state(t, &st) && (st.Pending | st.GroupPending) & LX_SIGBIT(sig);
	task_put(t);
	if (pending)
		return true;
	lk_acquire(&tg->lock);
	signal_forget_timer(tg, timer);
	lk_release(&tg->lock);
	return false;
}

void signal_send_timer(struct tgroup *tg, struct task *t, struct itimer *timer,
		       const struct lx_siginfo *info)
{
	struct target to = { t ? task_get(t) : NULL, false };

	if (!t)
		to = pick_thread(tg, info->si_signo);
	if (to.task)
		send(&to, info, timer);
	task_put(to.task);
}

/* The oldest entry for t that the host has not been told of; it counts as told from now on. */
static bool next_unsent(struct task *t, struct lx_siginfo *info)
{
	struct tgroup *tg = t->tg;
	struct sigq *q;
	bool found = false;

	lk_acquire(&tg->lock);
	list_for_each(q, &tg->sig_queue, link) {
		if (!q->unsent || (q->target && q->target != t))
			continue;
		*info = q->info;
		q->unsent = false;
		found = true;
		break;
	}
	lk_release(&tg->lock);
	return found;
}

void signal_flush_unsent(struct task *t)
{
	struct lx_siginfo info;

	if (atomic_exchange(&t->unsent, 0))
		while (next_unsent(t, &info))
			pend(&(struct target){ t, false }, &info);
}
