/* SPDX-License-Identifier: MIT */
/*
 * tgroup.c - thread groups ("processes"): structure, tables, iteration; address-space records.
 *
 * The reference a group is born with is dropped by whoever takes it out of the tables: wait4, /init,
 * or the exit itself when the parent does not care.
 */
#include "pid_ns.h"
#include "base/alloc.h"
#include "lxrun/tty.h"

static _Atomic uint64_t next_sighand, next_life;

struct tgroup *tgroup_new(void)
{
	struct tgroup *tg = mem_alloc(sizeof(*tg));

	if (!tg)
		return NULL;
	refs_init(&tg->refs);
	list_init(&tg->all_link);
	list_init(&tg->children);
	list_init(&tg->tracees);
	list_init(&tg->dead_tracees);
	list_init(&tg->sibling);
	list_init(&tg->tasks);
	list_init(&tg->sig_queue);
	list_init(&tg->timers);
	waitq_init(&tg->child_wait);
	waitq_init(&tg->end_wait);
	lk_init(&tg->lock, LR_SIGNAL);
	tg->life = ++next_life;
	tg->ns = pid_ns_get(&pid_ns_first);
	tg->state = TG_NEW;
	tg->start_ns = KeQueryMonotonicNs();
	tg->dumpable = 1;
	tg->sighand_id = ++next_sighand;
	return tg;
}

struct tgroup *tgroup_get(struct tgroup *tg)
{
	refs_get(&tg->refs);
	return tg;
}

void tgroup_put(struct tgroup *tg)
{
	if (!tg || !refs_put(&tg->refs))
		return;
	signal_purge(tg, NULL);
	tty_put(tg->tty);
	pid_ns_put(tg->ns);
	cred_put(tg->last_cred);
	if (tg->process)
		ObDereferenceObject(&tg->process->Object);
	mem_free(tg);
}

void tgroup_set_ids(struct tgroup *tg, int pgid, int sid)
{
	lk_assert_held(&tasks_lock);
	pid_count_member(pgid, 1);
	pid_count_member(sid, 1);
	pid_count_member(tg->pgid, -1);
	pid_count_member(tg->sid, -1);
	tg->pgid = pgid;
	tg->sid = sid;
}

void tgroup_publish(struct tgroup *tg, int pid, struct tgroup *parent, int pgid, int sid)
{
	lk_assert_held(&tasks_lock);
	tg->pid = pid;
	tg->parent = parent;
	tg->state = TG_RUNNING;
	tgroup_set_ids(tg, pgid, sid);
	list_add_tail(&task_groups, &tg->all_link);
	if (parent)
		list_add_tail(&parent->children, &tg->sibling);
	pid_set_tgroup(pid, tg);
	pid_ns_add(tg);
}

void tgroup_unpublish(struct tgroup *tg)
{
	lk_assert_held(&tasks_lock);
	tg->state = TG_DEAD;
	tgroup_set_ids(tg, 0, 0);
	list_del(&tg->all_link);
	list_del(&tg->sibling);
	pid_ns_remove(tg);
	pid_set_tgroup(tg->pid, NULL);
}

void tgroup_kill(struct tgroup *tg)
{
	bool gone;

	lk_acquire(&tasks_lock);
	tg->killed = true;
	gone = tg->exited;
	lk_release(&tasks_lock);
	if (tg->process && !gone)
		pico.TerminateProcess(tg->process, STATUS_PROCESS_IS_TERMINATING);
}

struct tgroup *tgroup_find(int pid)
{
	struct tgroup *tg;

	lk_acquire(&tasks_lock);
	tg = pid_tgroup(pid);
	if (tg)
		tgroup_get(tg);
	lk_release(&tasks_lock);
	return tg;
}

/* In the order of numbers: stable while groups come and go in between. */
int tgroup_for_each(int (*fn)(struct tgroup *tg, void *arg), void *arg)
{
	struct tgroup *tg;
	int pid = 0, result = 0;

	while (!result) {
		lk_acquire(&tasks_lock);
		pid = pid_next_tgroup(pid);
		tg = pid ? tgroup_get(pid_tgroup(pid)) : NULL;
		lk_release(&tasks_lock);
		if (!tg)
			break;
		result = fn(tg, arg);
		tgroup_put(tg);
	}
	return result;
}

