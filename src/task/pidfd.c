/* SPDX-License-Identifier: MIT */
/* pidfd.c - files that name a process for as long as they are open, whatever becomes of its number. */
#include "task_impl.h"
#include "lxrun/anon.h"
#include "lxrun/pidfd.h"
#include <stdio.h>

static enum tgroup_state state_of(const struct tgroup *tg)
{
	enum tgroup_state state;

	lk_acquire(&tasks_lock);
	state = tg->state;
	lk_release(&tasks_lock);
	return state;
}

static uint32_t pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct tgroup *tg = f->priv;

	poll_wait(pt, &tg->end_wait);
	switch (state_of(tg)) {
	case TG_ZOMBIE:
		return LX_POLLIN | LX_POLLRDNORM;
	case TG_DEAD:
		return LX_POLLIN | LX_POLLRDNORM | LX_POLLHUP;
	default:
		return 0;
	}
}

static int pidfd_show(struct file *f, char *buf, size_t size)
{
	struct tgroup *tg = f->priv;
	int pid = state_of(tg) == TG_DEAD ? -1 : tg->pid;

	return snprintf(buf, size, "Pid:\t%d\nNSpid:\t%d\n", pid, pid);
}

static void pidfd_release(struct file *f)
{
	tgroup_put(f->priv);
}

static const struct file_ops pidfd_fop = {
	.poll = pidfd_poll,
	.show_fdinfo = pidfd_show,
	.release = pidfd_release,
};

struct file *pidfd_file(struct tgroup *tg, uint32_t flags)
{
	struct file *f = anon_file("anon_inode:[pidfd]", &pidfd_fop, LX_O_RDWR | flags,
				   tgroup_get(tg));

	if (!f)
		tgroup_put(tg);
	return f;
}

struct tgroup *pidfd_tgroup(struct file *f)
{
	return f->fop == &pidfd_fop ? tgroup_get(f->priv) : NULL;
}

int pidfd_open_pid(int pid, uint32_t flags, struct file **out)
{
	struct tgroup *tg;
	struct task *t;
	int err = 0;

	if (pid <= 0 || flags & ~(uint32_t)LX_O_NONBLOCK)
		return -LX_EINVAL;
	tg = tgroup_find(pid);
	if (!tg) {
		t = task_find(pid);
		err = t ? -LX_ENOENT : -LX_ESRCH;
		task_put(t);
		return err;
	}
	*out = pidfd_file(tg, flags);
	tgroup_put(tg);
	return *out ? 0 : -LX_ENOMEM;
}

int pidfd_signal(struct task *t, struct tgroup *tg, int sig, struct lx_siginfo *info)
{
	struct lx_siginfo own;

	if (sig < 0 || sig > LX_NSIG)
		return -LX_EINVAL;
	if (info && info->si_signo != sig)
		return -LX_EINVAL;
	/* Only the kernel and kill(2) may say who they are. */
	if (info && tg != t->tg && (info->si_code >= 0 || info->si_code == LX_SI_TKILL))
		return -LX_EPERM;
	if (state_of(tg) == TG_DEAD)
		return -LX_ESRCH;
	if (!info)
		signal_info_user(&own, sig, LX_SI_USER, t);
	if (!signal_may_send(t, tg, sig))
		return -LX_EPERM;
	return signal_send_group(tg, info ? info : &own);
}

int pidfd_take_file(struct task *t, struct tgroup *tg, int fd, struct file **out)
{
	struct task *target = tgroup_any_task(tg);
	int err = target ? task_may_access(t, target) : -LX_ESRCH;

	if (!err)
		err = task_file(target, fd, out);
	task_put(target);
	return err;
}
