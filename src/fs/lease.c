/* SPDX-License-Identifier: MIT */
/*
 * lease.c - leases (fcntl F_SETLEASE): who holds one hears by signal that somebody wants to open or truncate
 * the file, and has fs.lease-break-time seconds to give way. What the host does to the file is not seen.
 *
 * Which object an open is about to open is found out before it is opened, as soon as there is any lease at
 * all. Whether others have it open is read from the descriptor tables of all processes.
 */
#include "base/alloc.h"
#include "lxrun/sysctl.h"
#include "nt/ke.h"
#include "vfs_impl.h"

struct lease {
	struct list link;
	struct file *file; /* borrows: goes with it */
	uint64_t dev, ino; /* constant */
	int type;          /* LX_F_RDLCK, LX_F_WRLCK */
	int pid;           /* who asked for it last */
	int target;        /* what it is being broken to; == type: it is not */
	uint64_t deadline; /* of that */
};

static struct lk lease_lock = LK_INIT(INODE); /* guards: */
static struct list leases = LIST_INIT(leases);
static struct waitq changed = { .lock = LK_INIT(WAITQ), .waiters = LIST_INIT(changed.waiters) };
_Atomic uint32_t lease_count;

/* ---- lease_lock is held ---- */

static struct lease *lease_of(const struct file *f)
{
	struct lease *l;

	list_for_each(l, &leases, link)
		if (l->file == f)
			return l;
	return NULL;
}

static void drop(struct lease *l)
{
	list_del(&l->link);
	mem_free(l);
	lease_count--;
}

/* What has not been given in time is taken. */
static void expire(void)
{
	uint64_t now = KeQueryMonotonicNs();
	struct lease *l, *tmp;

	list_for_each_safe(l, tmp, &leases, link) {
		if (l->target == l->type || now < l->deadline)
			continue;
		if (l->target == LX_F_UNLCK)
			drop(l);
		else
			l->type = l->target;
	}
}

/* A lease that stands in the way of opening the object, write: for writing. */
static struct lease *obstacle(uint64_t dev, uint64_t ino, bool write)
{
	struct lease *l;

	list_for_each(l, &leases, link)
		if (l->dev == dev && l->ino == ino && (write || l->type == LX_F_WRLCK))
			return l;
	return NULL;
}

/* ---- setting ---- */

struct opener_search {
	const struct file *self;
	uint64_t dev, ino;
	bool writers_only;
};

static bool is_opener(struct file *f, void *arg)
{
	const struct opener_search *s = arg;
	struct kstat st;

	if (f == s->self || (f->flags & LX_O_PATH) || !f->inode || !LX_S_ISREG(f->inode->mode) ||
	    (s->writers_only && !file_writable(f)))
		return false;
	return !vfs_fstat(f, &st) && st.dev == s->dev && st.ino == s->ino;
}

static bool in_the_way(struct file *f, const struct kstat *st, int type)
{
	struct opener_search s = { f, st->dev, st->ino, type == LX_F_RDLCK };

	return (type == LX_F_RDLCK && file_writable(f)) || task_any_file(is_opener, &s);
}

/* Puts the lease there, or changes the one that f has. Consumes *fresh when used. */
static int settle(struct file *f, const struct kstat *st, int type, int pid, struct lease **fresh)
{
	struct lease *own, *l;
	int err = 0;

	lk_acquire(&lease_lock);
	expire();
	own = lease_of(f);
	list_for_each(l, &leases, link)
		if (l != own && l->dev == st->dev && l->ino == st->ino &&
		    (type == LX_F_WRLCK || l->type == LX_F_WRLCK || l->target != l->type))
			err = -LX_EAGAIN;
	if (own && own->target == LX_F_UNLCK)
		err = -LX_EAGAIN;
	if (!err && !own) {
		**fresh = (struct lease){ .file = f, .dev = st->dev, .ino = st->ino };
		own = *fresh;
		list_add_tail(&leases, &own->link);
		lease_count++;
		*fresh = NULL;
	}
	if (!err) {
		own->type = own->target = type;
		own->pid = pid;
	}
	lk_release(&lease_lock);
	return err;
}

static int give_up(struct file *f)
{
	struct lease *l;

	lk_acquire(&lease_lock);
	l = lease_of(f);
	if (l)
		drop(l);
	lk_release(&lease_lock);
	if (l)
		waitq_wake(&changed);
	return l ? 0 : -LX_EAGAIN;
}

