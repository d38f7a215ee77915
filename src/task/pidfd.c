/* SPDX-License-Identifier: MIT */
/* pidfd.c - files that name a process or a thread for as long as they are open, whatever becomes of its number. */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "base/alloc.h"
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

bool pidfd_is_gone(const struct pidfd_target *p)
{
	if (p->thread && p->thread->tid != p->tg->pid)
		return p->thread->dying;
	return state_of(p->tg) == TG_DEAD;
}

static uint32_t pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pidfd_target *p = f->priv;

	poll_wait(pt, &p->tg->end_wait);
	if (pidfd_is_gone(p))
		return LX_POLLIN | LX_POLLRDNORM | LX_POLLHUP;
	return state_of(p->tg) == TG_ZOMBIE ? LX_POLLIN | LX_POLLRDNORM : 0;
}

static int pidfd_show(struct file *f, char *buf, size_t size)
{
	struct pidfd_target *p = f->priv;
	const struct pid_ns *ns = task_pid_ns(task_current());
	int pid = p->thread ? p->thread->tid : p->tg->pid, nrs[PID_LEVELS], n, len;

	if (pidfd_is_gone(p))
		return snprintf(buf, size, "Pid:\t-1\nNSpid:\t-1\n");
	n = pid_numbers(ns, pid, nrs);
	len = snprintf(buf, size, "Pid:\t%d\nNSpid:", n ? nrs[0] : 0);
	for (int i = 0; i < (n ? n : 1) && len < (int)size; i++)
		len += snprintf(buf + len, size - (size_t)len, "\t%d", n ? nrs[i] : 0);
	if (len < (int)size)
		len += snprintf(buf + len, size - (size_t)len, "\n");
	return len < (int)size ? len : (int)size - 1;
}

void pidfd_target_put(struct pidfd_target *p)
{
	task_put(p->thread);
	tgroup_put(p->tg);
}

static void pidfd_release(struct file *f)
{
	pidfd_target_put(f->priv);
	mem_free(f->priv);
}

static const struct file_ops pidfd_fop = {
	.poll = pidfd_poll,
	.ioctl = pidfd_ioctl,
	.show_fdinfo = pidfd_show,
	.release = pidfd_release,
};

struct file *pidfd_file(struct tgroup *tg, struct task *thread, uint32_t flags)
{
	struct pidfd_target *p = mem_alloc(sizeof(*p));
	struct file *f;

	if (!p)
		return NULL;
	p->tg = tgroup_get(tg);
	p->thread = thread ? task_get(thread) : NULL;
	f = anon_file("anon_inode:[pidfd]", &pidfd_fop,
		      LX_O_RDWR | flags | (thread ? LX_PIDFD_THREAD : 0), p);
	if (!f) {
		pidfd_target_put(p);
		mem_free(p);
	}
	return f;
}

bool pidfd_target(struct file *f, struct pidfd_target *out)
{
	if (f->fop != &pidfd_fop)
		return false;
	*out = *(struct pidfd_target *)f->priv;
	tgroup_get(out->tg);
	if (out->thread)
		task_get(out->thread);
	return true;
}

static int open_thread(int tid, uint32_t flags, struct file **out)
{
	struct task *t = task_find(pid_meant(task_current(), tid));

	if (!t)
		return -LX_ESRCH;
	*out = pidfd_file(t->tg, t, flags);
	task_put(t);
	return *out ? 0 : -LX_ENOMEM;
}

int pidfd_open_pid(int pid, uint32_t flags, struct file **out)
{
	struct tgroup *tg;
	struct task *t;
	int err = 0;

	if (pid <= 0 || flags & ~(uint32_t)(LX_O_NONBLOCK | LX_PIDFD_THREAD))
		return -LX_EINVAL;
	if (flags & LX_PIDFD_THREAD)
		return open_thread(pid, flags & LX_O_NONBLOCK, out);
	pid = pid_meant(task_current(), pid);
	tg = tgroup_find(pid);
	if (!tg) {
		t = task_find(pid);
		err = t ? -LX_ENOENT : -LX_ESRCH;
		task_put(t);
		return err;
	}
	*out = pidfd_file(tg, NULL, flags);
	tgroup_put(tg);
	return *out ? 0 : -LX_ENOMEM;
}

/* To one thread, to the process, or to the process group that has its number. */
static int send(struct task *t, const struct pidfd_target *p, uint32_t scope,
		const struct lx_siginfo *info)
{
	struct task *one;
	int err;

	if (scope == LX_PIDFD_SIGNAL_PROCESS_GROUP)
		return signal_kill_pgrp(t, p->thread ? p->thread->tid : p->tg->pid, info);
	if (scope != LX_PIDFD_SIGNAL_THREAD)
		return signal_send_group(p->tg, info);
	lk_acquire(&tasks_lock);
	one = p->thread ? p->thread : p->tg->leader;
	if (one)
		task_get(one);
	lk_release(&tasks_lock);
	err = one ? signal_send_task(one, info) : 0;
	task_put(one);
	return err;
}

int pidfd_signal(struct task *t, const struct pidfd_target *p, uint32_t scope, int sig,
		 struct lx_siginfo *info)
{
	struct lx_siginfo own;

	if (!scope)
		scope = p->thread ? LX_PIDFD_SIGNAL_THREAD : LX_PIDFD_SIGNAL_THREAD_GROUP;
	if (sig < 0 || sig > LX_NSIG)
		return -LX_EINVAL;
	if (info && info->si_signo != sig)
		return -LX_EINVAL;
	/* Only the kernel and kill(2) may say who they are. */
	if (info && (p->tg != t->tg || scope == LX_PIDFD_SIGNAL_PROCESS_GROUP) &&
	    (info->si_code >= 0 || info->si_code == LX_SI_TKILL))
		return -LX_EPERM;
	if (pidfd_is_gone(p))
		return -LX_ESRCH;
	if (info && (info->si_code >= 0 || info->si_code == LX_SI_TKILL))
		info->u.rt.pid = pid_meant(t, info->u.rt.pid);
	if (!info)
		signal_info_user(&own, sig,
				 scope == LX_PIDFD_SIGNAL_THREAD ? LX_SI_TKILL : LX_SI_USER, t);
	if (scope != LX_PIDFD_SIGNAL_PROCESS_GROUP && !signal_may_send(t, p->tg, sig))
		return -LX_EPERM;
	return send(t, p, scope, info ? info : &own);
}

int pidfd_take_file(struct task *t, const struct pidfd_target *p, int fd, struct file **out)
{
	struct task *target = p->thread ? task_get(p->thread) : tgroup_any_task(p->tg);
	int err = target ? task_may_access(t, target) : -LX_ESRCH;

	if (!err)
		err = task_file(target, fd, out);
	task_put(target);
	return err;
}
