/* SPDX-License-Identifier: MIT */
/*
 * owner.c - who hears of a file by signal: F_SETOWN and kin, and O_ASYNC.
 *
 * A pipe (and whatever else has an async op) keeps a list of the open files that asked. Telling them copies
 * the owners under the list's lock and sends after it, because signals are taken with locks far above.
 */
#include "base/alloc.h"
#include "lxrun/ns.h"
#include "vfs_impl.h"

#define TELL_MAX 16 /* of one event; nobody has that many */

static int make_owner(struct file *f)
{
	struct file_owner *o = NULL;
	int err = 0;

	if (!f->owner) {
		o = mem_alloc(sizeof(*o));
		if (!o)
			return -LX_ENOMEM;
		list_init(&o->link);
	}
	lk_acquire(&f->lock);
	if (!f->owner) {
		f->owner = o;
		o = NULL;
	}
	lk_release(&f->lock);
	mem_free(o);
	return err;
}

static bool exists(int type, int pid)
{
	struct tgroup **list;
	struct task *t;
	bool found;

	if (type == LX_F_OWNER_PGRP) {
		list = tgroups_of(pid);
		found = list && *list;
		tgroups_put(list);
		return found;
	}
	t = task_find(pid);
	found = t != NULL;
	task_put(t);
	return found;
}

static int set_owner(struct task *t, struct file *f, int type, int pid, bool force)
{
	int err;

	if (pid && !exists(type, pid))
		return -LX_ESRCH;
	err = make_owner(f);
	if (err)
		return err;
	lk_acquire(&f->lock);
	if (force || !f->owner->io.pid) {
		f->owner->io.type = type;
		f->owner->io.pid = pid;
		f->owner->io.uid = t->cred->uid;
		f->owner->io.euid = t->cred->euid;
	}
	lk_release(&f->lock);
	return 0;
}

int file_owner_default(struct task *t, struct file *f, int fd)
{
	int err = set_owner(t, f, LX_F_OWNER_PID, t->tg->pid, false);

	if (!err)
		f->owner->fd = fd;
	return err;
}

static struct io_owner get_owner(struct file *f)
{
	struct io_owner io = { 0 };

	lk_acquire(&f->lock);
	if (f->owner)
		io = f->owner->io;
	lk_release(&f->lock);
	if (io.pid && !exists(io.type, io.pid))
		io.pid = 0;
	return io;
}

static int64_t owner_ex(struct task *t, struct file *f, uint32_t cmd, gaddr_t uex)
{
	struct lx_f_owner_ex ex;
	struct io_owner io;
	int err;

	if (cmd == LX_F_GETOWN_EX) {
		io = get_owner(f);
		io.pid = pid_seen(t, io.pid);
		ex = (struct lx_f_owner_ex){ io.pid ? io.type : LX_F_OWNER_TID, io.pid };
		return guest_copyout(t, uex, &ex, sizeof(ex));
	}
	err = guest_copyin(t, &ex, uex, sizeof(ex));
	if (err)
		return err;
	if (ex.type < LX_F_OWNER_TID || ex.type > LX_F_OWNER_PGRP)
		return -LX_EINVAL;
	return set_owner(t, f, ex.type, pid_meant(t, ex.pid), true);
}

static int64_t signal_number(struct file *f, uint32_t cmd, uint64_t arg)
{
	int err;

	if (cmd == LX_F_GETSIG)
		return f->owner ? f->owner->io.sig : 0;
	if (arg > LX_NSIG)
		return -LX_EINVAL;
	err = make_owner(f);
	if (!err)
		f->owner->io.sig = (int)arg;
	return err;
}

int64_t file_owner_fcntl(struct task *t, struct file *f, uint32_t cmd, uint64_t arg)
{
	int who = (int)arg;
	struct io_owner io;

	switch (cmd) {
	case LX_F_SETOWN:
		if (who == INT32_MIN)
			return -LX_EINVAL;
		return set_owner(t, f, who < 0 ? LX_F_OWNER_PGRP : LX_F_OWNER_PID,
				 pid_meant(t, who < 0 ? -who : who), true);
	case LX_F_GETOWN:
		io = get_owner(f);
		io.pid = pid_seen(t, io.pid);
		return io.type == LX_F_OWNER_PGRP ? -io.pid : io.pid;
	case LX_F_SETOWN_EX:
	case LX_F_GETOWN_EX:
		return owner_ex(t, f, cmd, GADDR(arg));
	default:
		return signal_number(f, cmd, arg);
	}
}

/* ---- O_ASYNC ---- */

void async_list_init(struct async_list *l)
{
	lk_init(&l->lock, LR_INODE);
	list_init(&l->files);
	l->some = false;
}

int file_set_async(struct task *t, struct file *f, int fd, bool on)
{
	struct async_list *l = f->fop->async(f);
	int err = on ? make_owner(f) : 0;
	int group;

	if (!err && on && f->fop->async_group) {
		group = f->fop->async_group(f);
		err = set_owner(t, f, group ? LX_F_OWNER_PGRP : LX_F_OWNER_PID,
				group ? group : t->tg->pid, false);
	}
	if (err || !f->owner)
		return err;
	lk_acquire(&l->lock);
	list_del(&f->owner->link);
	if (on) {
		f->owner->fd = fd;
		f->owner->file = f;
		list_add_tail(&l->files, &f->owner->link);
	} else {
		list_init(&f->owner->link);
	}
	l->some = !list_empty(&l->files);
	lk_release(&l->lock);
	return 0;
}

void async_tell(struct async_list *l, int code, bool (*wants)(const struct file *f))
{
	static const int64_t bands[] = {
		[LX_POLL_IN] = LX_POLLIN | LX_POLLRDNORM,
		[LX_POLL_OUT] = LX_POLLOUT | LX_POLLWRNORM | LX_POLLWRBAND,
		[LX_POLL_MSG] = LX_POLLIN | LX_POLLRDNORM | 0x400,
		[LX_POLL_ERR] = LX_POLLERR,
		[LX_POLL_PRI] = LX_POLLPRI | LX_POLLRDBAND,
		[LX_POLL_HUP] = LX_POLLHUP | LX_POLLERR,
	};
	struct io_owner who[TELL_MAX];
	struct file_owner *o;
	int fds[TELL_MAX], n = 0;

	if (!l->some)
		return;
	lk_acquire(&l->lock);
	list_for_each(o, &l->files, link)
		if (n < TELL_MAX && (!wants || wants(o->file))) {
			who[n] = o->io;
			fds[n++] = o->fd;
		}
	lk_release(&l->lock);
	for (int i = 0; i < n; i++)
		signal_send_io(&who[i], code, bands[code], fds[i]);
}

void file_owner_drop(struct file *f)
{
	if (!f->owner)
		return;
	if (!list_empty(&f->owner->link))
		file_set_async(NULL, f, -1, false);
	mem_free(f->owner);
	f->owner = NULL;
}
