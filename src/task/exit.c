/* SPDX-License-Identifier: MIT */
/*
 * exit.c - the end of tasks and thread groups.
 *
 * The host thread is already dead when ExitThread comes, on the trace thread. What the task holds may
 * still be in use by the service thread that works for its last call, so whoever is last - trace
 * thread or service thread, told apart by one atomic exchange on in_call - releases it. A group becomes
 * a zombie when its host process is gone (ExitProcess) and all its tasks are released: a parent that
 * has waited for a child finds the child's pipes closed and locks free, as on Linux.
 *
 * The structure itself goes later still: a receiver may have taken the dead thread's last notification
 * already and be about to enter DispatchSystemCall with its ETHREAD. Dead tasks lie in the graveyard
 * until the ETHREAD has no other reference; then nobody can come any more.
 */
#include "pid_ns.h"
#include "ptrace.h"
#include "lxrun/trace.h"
#include "lxrun/tty.h"
#include <stdatomic.h>
#include <string.h>

static struct list graveyard = LIST_INIT(graveyard); /* trace thread, and instance_stop after it */

void graveyard_add(struct task *t)
{
	list_add_tail(&graveyard, &t->grave_link);
}

void graveyard_sweep(void)
{
	struct task *t, *tmp;

	list_for_each_safe(t, tmp, &graveyard, grave_link) {
		if (t->thread && t->thread->Object.PointerCount.n > 1)
			continue;
		list_del(&t->grave_link);
		task_put(t);
	}
}

void task_release(struct task *t)
{
	struct fdtable *files;
	struct fs_context *fs;
	struct cred *cred;
	struct mm *mm;
	struct pid_ns *ns;

	lk_acquire(&t->lock);
	files = t->files;
	fs = t->fs;
	cred = t->cred;
	mm = t->mm;
	ns = t->child_ns;
	t->files = NULL;
	t->fs = NULL;
	t->cred = NULL;
	t->mm = NULL;
	t->child_ns = NULL;
	lk_release(&t->lock);
	task_set_uts(t, NULL);
	task_set_ipc(t, NULL);
	exec_release(t);
	if (files)
		fdtable_leave(files, t);
	if (fs)
		fs_context_put(fs);
	cred_put(cred);
	mm_put(mm);
	pid_ns_put(ns);
}

static void tgroup_exit(struct tgroup *tg);

bool tgroup_take_end(struct tgroup *tg)
{
	bool now = tg->exited && !tg->nr_unreleased && !tg->end_taken && !pid_ns_keeps(tg);

	lk_assert_held(&tasks_lock);
	tg->end_taken |= now;
	return now;
}

void tgroup_reap(struct tgroup *tg)
{
	struct tgroup *init;

	instance_group_gone(tg);
	while ((init = pid_ns_released(tg)) != NULL) {
		tgroup_exit(init);
		tgroup_put(init);
	}
	tgroup_put(tg);
}

static void free_list_reap(struct list *dead)
{
	while (!list_empty(dead)) {
		struct tgroup *tg = list_first(dead, struct tgroup, sibling);

		list_del(&tg->sibling);
		tgroup_reap(tg);
	}
}

/* Signals for one process group that its last outside parent leaves stopped. */
static void hangup_orphans(int pgid)
{
	struct lx_siginfo info;

	signal_info_user(&info, LX_SIGHUP, LX_SI_KERNEL, NULL);
	signal_send_pgrp(pgid, &info);
	signal_info_user(&info, LX_SIGCONT, LX_SI_KERNEL, NULL);
	signal_send_pgrp(pgid, &info);
}

static bool pgrp_has_stopped(int pgid)
{
	struct tgroup *tg;

	list_for_each(tg, &task_groups, all_link)
		if (tg->pgid == pgid && tg->state == TG_STOPPED)
			return true;
	return false;
}

#define ORPHANS_MAX 16
/* What the parent's death means to others, gathered under the lock, done without it. */
struct aftermath {
	struct list dead; /* zombie children: /init reaps them at once */
	struct tgroup *death_signal[ORPHANS_MAX];
	int nr_death_signal;
	int hangup[ORPHANS_MAX]; /* process groups */
	int nr_hangup;
	struct tgroup *adopted[ORPHANS_MAX]; /* zombies that a subreaper is to hear of */
	int nr_adopted;
};

static int death_signal_of(const struct tgroup *tg)
{
	const struct task *t;

	list_for_each(t, &tg->tasks, tg_link)
		if (t->pdeathsig)
			return t->pdeathsig;
	return 0;
}

/* A stopped group of the session that loses its last parent outside, because tg goes. */
static void note_orphaned(struct tgroup *tg, int pgid, struct aftermath *after)
{
	for (int i = 0; i < after->nr_hangup; i++)
		if (after->hangup[i] == pgid)
			return;
	if (after->nr_hangup < ORPHANS_MAX && pgrp_has_stopped(pgid) && pgrp_is_orphaned(pgid))
		after->hangup[after->nr_hangup++] = pgid;
}

