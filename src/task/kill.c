/* SPDX-License-Identifier: MIT */
/* kill.c - who may send which signal to whom: kill, tkill, tgkill, sigqueue; the guest's SIGCHLD action. */
#include "lxrun/ns.h"
#include "task_impl.h"
#include <string.h>

static bool valid_signal(int sig)
{
	return sig >= 0 && sig <= LX_NSIG;
}

bool signal_may_send(const struct task *from, const struct tgroup *to, int sig)
{
	const struct cred *c = from->cred;
	struct cred *tc = tgroup_cred((struct tgroup *)to);
	bool ok = from->tg == to || cred_capable(c, LX_CAP_KILL);

	if (tc)
		ok = ok || c->euid == tc->suid || c->euid == tc->uid || c->uid == tc->suid ||
		     c->uid == tc->uid;
	if (!ok && sig == LX_SIGCONT)
		ok = from->tg->sid == to->sid;
	cred_put(tc);
	return ok;
}

static int send_checked(struct task *t, struct tgroup *tg, const struct lx_siginfo *info)
{
	if (!signal_may_send(t, tg, info->si_signo))
		return -LX_EPERM;
	return signal_send_group(tg, info);
}

static int kill_one(struct task *t, int pid, const struct lx_siginfo *info)
{
	struct tgroup *tg = tgroup_of_thread(pid);
	int err = tg ? send_checked(t, tg, info) : -LX_ESRCH;

	tgroup_put(tg);
	return err;
}

/* Returns whether a member was killed that might have been making another meanwhile. */
static bool kill_round(struct task *t, int pgid, const struct lx_siginfo *info, int *result)
{
	struct tgroup **list = tgroups_of(pgid);
	bool some = false;

	if (!list && *result == -LX_ESRCH)
		*result = -LX_ENOMEM;
	for (struct tgroup **p = list; p && *p; p++) {
		bool dying = (*p)->killed;
		int err;

		/* Everybody: but the init, and whom t does not see. */
		if (!pgid && (*p == t->tg || pid_seen(t, (*p)->pid) <= PID_INIT))
			continue;
		err = send_checked(t, *p, info);
		if (!err)
			*result = 0;
		else if (*result == -LX_ESRCH)
			*result = err;
		some |= !dying && (*p)->killed;
	}
	tgroups_put(list);
	return some;
}

/*
 * On Linux fork(2) and a signal to its group exclude each other. Here a child may come between, so who kills
 * looks again until there is nobody new; who is killed has no more children (publish() in clone.c).
 */
int signal_kill_pgrp(struct task *t, int pgid, const struct lx_siginfo *info)
{
	int result = -LX_ESRCH;

	while (kill_round(t, pgid, info, &result))
		continue;
	return result;
}

int task_kill(struct task *t, int pid, int sig)
{
	struct lx_siginfo info;

	if (!valid_signal(sig))
		return -LX_EINVAL;
	if (pid == INT32_MIN)
		return -LX_ESRCH;
	signal_info_user(&info, sig, LX_SI_USER, t);
	if (pid > 0)
		return kill_one(t, pid_meant(t, pid), &info);
	if (pid == -1)
		return signal_kill_pgrp(t, 0, &info);
	return signal_kill_pgrp(t, pid ? pid_meant(t, -pid) : task_getpgid(t, 0), &info);
}

/* One thread. tgid 0: of whatever group. */
static int send_thread(struct task *t, int tgid, int tid, const struct lx_siginfo *info)
{
	struct task *target = task_find(tid);
	int err = -LX_ESRCH;

	if (!target) /* /init, and leaders that have ended, are only their groups */
		return !tgid || tgid == tid ? kill_one(t, tid, info) : err;
	if (!tgid || target->tg->pid == tgid) {
		err = signal_may_send(t, target->tg, info->si_signo) ? 0 : -LX_EPERM;
		if (!err)
			err = signal_send_task(target, info);
	}
	task_put(target);
	return err;
}

int task_tgkill(struct task *t, int tgid, int tid, int sig)
{
	struct lx_siginfo info;

	if (tid <= 0 || tgid < 0 || !valid_signal(sig))
		return -LX_EINVAL;
	signal_info_user(&info, sig, LX_SI_TKILL, t);
	return send_thread(t, pid_meant(t, tgid), pid_meant(t, tid), &info);
}

int task_sigqueue(struct task *t, int pid, int tid, int sig, struct lx_siginfo *info)
{
	bool self;

	pid = pid_meant(t, pid);
	tid = pid_meant(t, tid);
	self = tid ? tid == t->tid : pid == t->tg->pid;
	if (!valid_signal(sig))
		return -LX_EINVAL;
	/* Only the kernel and kill(2) may say who they are. */
	if ((info->si_code >= 0 || info->si_code == LX_SI_TKILL) && !self)
		return -LX_EPERM;
	info->si_signo = sig;
	if (info->si_code >= 0 || info->si_code == LX_SI_TKILL)
		info->u.rt.pid = pid_meant(t, info->u.rt.pid);
	return tid ? send_thread(t, pid, tid, info) : kill_one(t, pid, info);
}

void task_set_sigchld(struct task *t, const struct lx_sigaction *act)
{
	struct tgroup *tg = t->tg;

	lk_acquire(&tg->lock);
	tg->sigchld = *act;
	lk_release(&tg->lock);
}
