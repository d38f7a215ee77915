/* SPDX-License-Identifier: MIT */
/*
 * task.c - one guest thread: its structure, its entry in the tables, its end as a structure.
 *
 * A task lives as long as the host thread it stands for (the ETHREAD's context is a reference), and
 * while somebody holds a reference. Its files and the rest go earlier: task_release() in exit.c.
 */
#include "ptrace.h"
#include "base/alloc.h"
#include "lxrun/vfs.h"

struct lk tasks_lock = LK_INIT(TASKS);
struct list task_groups = LIST_INIT(task_groups);
PS_PICO_ROUTINES pico;

#define DEFAULT_TIMER_SLACK_NS 50000

struct task *task_new(struct tgroup *tg)
{
	struct task *t = mem_alloc(sizeof(*t));

	if (!t)
		return NULL;
	refs_init(&t->refs);
	t->tg = tgroup_get(tg);
	lk_init(&t->lock, LR_TASK);
	list_init(&t->tg_link);
	list_init(&t->grave_link);
	KeInitializeEvent(&t->wake, SynchronizationEvent, FALSE);
	t->timer_slack_ns = t->timer_slack_default_ns = DEFAULT_TIMER_SLACK_NS;
	return t;
}

struct task *task_get(struct task *t)
{
	refs_get(&t->refs);
	return t;
}

void task_put(struct task *t)
{
	if (!t || !refs_put(&t->refs))
		return;
	task_release(t);
	if (t->thread)
		ObDereferenceObject(&t->thread->Object);
	tgroup_put(t->tg);
	mem_free(t);
}

void task_publish(struct task *t, int tid)
{
	struct tgroup *tg = t->tg;

	lk_assert_held(&tasks_lock);
	t->tid = tid;
	if (!tg->leader && tid == tg->pid)
		tg->leader = t;
	list_add_tail(&tg->tasks, &t->tg_link);
	tg->nr_tasks++;
	tg->nr_unreleased++;
	pid_set_task(tid, t);
}

void task_unpublish(struct task *t)
{
	struct tgroup *tg = t->tg;

	lk_assert_held(&tasks_lock);
	if (list_empty(&t->tg_link))
		return;
	list_del(&t->tg_link);
	cgroup_exit(t);
	tg->nr_tasks--;
	if (tg->leader == t)
		tg->leader = NULL;
	/* After an exec by another thread of the group the number is that thread's. */
	if (pid_task(t->tid) == t)
		pid_set_task(t->tid, NULL);
}

struct task *task_find(int tid)
{
	struct task *t;

	lk_acquire(&tasks_lock);
	t = pid_task(tid);
	if (t)
		task_get(t);
	lk_release(&tasks_lock);
	return t;
}

struct task *task_current(void)
{
	PETHREAD thread = PsGetCurrentThread();

	return thread && thread->Pico ? pico.GetThreadContext(thread) : NULL;
}

int task_file(struct task *t, int fd, struct file **out)
{
	struct fdtable *ft;
	bool cloexec;
	int found = -1;

	lk_acquire(&t->lock);
	ft = t->files ? fdtable_get(t->files) : NULL;
	lk_release(&t->lock);
	if (!ft)
		return -LX_EBADF;
	if (fd >= 0)
		found = fdtable_next(ft, fd, out, &cloexec);
	if (found >= 0 && found != fd)
		file_put(*out);
	fdtable_put(ft);
	return found >= 0 && found == fd ? 0 : -LX_EBADF;
}

char task_state_letter(struct tgroup *tg, struct task *t)
{
	char letter;

	lk_acquire(&tasks_lock);
	if (!t)
		t = tg->leader;
	if (tg->state == TG_ZOMBIE)
		letter = 'Z';
	else if (tg->state == TG_DEAD)
		letter = 'X';
	else if (t && t->ptrace && t->ptrace->stopped)
		letter = 't';
	else if (tg->state == TG_STOPPED)
		letter = 'T';
	else
		letter = t && t->sleeping ? 'S' : 'R';
	lk_release(&tasks_lock);
	return letter;
}
