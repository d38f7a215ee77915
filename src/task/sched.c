/* SPDX-License-Identifier: MIT */
/* sched.c - who may give which scheduling attributes to whom (sched(7)); they are kept, not enforced. */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "lxrun/sched.h"

#define DEADLINE_RUNTIME_MIN 1024u /* ns: shorter is below the kernel's own resolution */

struct task_sched sched_for_child(const struct task_sched *s)
{
	struct task_sched c = *s;

	if (!s->reset_on_fork)
		return c;
	c.reset_on_fork = false;
	if (c.policy == LX_SCHED_FIFO || c.policy == LX_SCHED_RR || c.policy == LX_SCHED_DEADLINE) {
		c.policy = LX_SCHED_OTHER;
		c.priority = 0;
		c.runtime = c.deadline = c.period = 0;
	}
	if (c.nice < 0)
		c.nice = 0;
	return c;
}

/* Whom a number names: a task, or a group without one: /init, a zombie. References. */
struct named {
	struct task *task;
	struct tgroup *tg;
};

static int find(struct task *t, int pid, struct named *out)
{
	out->task = pid ? task_find(pid_meant(t, pid)) : task_get(t);
	out->tg = out->task ? tgroup_get(out->task->tg) : tgroup_find(pid_meant(t, pid));
	return out->tg ? 0 : -LX_ESRCH;
}

static void put(struct named *n)
{
	task_put(n->task);
	tgroup_put(n->tg);
}

static struct task_sched read_sched(const struct named *n)
{
	struct task_sched s;

	if (!n->task)
		return n->tg->last_sched;
	lk_acquire(&n->task->lock);
	s = n->task->sched;
	lk_release(&n->task->lock);
	return s;
}

int task_sched_get(struct task *t, int pid, struct task_sched *out)
{
	struct named n;
	int err = find(t, pid, &n);

	if (err)
		return err;
	*out = read_sched(&n);
	put(&n);
	return 0;
}

/* The caller is the target's owner. */
static bool same_owner(struct task *t, const struct named *n)
{
	struct cred *c = n->task ? task_cred(n->task) : NULL;
	bool same = c ? t->cred->euid == c->euid || t->cred->euid == c->uid
		      : t->cred->euid == n->tg->uid;

	cred_put(c);
	return same;
}

static bool is_realtime(uint32_t policy)
{
	return policy == LX_SCHED_FIFO || policy == LX_SCHED_RR;
}

static bool valid_deadline(const struct lx_sched_attr *a)
{
	uint64_t period = a->period ? a->period : a->deadline;

	return a->deadline && a->runtime >= DEADLINE_RUNTIME_MIN && a->runtime <= a->deadline &&
	       a->deadline <= period && !((a->deadline | period) >> 63);
}

static int check_values(const struct lx_sched_attr *a)
{
	switch (a->policy) {
	case LX_SCHED_OTHER:
	case LX_SCHED_BATCH:
	case LX_SCHED_IDLE:
		return a->priority ? -LX_EINVAL : 0;
	case LX_SCHED_FIFO:
	case LX_SCHED_RR:
		return a->priority < LX_SCHED_PRIO_FIRST || a->priority > LX_SCHED_PRIO_LAST
			       ? -LX_EINVAL
			       : 0;
	case LX_SCHED_DEADLINE:
		return a->priority || !valid_deadline(a) ? -LX_EINVAL : 0;
	}
	return -LX_EINVAL;
}

/* Whether what is asked needs no CAP_SYS_NICE: own tasks, within the limits, nothing strengthened. */
static bool unprivileged(struct task *t, const struct named *n, const struct task_sched *now,
			 const struct lx_sched_attr *a)
{
	const struct tgroup *tg = n->tg;
	uint64_t nice_limit = tg->rlimit[LX_RLIMIT_NICE].rlim_cur;
	uint64_t prio_limit = tg->rlimit[LX_RLIMIT_RTPRIO].rlim_cur;
	bool ordinary = !is_realtime(a->policy) && a->policy != LX_SCHED_DEADLINE;

	if (a->policy == LX_SCHED_DEADLINE || !same_owner(t, n))
		return false;
	if (ordinary && a->nice < now->nice && (uint64_t)(20 - a->nice) > nice_limit)
		return false;
	if (is_realtime(a->policy)) {
		if ((int)a->policy != now->policy && !prio_limit)
			return false;
		if ((int)a->priority > now->priority && a->priority > prio_limit)
			return false;
	}
	if (now->policy == LX_SCHED_IDLE && a->policy != LX_SCHED_IDLE &&
	    (uint64_t)(20 - now->nice) > nice_limit)
		return false;
	return !(now->reset_on_fork && !(a->flags & LX_SCHED_FLAG_RESET_ON_FORK));
}

static void apply(struct task *target, const struct lx_sched_attr *a)
{
	struct task_sched *s = &target->sched;

	lk_acquire(&target->lock);
	s->policy = (int)a->policy;
	s->reset_on_fork = a->flags & LX_SCHED_FLAG_RESET_ON_FORK;
	if (!(a->flags & LX_SCHED_FLAG_KEEP_PARAMS)) {
		s->priority = (int)a->priority;
		if (!is_realtime(a->policy) && a->policy != LX_SCHED_DEADLINE)
			s->nice = a->nice;
		s->runtime = a->runtime;
		s->deadline = a->deadline;
		s->period = a->period;
	}
	lk_release(&target->lock);
	task_apply_nice(target);
}

/* The parts that are to stay are taken from the task itself. */
static struct lx_sched_attr completed(const struct lx_sched_attr *asked,
				      const struct task_sched *now)
{
	struct lx_sched_attr a = *asked;

	if (a.flags & LX_SCHED_FLAG_KEEP_POLICY) {
		a.policy = (uint32_t)now->policy;
		if (now->reset_on_fork)
			a.flags |= LX_SCHED_FLAG_RESET_ON_FORK;
	}
	if (a.flags & LX_SCHED_FLAG_KEEP_PARAMS) {
		a.priority = (uint32_t)now->priority;
		a.nice = now->nice;
		a.runtime = now->runtime;
		a.deadline = now->deadline;
		a.period = now->period;
	}
	return a;
}

int task_sched_set(struct task *t, int pid, const struct lx_sched_attr *asked)
{
	struct lx_sched_attr a;
	struct task_sched now;
	struct named n;
	int err = find(t, pid, &n);

	if (err)
		return err;
	now = read_sched(&n);
	a = completed(asked, &now);
	err = check_values(&a);
	if (!err && !unprivileged(t, &n, &now, &a) && !cred_capable(t->cred, LX_CAP_SYS_NICE))
		err = -LX_EPERM;
	if (!err && n.task)
		apply(n.task, &a);
	put(&n);
	return err;
}

int task_set_affinity(struct task *t, int pid, uint64_t mask)
{
	struct named n;
	int err = find(t, pid, &n);

	if (err)
		return err;
	if (!same_owner(t, &n) && !cred_capable(t->cred, LX_CAP_SYS_NICE)) {
		err = -LX_EPERM;
	} else if (n.task) {
		lk_acquire(&n.task->lock);
		n.task->sched.affinity = mask;
		lk_release(&n.task->lock);
	}
	put(&n);
	return err;
}
