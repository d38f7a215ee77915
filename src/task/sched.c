/* SPDX-License-Identifier: MIT */
/* sched.c - who may give which scheduling attributes to whom (sched(7)); they are kept, not enforced. */
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

/* Returns a reference in *out; NULL for /init, which is no task here. */
static int find(struct task *t, int pid, struct task **out)
{
	*out = pid ? task_find(pid) : task_get(t);
	return *out || pid == PID_INIT ? 0 : -LX_ESRCH;
}

static struct task_sched read_sched(struct task *target)
{
	struct task_sched s;

	lk_acquire(&target->lock);
	s = target->sched;
	lk_release(&target->lock);
	return s;
}

int task_sched_get(struct task *t, int pid, struct task_sched *out)
{
	struct task *target;
	int err = find(t, pid, &target);

	*out = (struct task_sched){ 0 };
	if (!err && target)
		*out = read_sched(target);
	task_put(target);
	return err;
}

/* The caller is the target's owner. */
static bool same_owner(struct task *t, struct task *target)
{
	struct cred *c = target ? task_cred(target) : NULL;
	bool same = c ? t->cred->euid == c->euid || t->cred->euid == c->uid : !t->cred->euid;

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
static bool unprivileged(struct task *t, struct task *target, const struct task_sched *now,
			 const struct lx_sched_attr *a)
{
	struct tgroup *tg = target ? target->tg : init_tgroup;
	uint64_t nice_limit = tg->rlimit[LX_RLIMIT_NICE].rlim_cur;
	uint64_t prio_limit = tg->rlimit[LX_RLIMIT_RTPRIO].rlim_cur;
	bool ordinary = !is_realtime(a->policy) && a->policy != LX_SCHED_DEADLINE;

	if (a->policy == LX_SCHED_DEADLINE || !same_owner(t, target))
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
	struct task_sched now = { 0 };
	struct lx_sched_attr a;
	struct task *target;
	int err = find(t, pid, &target);

	if (err)
		return err;
	if (target)
		now = read_sched(target);
	a = completed(asked, &now);
	err = check_values(&a);
	if (!err && !unprivileged(t, target, &now, &a) && !cred_capable(t->cred, LX_CAP_SYS_NICE))
		err = -LX_EPERM;
	if (!err && target)
		apply(target, &a);
	task_put(target);
	return err;
}

int task_set_affinity(struct task *t, int pid, uint64_t mask)
{
	struct task *target;
	int err = find(t, pid, &target);

	if (err)
		return err;
	if (!same_owner(t, target) && !cred_capable(t->cred, LX_CAP_SYS_NICE)) {
		err = -LX_EPERM;
	} else if (target) {
		lk_acquire(&target->lock);
		target->sched.affinity = mask;
		lk_release(&target->lock);
	}
	task_put(target);
	return err;
}
