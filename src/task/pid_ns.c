/* SPDX-License-Identifier: MIT */
/*
 * pid_ns.c - name spaces of process numbers (pid_namespaces(7)): which one a child is born in, what its init is
 * spared, what the end of its init means. The numbers themselves: pid.c.
 *
 * A name space lives while a thread group, a task's children-to-be, an open file or a mounted /proc has it. Its
 * init ends last: when the init's host process is gone everybody else in it is killed, and the init becomes a
 * zombie once they have all left the tables. Whom it had not waited for, lxcore takes out.
 */
#include "pid_ns.h"
#include "base/alloc.h"
#include <string.h>

#define FAULT_SIGNALS                                                          \
	(LX_SIGBIT(LX_SIGSEGV) | LX_SIGBIT(LX_SIGBUS) | LX_SIGBIT(LX_SIGILL) | \
	 LX_SIGBIT(LX_SIGFPE) | LX_SIGBIT(LX_SIGTRAP) | LX_SIGBIT(LX_SIGSYS))
#define UNCATCHABLE (LX_SIGBIT(LX_SIGKILL) | LX_SIGBIT(LX_SIGSTOP))

/* ---- objects ---- */

static void pid_ns_free(struct ns *base)
{
	struct pid_ns *ns = container_of(base, struct pid_ns, ns);

	lk_acquire(&tasks_lock);
	pid_forget_ns(ns);
	lk_release(&tasks_lock);
	pid_ns_put(ns->parent);
	mem_free(ns->map);
	mem_free(ns);
}

int pid_ns_new(struct pid_ns *parent, struct pid_ns **out)
{
	struct pid_ns *ns;

	if (parent->level + 1 >= PID_LEVELS)
		return -LX_ENOSPC;
	ns = mem_alloc(sizeof(*ns));
	if (ns)
		ns->map = mem_alloc(PID_MAX * sizeof(*ns->map));
	if (!ns || !ns->map) {
		mem_free(ns);
		return -LX_ENOMEM;
	}
	ns->parent = pid_ns_get(parent);
	ns->level = parent->level + 1;
	ns_init(&ns->ns, NS_PID, pid_ns_free);
	*out = ns;
	return 0;
}

struct pid_ns *pid_ns_get(struct pid_ns *ns)
{
	ns_get(&ns->ns);
	return ns;
}

void pid_ns_put(struct pid_ns *ns)
{
	if (ns)
		ns_put(&ns->ns);
}

struct ns *pid_ns_base(struct pid_ns *ns)
{
	return ns ? &ns->ns : NULL;
}

struct pid_ns *pid_ns_of_base(struct ns *base)
{
	return container_of(base, struct pid_ns, ns);
}

struct pid_ns *task_pid_ns(const struct task *t)
{
	return t && t->tg ? t->tg->ns : &pid_ns_first;
}

int pid_seen(const struct task *t, int pid)
{
	return pid > 0 ? pid_seen_in(task_pid_ns(t), pid) : pid;
}

int pid_meant(const struct task *t, int nr)
{
	return pid_meant_in(task_pid_ns(t), nr);
}

int pid_ns_parent(struct task *t, struct ns *base, struct ns **out)
{
	struct pid_ns *parent = container_of(base, struct pid_ns, ns)->parent;

	if (!parent || !pid_ns_inside(parent, task_pid_ns(t)))
		return -LX_EPERM;
	*out = ns_get(&parent->ns);
	return 0;
}

bool tgroup_is_ns_init(const struct tgroup *tg)
{
	return tg->ns->level && tg->ns->init == tg;
}

/* ---- which one a child is born in ---- */

struct pid_ns *task_pid_ns_get(struct task *t, bool for_children)
{
	struct pid_ns *ns;

	lk_acquire(&tasks_lock);
	lk_acquire(&t->lock);
	ns = for_children && t->child_ns ? t->child_ns : t->tg->ns;
	if (ns->level && !ns->init && ns != t->tg->ns)
		ns = NULL;
	if (ns)
		pid_ns_get(ns);
	lk_release(&t->lock);
	lk_release(&tasks_lock);
	return ns;
}

void task_set_child_ns(struct task *t, struct pid_ns *ns)
{
	struct pid_ns *old;

	lk_acquire(&t->lock);
	old = t->child_ns;
	t->child_ns = ns;
	lk_release(&t->lock);
	pid_ns_put(old);
}

