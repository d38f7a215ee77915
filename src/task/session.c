/* SPDX-License-Identifier: MIT */
/*
 * session.c - process groups and sessions. Both are numbers that thread groups name (task.h), so the
 * rules of setpgid(2) and setsid(2) are lookups over the thread groups.
 */
#include "task_impl.h"
#include "lxrun/tty.h"

static bool pgrp_in_session(int pgid, int sid)
{
	struct tgroup *tg;

	list_for_each(tg, &task_groups, all_link)
		if (tg->pgid == pgid && tg->sid == sid)
			return true;
	return false;
}

/* Whether self may move tg. tasks_lock held. */
static int may_move(struct tgroup *self, struct tgroup *tg)
{
	if (tg->parent == self) {
		if (tg->sid != self->sid)
			return -LX_EPERM;
		if (tg->execed)
			return -LX_EACCES;
	} else if (tg != self) {
		return -LX_ESRCH;
	}
	return tg->sid == tg->pid ? -LX_EPERM : 0;
}

static int setpgid_locked(struct tgroup *self, int pid, int pgid)
{
	struct tgroup *tg = pid_tgroup(pid);
	int err;

	if (!tg)
		return pid_task(pid) ? -LX_EINVAL : -LX_ESRCH;
	err = may_move(self, tg);
	if (err)
		return err;
	if (pgid != pid && !pgrp_in_session(pgid, self->sid))
		return -LX_EPERM;
	tgroup_set_ids(tg, pgid, tg->sid);
	return 0;
}

int task_setpgid(struct task *t, int pid, int pgid)
{
	int err;

	if (!pid)
		pid = t->tg->pid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	err = setpgid_locked(t->tg, pid, pgid);
	lk_release(&tasks_lock);
	return err;
}

/* Process group or session of the group that pid (any of its threads) belongs to. */
static int group_number(struct task *t, int pid, bool session)
{
	struct tgroup *tg = t->tg;
	int number = -LX_ESRCH;

	lk_acquire(&tasks_lock);
	if (pid) {
		tg = pid_tgroup(pid);
		if (!tg && pid_task(pid))
			tg = pid_task(pid)->tg;
	}
	if (tg)
		number = session ? tg->sid : tg->pgid;
	lk_release(&tasks_lock);
	return number;
}

int task_getpgid(struct task *t, int pid)
{
	return group_number(t, pid, false);
}

int task_getsid(struct task *t, int pid)
{
	return group_number(t, pid, true);
}

int task_setsid(struct task *t)
{
	struct tgroup *tg = t->tg;
	struct tty *tty = NULL;
	int result = -LX_EPERM;

	lk_acquire(&tasks_lock);
	if (tg->sid != tg->pid && !pgrp_in_session(tg->pid, tg->sid)) {
		tgroup_set_ids(tg, tg->pid, tg->pid);
		tty = tg->tty;
		tg->tty = NULL;
		result = tg->pid;
	}
	lk_release(&tasks_lock);
	tty_put(tty);
	return result;
}

bool pgrp_is_orphaned(int pgid)
{
	struct tgroup *tg;

	lk_assert_held(&tasks_lock);
	list_for_each(tg, &task_groups, all_link) {
		if (tg->pgid != pgid || tg->exited || !tg->parent)
			continue;
		if (tg->parent == init_tgroup) {
			if (instance_has_shell(tg))
				return false;
			continue;
		}
		if (tg->parent->pgid != pgid && tg->parent->sid == tg->sid)
			return false;
	}
	return true;
}