/* An init for which lxcore waits: /init, and one whose host process is gone. */
static bool never_waits(const struct tgroup *p)
{
	return p == init_tgroup || (p->exited && tgroup_is_ns_init(p));
}

/* The parent does not want to wait (or never will): no zombie. tasks_lock held. */
static bool parent_waits_not(const struct tgroup *tg)
{
	struct tgroup *p = tg->parent;
	bool careless;

	if (never_waits(p))
		return true;
	lk_acquire(&p->lock);
	careless = p->sigchld.handler == LX_SIG_IGN || p->sigchld.flags & LX_SA_NOCLDWAIT;
	lk_release(&p->lock);
	return tg->exit_signal == LX_SIGCHLD && careless;
}

/* Who adopts tg's children: its nearest ancestor in its name space that asked for it (PR_SET_CHILD_SUBREAPER), or the init. */
static struct tgroup *reaper_of(const struct tgroup *tg)
{
	struct tgroup *p = tg->parent;

	while (p && p->ns == tg->ns && !(p->subreaper && !p->exited))
		p = p->parent;
	if (p && p->ns == tg->ns)
		return p;
	return tg->ns->init && tg->ns->init != tg ? tg->ns->init : init_tgroup;
}

/* Gives tg's children to their reaper. tasks_lock held; tg->exited is set. */
static void reparent_children(struct tgroup *tg, struct aftermath *after)
{
	struct tgroup *c, *tmp, *reaper = reaper_of(tg);

	list_for_each_safe(c, tmp, &tg->children, sibling) {
		bool outside = c->sid == tg->sid && c->pgid != tg->pgid;

		list_del(&c->sibling);
		c->parent = reaper;
		c->exit_signal = LX_SIGCHLD;
		if (c->state == TG_ZOMBIE && !c->notifying && parent_waits_not(c)) {
			tgroup_unpublish(c);
			list_add_tail(&after->dead, &c->sibling);
			continue;
		}
		list_add_tail(&reaper->children, &c->sibling);
		if (c->state == TG_ZOMBIE && !c->notifying && after->nr_adopted < ORPHANS_MAX)
			after->adopted[after->nr_adopted++] = tgroup_get(c);
		if (death_signal_of(c) && after->nr_death_signal < ORPHANS_MAX)
			after->death_signal[after->nr_death_signal++] = tgroup_get(c);
		if (outside)
			note_orphaned(tg, c->pgid, after);
	}
	if (tg->parent && tg->parent->sid == tg->sid && tg->parent->pgid != tg->pgid)
		note_orphaned(tg, tg->pgid, after);
}

static void send_death_signal(struct tgroup *tg)
{
	struct task *list[TGROUP_TASKS_MAX];
	struct lx_siginfo info;
	int n = tgroup_tasks(tg, list, TGROUP_TASKS_MAX);

	for (int i = 0; i < n; i++) {
		if (list[i]->pdeathsig) {
			signal_info_user(&info, list[i]->pdeathsig, LX_SI_USER, NULL);
			signal_send_task(list[i], &info);
		}
		task_put(list[i]);
	}
	tgroup_put(tg);
}

static int exit_code_of(int wait_status, int *status)
{
	if (!(wait_status & 0x7f)) {
		*status = wait_status >> 8 & 0xff;
		return LX_CLD_EXITED;
	}
	*status = wait_status & 0x7f;
	return wait_status & 0x80 ? LX_CLD_DUMPED : LX_CLD_KILLED;
}

/* A zombie has a new parent, a subreaper: as if it had ended now. */
static void tell_reaper(struct tgroup *tg)
{
	struct tgroup *parent;
	int status, code = exit_code_of(tg->wait_status, &status);

	notify_parent(tg, code, status);
	lk_acquire(&tasks_lock);
	parent = tgroup_get(tg->parent);
	lk_release(&tasks_lock);
	waitq_wake(&parent->child_wait);
	tgroup_put(parent);
	tgroup_put(tg);
}

static void finish_aftermath(struct aftermath *after)
{
	free_list_reap(&after->dead);
	for (int i = 0; i < after->nr_adopted; i++)
		tell_reaper(after->adopted[i]);
	for (int i = 0; i < after->nr_death_signal; i++)
		send_death_signal(after->death_signal[i]);
	for (int i = 0; i < after->nr_hangup; i++)
		hangup_orphans(after->hangup[i]);
}

/* From running to zombie, as the parent is to see it. True if nobody will wait for it. */
static bool become_zombie(struct tgroup *tg, struct aftermath *after)
{
	bool unwanted;

	lk_acquire(&tasks_lock);
	reparent_children(tg, after);
	unwanted = tg->never_ran || parent_waits_not(tg);
	tg->wait_status = tg->exit_status;
	tg->state = TG_ZOMBIE;
	tg->notifying = true;
	lk_release(&tasks_lock);
	return unwanted;
}

