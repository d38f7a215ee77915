/* SPDX-License-Identifier: MIT */
/* sigio.c - the signal that tells a file's owner of an event: F_SETOWN, F_SETSIG; SIGIO. */
#include "task_impl.h"
#include "lx/fcntl.h"
#include "lxrun/vfs.h"

/* sigio_perm() of Linux: whether who set the owner may send it signals. */
static bool may_tell(const struct io_owner *o, struct task *target)
{
	struct cred *c = task_cred(target);
	bool ok = o->euid == 0 || o->euid == c->suid || o->euid == c->uid || o->uid == c->suid ||
		  o->uid == c->uid;

	cred_put(c);
	return ok;
}

static int send(const struct io_owner *o, struct task *target, const struct lx_siginfo *info)
{
	return o->type == LX_F_OWNER_TID ? signal_send_task(target, info)
					 : signal_send_group(target->tg, info);
}

static void tell(const struct io_owner *o, struct task *target, const struct lx_siginfo *info)
{
	struct lx_siginfo plain;

	if (!may_tell(o, target))
		return;
	if (o->sig && !send(o, target, info))
		return;
	/* Nothing chosen, or no room for what was: that something happened is not lost. */
	signal_info_user(&plain, LX_SIGIO, 0, NULL);
	send(o, target, &plain);
}

void signal_send_io(const struct io_owner *o, int code, int64_t band, int fd)
{
	struct lx_siginfo info;
	struct tgroup **list;
	struct task *target;

	if (!o->pid)
		return;
	signal_info_user(&info, o->sig ? o->sig : LX_SIGIO, 0, NULL);
	info.si_code = code;
	info.u.poll.band = band;
	info.u.poll.fd = fd;
	if (o->type != LX_F_OWNER_PGRP) {
		target = task_find(o->pid);
		if (target)
			tell(o, target, &info);
		task_put(target);
		return;
	}
	list = tgroups_of(o->pid);
	for (struct tgroup **p = list; p && *p; p++) {
		target = tgroup_any_task(*p);
		if (target)
			tell(o, target, &info);
		task_put(target);
	}
	tgroups_put(list);
}

bool task_any_file(bool (*fn)(struct file *f, void *arg), void *arg)
{
	struct tgroup **list = tgroups_of(0);
	bool found = false;

	for (struct tgroup **p = list; p && *p && !found; p++) {
		struct task *t = tgroup_any_task(*p);
		struct fdtable *ft = NULL;
		struct file *f;

		if (!t)
			continue;
		lk_acquire(&t->lock);
		if (t->files)
			ft = fdtable_get(t->files);
		lk_release(&t->lock);
		for (int fd = 0; ft && !found && (fd = fdtable_next(ft, fd, &f, NULL)) >= 0; fd++) {
			found = fn(f, arg);
			file_put(f);
		}
		fdtable_put(ft);
		task_put(t);
	}
	tgroups_put(list);
	return found;
}