int tgroup_tids(struct tgroup *tg, int *tids, int max)
{
	struct task *t;
	int n = 0;

	lk_acquire(&tasks_lock);
	list_for_each(t, &tg->tasks, tg_link)
		if (n < max)
			tids[n++] = t->tid;
	lk_release(&tasks_lock);
	return n;
}

int tgroup_tasks(struct tgroup *tg, struct task **list, int max)
{
	struct task *t;
	int n = 0;

	lk_acquire(&tasks_lock);
	if (tg->leader && n < max)
		list[n++] = task_get(tg->leader);
	list_for_each(t, &tg->tasks, tg_link)
		if (t != tg->leader && n < max)
			list[n++] = task_get(t);
	lk_release(&tasks_lock);
	return n;
}

struct task *tgroup_any_task(struct tgroup *tg)
{
	struct task *t = NULL;

	return tgroup_tasks(tg, &t, 1) ? t : NULL;
}

struct tgroup *tgroup_of_thread(int tid)
{
	struct tgroup *tg;

	lk_acquire(&tasks_lock);
	tg = pid_tgroup(tid);
	if (!tg && pid_task(tid))
		tg = pid_task(tid)->tg;
	if (tg)
		tgroup_get(tg);
	lk_release(&tasks_lock);
	return tg;
}

struct cred *tgroup_last_cred(struct tgroup *tg)
{
	struct cred *c = NULL;

	lk_acquire(&tasks_lock);
	if (tg->last_cred)
		c = cred_get(tg->last_cred);
	lk_release(&tasks_lock);
	return c;
}

struct cred *tgroup_cred(struct tgroup *tg)
{
	struct task *t = tgroup_any_task(tg);
	struct cred *c = t ? task_cred(t) : tgroup_last_cred(tg);

	task_put(t);
	return c;
}

struct cred *cred_of_thread(int tid)
{
	struct task *t = task_find(tid);
	struct tgroup *tg = t ? NULL : tgroup_of_thread(tid);
	struct cred *c = t ? task_cred(t) : tg ? tgroup_last_cred(tg) : NULL;

	task_put(t);
	tgroup_put(tg);
	return c;
}

int tgroup_ppid(struct tgroup *tg)
{
	int ppid;

	lk_acquire(&tasks_lock);
	ppid = tg->parent ? tg->parent->pid : 0;
	lk_release(&tasks_lock);
	return ppid;
}

static bool in_selection(const struct tgroup *tg, int pgid)
{
	return pgid ? tg->pgid == pgid : tg != init_tgroup;
}

struct tgroup **tgroups_of(int pgid)
{
	struct tgroup *tg, **list;
	size_t n = 0;

	lk_acquire(&tasks_lock);
	list_for_each(tg, &task_groups, all_link)
		n += in_selection(tg, pgid);
	list = mem_alloc((n + 1) * sizeof(*list));
	n = 0;
	if (list)
		list_for_each(tg, &task_groups, all_link)
			if (in_selection(tg, pgid))
				list[n++] = tgroup_get(tg);
	lk_release(&tasks_lock);
	return list;
}

int task_pid_of_host(int host)
{
	struct tgroup *tg;
	int pid = 0;

	lk_acquire(&tasks_lock);
	list_for_each(tg, &task_groups, all_link)
		if (tg->process && tg->process->HostPid == host)
			pid = tg->pid;
	lk_release(&tasks_lock);
	return pid;
}

void tgroups_put(struct tgroup **list)
{
	for (struct tgroup **p = list; p && *p; p++)
		tgroup_put(*p);
	mem_free(list);
}

struct mm *mm_get(struct mm *mm)
{
	refs_get(&mm->refs);
	return mm;
}

void mm_put(struct mm *mm)
{
	if (!mm || !refs_put(&mm->refs))
		return;
	if (mm->exe)
		file_put(mm->exe);
	mem_free(mm->cmdline);
	mem_free(mm);
}