/* The last task of tg is released and its host process is gone. */
static void tgroup_exit(struct tgroup *tg)
{
	struct aftermath after = { .dead = LIST_INIT(after.dead) };
	struct tgroup *parent;
	bool unwanted;
	int code, status;

	tgroup_get(tg);
	timers_end(tg, false);
	signal_purge(tg, NULL);
	ptrace_tracer_ended(tg);
	if (tg->pid == tg->sid)
		tty_session_end(tg);
	rusage_of_group(tg, &tg->self_rusage);
	code = exit_code_of(tg->exit_status, &status);
	unwanted = become_zombie(tg, &after);
	if (!tg->never_ran)
		notify_parent(tg, code, status);
	lk_acquire(&tasks_lock);
	tg->notifying = false;
	parent = tgroup_get(tg->parent);
	/* The parent may have ended meanwhile: then the child is an init's. */
	unwanted = unwanted || never_waits(parent);
	if (unwanted)
		tgroup_unpublish(tg);
	lk_release(&tasks_lock);
	waitq_wake(&parent->child_wait);
	waitq_wake(&tg->end_wait);
	tgroup_put(parent);
	if (unwanted)
		tgroup_reap(tg);
	finish_aftermath(&after);
	tgroup_put(tg);
}

/* t's last user is done with it. */
static void task_finish(struct task *t)
{
	struct tgroup *tg = t->tg;
	bool last;

	task_release(t);
	lk_acquire(&tasks_lock);
	tg->nr_unreleased--;
	last = tgroup_take_end(tg);
	lk_release(&tasks_lock);
	if (last)
		tgroup_exit(tg);
}

void task_call_end(struct task *t)
{
	if (atomic_fetch_and(&t->in_call, ~TASK_IN_CALL) & TASK_GONE)
		task_finish(t);
}

bool task_call_begin(struct task *t)
{
	t->stop_kick = 0;
	if (t->alert_sent) {
		t->alert_sent = 0;
		KeTestAlertThread(&t->thread->Tcb);
	}
	if (atomic_fetch_or(&t->in_call, TASK_IN_CALL) & TASK_GONE) {
		atomic_fetch_and(&t->in_call, ~TASK_IN_CALL);
		return false;
	}
	return true;
}

/* What a zombie still shows of its leader. An exec of another thread makes that one the leader. */
static void keep_of_leader(struct task *t)
{
	struct cred *cred = task_cred(t), *old;
	char comm[sizeof(t->comm)];

	lk_acquire(&t->lock);
	memcpy(comm, t->comm, sizeof(comm));
	lk_release(&t->lock);
	lk_acquire(&tasks_lock);
	memcpy(t->tg->last_comm, comm, sizeof(comm));
	t->tg->last_sched = t->sched;
	old = t->tg->last_cred;
	t->tg->last_cred = cred;
	lk_release(&tasks_lock);
	cred_put(old);
}

void task_exit_thread(PETHREAD thread, int wait_status)
{
	struct task *t = pico.GetThreadContext(thread);

	if (thread->HostTid)
		trace_exit(t, wait_status);
	else
		clone_undo_pidfd(t);
	wait_status = core_wait_status(t->tg, wait_status);
	t->exit_status = wait_status;
	t->dying = 1;
	ptrace_task_ended(t, wait_status);
	if (t->tid == t->tg->pid)
		keep_of_leader(t);
	lk_acquire(&tasks_lock);
	task_unpublish(t);
	lk_release(&tasks_lock);
	core_task_gone(t->tg);
	waitq_wake(&t->tg->end_wait);
	pi_owner_gone(t);
	signal_purge(t->tg, t);
	graveyard_add(t);
	if (atomic_fetch_or(&t->in_call, TASK_GONE) & TASK_IN_CALL) {
		KeAlertThread(&thread->Tcb);
		task_wake(t);
	} else {
		task_finish(t);
	}
	graveyard_sweep();
}

void task_exit_process(PEPROCESS process, int wait_status)
{
	struct tgroup *tg = pico.GetProcessContext(process);
	struct list dead = LIST_INIT(dead);
	bool last;

	lk_acquire(&tasks_lock);
	tg->exited = true;
	tg->exit_status = pid_ns_wait_status(tg, core_wait_status(tg, wait_status));
	tg->never_ran = !process->HostPid;
	lk_release(&tasks_lock);
	if (tgroup_is_ns_init(tg))
		pid_ns_close(tg, &dead);
	lk_acquire(&tasks_lock);
	last = tgroup_take_end(tg);
	lk_release(&tasks_lock);
	free_list_reap(&dead);
	if (last)
		tgroup_exit(tg);
	graveyard_sweep();
}