int pid_ns_for_clone(struct task *t, uint64_t flags, struct pid_ns **out)
{
	if (flags & LX_CLONE_NEWPID)
		return t->child_ns ? -LX_EINVAL : pid_ns_new(t->tg->ns, out);
	*out = pid_ns_get(t->child_ns ? t->child_ns : t->tg->ns);
	return 0;
}

/* ---- births and deaths ---- */

void pid_ns_add(struct tgroup *tg)
{
	for (struct pid_ns *ns = tg->ns; ns; ns = ns->parent)
		ns->population++;
	if (!tg->ns->init && pid_seen_locked(tg->ns, tg->pid) == PID_INIT)
		tg->ns->init = tg;
}

void pid_ns_remove(struct tgroup *tg)
{
	for (struct pid_ns *ns = tg->ns; ns; ns = ns->parent)
		ns->population--;
	if (tg->ns->init == tg) {
		tg->ns->init = NULL;
		tg->ns->closed = tg->ns->level != 0;
	}
}

static int kill_member(struct tgroup *tg, void *arg)
{
	struct pid_ns *ns = arg;

	if (pid_ns_inside(tg->ns, ns) && tg != ns->init)
		tgroup_kill(tg);
	return 0;
}

int task_last_pid(const struct task *t)
{
	int last;

	lk_acquire(&tasks_lock);
	last = task_pid_ns(t)->last;
	lk_release(&tasks_lock);
	return last;
}

int task_set_last_pid(struct task *t, int64_t last)
{
	if (last < 0 || last > PID_MAX)
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	t->tg->ns->last = (int)last;
	lk_release(&tasks_lock);
	return 0;
}

void pid_ns_close(struct tgroup *tg, struct list *dead)
{
	struct tgroup *c, *tmp;

	lk_acquire(&tasks_lock);
	tg->ns->closed = true;
	list_for_each_safe(c, tmp, &tg->children, sibling)
		if (c->state == TG_ZOMBIE && !c->notifying) {
			tgroup_unpublish(c);
			list_add_tail(dead, &c->sibling);
		}
	lk_release(&tasks_lock);
	tgroup_for_each(kill_member, tg->ns);
}

int pid_ns_wait_status(const struct tgroup *tg, int wait_status)
{
	return tgroup_is_ns_init(tg) && tg->ns->reboot ? tg->ns->reboot : wait_status;
}

/* reboot(2) ends the init of t's name space, and so everybody in it: also t, who hears of nothing else any more. */
int pid_ns_reboot(struct task *t, int sig)
{
	struct pid_ns *ns = t->tg->ns;
	struct tgroup *init;

	lk_acquire(&tasks_lock);
	ns->reboot = sig;
	init = ns->init ? tgroup_get(ns->init) : NULL;
	lk_release(&tasks_lock);
	if (init) {
		tgroup_kill(init);
		tgroup_put(init);
	}
	while (!task_sleep_killable(t))
		;
	return -LX_ERESTARTSYS;
}

bool pid_ns_keeps(const struct tgroup *tg)
{
	return tgroup_is_ns_init(tg) && tg->ns->population > 1;
}

struct tgroup *pid_ns_released(struct tgroup *tg)
{
	struct tgroup *found = NULL, *init;

	lk_acquire(&tasks_lock);
	for (struct pid_ns *ns = tg->ns; ns->level && !found; ns = ns->parent) {
		init = ns->init;
		if (init && tgroup_take_end(init))
			found = tgroup_get(init);
	}
	lk_release(&tasks_lock);
	return found;
}

/* ---- what an init is spared ---- */

bool pid_ns_outside(const struct tgroup *tg)
{
	struct task *from = tg->ns->level ? task_current() : NULL;

	return !from || !pid_seen_in(tg->ns, from->tg->pid);
}

bool pid_ns_shields(struct task *t, const struct lx_siginfo *info)
{
	uint64_t bit = LX_SIGBIT(info->si_signo);
	PICO_SIGNAL_STATE st;

	if (!tgroup_is_ns_init(t->tg))
		return false;
	if (UNCATCHABLE & bit)
		return !pid_ns_outside(t->tg);
	return !t->ptrace && signal_state(t, &st) &&
	       !((st.Caught | st.Blocked | t->sigwait_set) & bit);
}

bool pid_ns_drops(struct task *t, int sig, const struct lx_siginfo *info)
{
	uint64_t bit = LX_SIGBIT(sig);
	PICO_SIGNAL_STATE st;

	if (!tgroup_is_ns_init(t->tg) || UNCATCHABLE & bit)
		return false;
	if (FAULT_SIGNALS & bit && info->si_code > 0)
		return false; /* its own doing */
	return signal_state(t, &st) && !(st.Caught & bit);
}
