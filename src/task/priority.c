/* SPDX-License-Identifier: MIT */
/*
 * priority.c - nice values and I/O priorities: remembered, inherited, shown; not enforced, because the
 * engine's balancer places guests and the host's scheduler knows them as the supervisor's children.
 */
#include "task_impl.h"

#define CAP_SYS_NICE 23

struct prio_op {
	struct task *caller;
	int which, who, value;
	bool set, io;
	int found; /* groups selected */
	int best;  /* GET: the strongest */
	int err;   /* SET */
};

static bool selected(struct tgroup *tg, const struct prio_op *op)
{
	switch (op->which) {
	case LX_PRIO_PROCESS:
		return tg->pid == op->who;
	case LX_PRIO_PGRP:
		return tg->pgid == op->who;
	}
	return tg->uid == (uint32_t)op->who && tg->process;
}

static int set_nice(struct tgroup *tg, struct prio_op *op)
{
	const struct cred *c = op->caller->cred;
	/* RLIMIT_NICE: 20 - nice may be at most the limit. */
	uint64_t limit = tg->rlimit[LX_RLIMIT_NICE].rlim_cur;

	if (c->euid && tg->uid != c->uid && tg->uid != c->euid)
		return -LX_EPERM;
	if (!op->io && op->value < tg->nice && (uint64_t)(20 - op->value) > limit &&
	    !cred_capable(c, CAP_SYS_NICE))
		return -LX_EACCES;
	if (op->io)
		tg->ioprio = op->value;
	else
		tg->nice = op->value;
	return 0;
}

static int apply(struct tgroup *tg, void *arg)
{
	struct prio_op *op = arg;
	int strength, err;

	if (!selected(tg, op))
		return 0;
	if (op->set) {
		err = set_nice(tg, op);
		op->err = op->found && !op->err ? op->err : err;
	}
	strength = op->io ? tg->ioprio : tg->nice;
	if (!op->found++ || strength < op->best)
		op->best = strength;
	return 0;
}

static int run(struct prio_op *op)
{
	struct task *t = op->caller;
	struct task *named = NULL;

	if (!op->who)
		op->who = op->which == LX_PRIO_PROCESS ? t->tg->pid
			  : op->which == LX_PRIO_PGRP  ? task_getpgid(t, 0)
						       : (int)t->cred->uid;
	/* A thread stands for its group. */
	if (op->which == LX_PRIO_PROCESS)
		named = task_find(op->who);
	if (named)
		op->who = named->tg->pid;
	task_put(named);
	tgroup_for_each(apply, op);
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

int task_ioprio_set(struct task *t, int which, int who, int prio)
{
	struct prio_op op = {
		.caller = t, .which = which - 1, .who = who, .io = true, .set = true, .value = prio
	};
	int class = prio >> 13;

	if (which < 1 || which > 3 || class < 0 || class > 3 || (class && (prio & 0x1fff) > 7))
		return -LX_EINVAL;
	if (class == 1 && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	return run(&op);
}
