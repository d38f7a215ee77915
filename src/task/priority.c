/* SPDX-License-Identifier: MIT */
/*
 * priority.c - nice values and I/O priorities, of threads as on Linux. The host is told of nice values and
 * keeps those that the user who runs lxrun may ask for; I/O priorities are remembered, inherited, shown.
 */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "lxrun/sched.h"

struct prio_op {
	struct task *caller;
	int which, who, value;
	bool set, io;
	int found; /* tasks selected */
	int best;  /* GET: the strongest */
	int err;   /* SET */
};

static bool may_change(const struct prio_op *op, struct task *target)
{
	const struct cred *me = op->caller->cred;
	struct cred *c = task_cred(target);
	bool ok = cred_capable(me, LX_CAP_SYS_NICE) || !c || me->euid == c->uid ||
		  me->euid == c->euid || (op->io && me->uid == c->uid);

	cred_put(c);
	return ok;
}

void task_apply_nice(struct task *t)
{
	if (t->thread && t->thread->HostTid)
		PsSetThreadNice(t->thread, t->sched.nice);
}

static int change(struct prio_op *op, struct task *target)
{
	/* RLIMIT_NICE: 20 - nice may be at most the limit. */
	uint64_t limit = target->tg->rlimit[LX_RLIMIT_NICE].rlim_cur;
	int err = 0;

	if (!may_change(op, target))
		return -LX_EPERM;
	lk_acquire(&target->lock);
	if (op->io)
		target->sched.ioprio = op->value;
	else if (op->value < target->sched.nice && (uint64_t)(20 - op->value) > limit &&
		 !cred_capable(op->caller->cred, LX_CAP_SYS_NICE))
		err = -LX_EACCES;
	else
		target->sched.nice = op->value;
	lk_release(&target->lock);
	if (!err && !op->io)
		task_apply_nice(target);
	return err;
}

static void apply(struct task *target, struct prio_op *op)
{
	int strength, err;

	if (op->set) {
		err = change(op, target);
		op->err = op->found && !op->err ? op->err : err;
	}
	lk_acquire(&target->lock);
	strength = op->io ? target->sched.ioprio : target->sched.nice;
	lk_release(&target->lock);
	if (!op->found++ || strength < op->best)
		op->best = strength;
}

static bool selected(struct tgroup *tg, const struct prio_op *op)
{
	if (op->which == LX_PRIO_PGRP)
		return tg->pgid == op->who;
	return tg->uid == (uint32_t)op->who && tg->process;
}

static int apply_group(struct tgroup *tg, void *arg)
{
	struct task *list[TGROUP_TASKS_MAX];
	int n = selected(tg, arg) ? tgroup_tasks(tg, list, TGROUP_TASKS_MAX) : 0;

	for (int i = 0; i < n; i++) {
		apply(list[i], arg);
		task_put(list[i]);
	}
	return 0;
}

/* Linux's /init is a task like others; ours has nothing but its default. */
static void apply_init(struct prio_op *op)
{
	op->found = 1;
	if (op->set && op->caller->cred->euid)
		op->err = -LX_EPERM;
}

static int run(struct prio_op *op)
{
	struct task *t = op->caller, *named;

	if (op->which == LX_PRIO_PROCESS) {
		named = op->who ? task_find(pid_meant(t, op->who)) : task_get(t);
		if (named)
			apply(named, op);
		else if (pid_meant(t, op->who) == PID_INIT)
			apply_init(op);
		task_put(named);
	} else {
		if (op->who && op->which == LX_PRIO_PGRP)
			op->who = pid_meant(t, op->who);
		else if (!op->who)
			op->who = op->which == LX_PRIO_PGRP ? task_getpgid(t, 0)
							    : (int)t->cred->uid;
		tgroup_for_each(apply_group, op);
	}
	return op->found ? op->err : -LX_ESRCH;
}

int task_getpriority(struct task *t, int which, int who)
{
	struct prio_op op = { .caller = t, .which = which, .who = who };
	int err;

	if (which < LX_PRIO_PROCESS || which > LX_PRIO_USER)
		return -LX_EINVAL;
	err = run(&op);
	return err ? err : 20 - op.best;
}

int task_setpriority(struct task *t, int which, int who, int nice)
{
	struct prio_op op = { .caller = t, .which = which, .who = who, .set = true };

	if (which < LX_PRIO_PROCESS || which > LX_PRIO_USER)
		return -LX_EINVAL;
	op.value = nice < -20 ? -20 : nice > 19 ? 19 : nice;
	return run(&op);
}

/* ioprio_set(2) counts its targets from 1. */
int task_ioprio_get(struct task *t, int which, int who)
{
	struct prio_op op = { .caller = t, .which = which - 1, .who = who, .io = true };
	int err;

	if (which < 1 || which > 3)
		return -LX_EINVAL;
	err = run(&op);
	return err ? err : op.best;
}

/* A class of three bits, a hint to the device of ten (Linux 6.5), a level of three; what is above is not looked at. */
#define IOPRIO_BITS     0xffff
#define IOPRIO_CLASS(p) ((p) >> 13 & 7)
#define IOPRIO_LEVEL(p) ((p)&7)
#define IOPRIO_RT       1
#define IOPRIO_IDLE     3

int task_ioprio_set(struct task *t, int which, int who, int prio)
{
	struct prio_op op = { .caller = t,
			      .which = which - 1,
			      .who = who,
			      .io = true,
			      .set = true,
			      .value = prio & IOPRIO_BITS };
	int class = IOPRIO_CLASS(prio);

	if (class > IOPRIO_IDLE || (!class && IOPRIO_LEVEL(prio)))
		return -LX_EINVAL;
	if (class == IOPRIO_RT && !cred_capable(t->cred, LX_CAP_SYS_ADMIN) &&
	    !cred_capable(t->cred, LX_CAP_SYS_NICE))
		return -LX_EPERM;
	if (which < 1 || which > 3)
		return -LX_EINVAL;
	return run(&op);
}