int lease_set(struct task *t, struct file *f, int fd, int type)
{
	struct lease *fresh = NULL;
	struct kstat st;
	int err = vfs_fstat(f, &st);

	if (err)
		return err;
	if (st.uid != t->cred->fsuid && !cred_capable(t->cred, LX_CAP_LEASE))
		return -LX_EACCES;
	if (!LX_S_ISREG(st.mode))
		return -LX_EINVAL;
	if (type == LX_F_UNLCK)
		return give_up(f);
	if (type != LX_F_RDLCK && type != LX_F_WRLCK)
		return -LX_EINVAL;
	if (in_the_way(f, &st, type))
		return -LX_EAGAIN;
	fresh = mem_alloc(sizeof(*fresh));
	err = fresh ? file_owner_default(t, f, fd) : -LX_ENOMEM;
	if (!err)
		err = settle(f, &st, type, t->tg->pid, &fresh);
	mem_free(fresh);
	if (!err)
		waitq_wake(&changed);
	return err;
}

int lease_get(struct file *f)
{
	struct lease *l;
	int type;

	lk_acquire(&lease_lock);
	expire();
	l = lease_of(f);
	type = l ? l->target : LX_F_UNLCK;
	lk_release(&lease_lock);
	return type;
}

void lease_forget(struct file *f)
{
	if (lease_count)
		give_up(f);
}

/* ---- breaking ---- */

/*
 * One look: true when nothing stands in the way. A holder that has not been told yet is to be told by *who
 * and *fd (who->pid 0: none).
 */
static bool look(uint64_t dev, uint64_t ino, bool write, uint64_t *deadline, struct io_owner *who,
		 int *fd)
{
	struct lease *l;
	int target = write ? LX_F_UNLCK : LX_F_RDLCK;

	who->pid = 0;
	lk_acquire(&lease_lock);
	expire();
	l = obstacle(dev, ino, write);
	if (l && (l->target == l->type || (write && l->target == LX_F_RDLCK))) {
		l->target = target;
		l->deadline = KeQueryMonotonicNs() +
			      (uint64_t)sysctl_values[SYSCTL_LEASE_BREAK_TIME] * 1000000000u;
		*who = l->file->owner->io;
		*fd = l->file->owner->fd;
	}
	if (l)
		*deadline = l->deadline;
	lk_release(&lease_lock);
	return !l;
}

static int lease_break(struct task *t, uint64_t dev, uint64_t ino, bool write, bool wait)
{
	struct waiter w = { 0 };
	struct io_owner who;
	uint64_t deadline = 0;
	int err = 0, fd = -1;

	waitq_add(&changed, &w, t);
	while (!err && !look(dev, ino, write, &deadline, &who, &fd)) {
		if (who.pid) {
			signal_send_io(&who, LX_POLL_MSG, LX_POLLIN | LX_POLLRDNORM | LX_POLLMSG,
				       fd);
			continue; /* there may be more of them */
		}
		err = wait ? task_sleep(t, deadline) : -LX_EAGAIN;
		if (err == -LX_ETIMEDOUT)
			err = 0;
	}
	waitq_del(&w);
	return err;
}

int lease_break_path(struct task *t, int dfd, const char *path, uint32_t flags)
{
	bool write = (flags & LX_O_ACCMODE) != LX_O_RDONLY || (flags & LX_O_TRUNC);
	struct kstat st;

	/* What cannot be looked at cannot be opened: the open itself will say why. */
	if ((flags & LX_O_PATH) ||
	    vfs_statat(t, dfd, path, flags & LX_O_NOFOLLOW ? LX_AT_SYMLINK_NOFOLLOW : 0, &st))
		return 0;
	return lease_break(t, st.dev, st.ino, write, !(flags & LX_O_NONBLOCK));
}

void lease_list(struct lock_views *out)
{
	const struct lease *l;
	struct lock_view *v;

	lk_acquire(&lease_lock);
	expire();
	list_for_each(l, &leases, link)
		if ((v = lock_view_add(out)))
			*v = (struct lock_view){ .kind = l->type == l->target ? LOCK_LEASE
									      : LOCK_LEASE_BREAKING,
						 .type = l->target,
						 .pid = l->pid,
						 .dev = l->dev,
						 .ino = l->ino,
						 .end = INT64_MAX };
	lk_release(&lease_lock);
}
