/* SPDX-License-Identifier: MIT */
/*
 * tty_job.c - terminals and sessions: who has which controlling terminal, whose group is in front
 * (POSIX.1-2017 11.1, credentials(7), ioctl_tty(2)).
 */
#include "tty_impl.h"

bool tty_controls(struct task *t, const struct tty *tty)
{
	bool is;

	lk_acquire(&tasks_lock);
	is = t->tg->tty == tty;
	lk_release(&tasks_lock);
	return is;
}

void tty_of_group(struct tgroup *tg, uint64_t *rdev, int *pgrp)
{
	*rdev = 0;
	*pgrp = -1;
	lk_acquire(&tasks_lock);
	if (tg->tty) {
		lk_acquire(&tg->tty->lock);
		*rdev = tty_rdev(tg->tty);
		*pgrp = tg->tty->pgrp;
		lk_release(&tg->tty->lock);
	}
	lk_release(&tasks_lock);
}

int tty_send_pgrp(int pgrp, int sig)
{
	struct lx_siginfo info;

	if (!pgrp)
		return -LX_ESRCH;
	signal_info_user(&info, sig, LX_SI_KERNEL, NULL);
	return signal_send_pgrp(pgrp, &info);
}

/* ---- taking ---- */

/* Nobody of session sid (0: of any) has tty any more. The leader remembers pgrp. tasks_lock is held. */
static void clear_session(const struct tty *tty, int sid, int pgrp)
{
	struct tgroup *tg;

	list_for_each(tg, &task_groups, all_link) {
		if (tg->tty != tty || (sid && tg->sid != sid))
			continue;
		if (tg->pid == tg->sid)
			tg->tty_old_pgrp = pgrp;
		tty_put(tg->tty);
		tg->tty = NULL;
	}
}

/* tasks_lock is held. steal: also from another session. */
static int attach(struct tgroup *tg, struct tty *tty, bool steal)
{
	int err = 0, old = 0;

	lk_acquire(&tty->lock);
	if (tty->sid && tty->sid != tg->sid && !steal)
		err = -LX_EPERM;
	if (!err) {
		old = tty->sid != tg->sid ? tty->sid : 0;
		tty->sid = tg->sid;
		tty->pgrp = tg->pgid;
	}
	lk_release(&tty->lock);
	if (err)
		return err;
	if (old)
		clear_session(tty, old, 0);
	tg->tty = tty_get(tty);
	tg->tty_old_pgrp = 0;
	return 0;
}

int tty_set_controlling(struct task *t, struct tty *tty, bool force)
{
	struct tgroup *tg = t->tg;
	bool steal = force && cred_capable(t->cred, LX_CAP_SYS_ADMIN);
	int err;

	lk_acquire(&tasks_lock);
	if (tg->pid == tg->sid && tg->tty == tty)
		err = 0;
	else if (tg->pid != tg->sid || tg->tty)
		err = -LX_EPERM;
	else
		err = attach(tg, tty, steal);
	lk_release(&tasks_lock);
	return err;
}

void tty_take_free(struct task *t, struct tty *tty)
{
	struct tgroup *tg = t->tg;
	bool is_free;

	lk_acquire(&tasks_lock);
	lk_acquire(&tty->lock);
	is_free = !tty->sid;
	lk_release(&tty->lock);
	if (is_free && tg->pid == tg->sid && !tg->tty)
		attach(tg, tty, false);
	lk_release(&tasks_lock);
}

void tty_adopt_as(struct tgroup *tg, struct tty *tty)
{
	lk_acquire(&tasks_lock);
	if (!tg->tty)
		attach(tg, tty, true);
	lk_release(&tasks_lock);
}

/* ---- giving up ---- */

int tty_detach_session(struct tty *tty, int *pgrp)
{
	int sid;

	lk_acquire(&tasks_lock);
	lk_acquire(&tty->lock);
	sid = tty->sid;
	*pgrp = tty->pgrp;
	tty->sid = tty->pgrp = 0;
	lk_release(&tty->lock);
	clear_session(tty, 0, *pgrp);
	lk_release(&tasks_lock);
	return sid;
}

/* The leader's terminal, referenced, or NULL; then *old is the foreground group of one that was hung up. */
static struct tty *terminal_of_leader(struct tgroup *tg, int *old)
{
	struct tty *tty = NULL;

	*old = 0;
	lk_acquire(&tasks_lock);
	if (tg->pid == tg->sid && tg->tty)
		tty = tty_get(tg->tty);
	else if (tg->pid == tg->sid)
		*old = tg->tty_old_pgrp;
	tg->tty_old_pgrp = 0;
	lk_release(&tasks_lock);
	return tty;
}

void tty_session_end(struct tgroup *leader)
{
	int pgrp, old;
	struct tty *tty = terminal_of_leader(leader, &old);

	if (tty) {
		tty_detach_session(tty, &pgrp);
		tty_send_pgrp(pgrp, LX_SIGHUP);
		tty_put(tty);
	} else if (old) {
		tty_send_pgrp(old, LX_SIGHUP);
		tty_send_pgrp(old, LX_SIGCONT);
	}
}

int tty_give_up(struct task *t, struct tty *tty)
{
	struct tgroup *tg = t->tg;
	int pgrp;

	if (!tty_controls(t, tty))
		return -LX_ENOTTY;
	if (tg->pid == tg->sid) {
		tty_detach_session(tty, &pgrp);
		lk_acquire(&tasks_lock);
		tg->tty_old_pgrp = 0; /* told now, not again when the leader ends */
		lk_release(&tasks_lock);
		tty_send_pgrp(pgrp, LX_SIGHUP);
		tty_send_pgrp(pgrp, LX_SIGCONT);
		return 0;
	}
	lk_acquire(&tasks_lock);
	if (tg->tty == tty) {
		tg->tty = NULL;
		tty_put(tty);
	}
	lk_release(&tasks_lock);
	return 0;
}

/* ---- foreground and background ---- */

int tty_set_foreground(struct task *t, struct tty *tty, int pgrp)
{
	struct tgroup *tg;
	int err = -LX_ESRCH;

	if (pgrp < 0)
		return -LX_EINVAL;
	lk_acquire(&tasks_lock);
	list_for_each(tg, &task_groups, all_link)
		if (tg->pgid == pgrp)
			err = tg->sid == t->tg->sid ? 0 : -LX_EPERM;
	if (!err) {
		lk_acquire(&tty->lock);
		tty->pgrp = pgrp;
		lk_release(&tty->lock);
	}
	lk_release(&tasks_lock);
	return err;
}

static bool ignores(struct task *t, int sig)
{
	PICO_SIGNAL_STATE st = { 0 };

	pico.QuerySignalState(t->thread, &st);
	return (st.Ignored | st.Blocked) & LX_SIGBIT(sig);
}

int tty_check_change(struct task *t, struct tty *tty, int sig)
{
	int pgid, fg;
	bool orphaned;

	lk_acquire(&tasks_lock);
	pgid = t->tg->pgid;
	lk_acquire(&tty->lock);
	fg = t->tg->tty == tty ? tty->pgrp : 0;
	lk_release(&tty->lock);
	orphaned = fg && fg != pgid && pgrp_is_orphaned(pgid);
	lk_release(&tasks_lock);
	if (!fg || fg == pgid)
		return 0;
	if (ignores(t, sig))
		return sig == LX_SIGTTIN ? -LX_EIO : 0;
	if (orphaned)
		return -LX_EIO;
	tty_send_pgrp(pgid, sig);
	return signal_pending(t) ? -LX_ERESTARTSYS : 0;
}
