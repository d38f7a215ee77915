/* SPDX-License-Identifier: MIT */
/*
 * vfs_lock.c - advisory locks of files that the host does not have in the guest: pipes, terminals,
 * directories. (Locks of direct files are the host's own: the guest's slot takes them.)
 *
 * Two spaces that do not see each other, as in Linux: record locks, owned by a descriptor table
 * (POSIX) or an open file (OFD), and flock(2) locks, owned by an open file. Such locks are few and
 * short-lived, so one list and one queue of waiters serve all. A POSIX lock that would be waited for in a
 * circle is refused (EDEADLK), as Linux does: an OFD lock has no process to find in a circle.
 */
#include "base/alloc.h"
#include "lxrun/ns.h"
#include "nt/io.h"
#include "vfs_impl.h"

#define LOCK_TO_END INT64_MAX

enum lock_space { LOCK_RECORD, LOCK_FLOCK };

struct file_lock {
	struct list link;
	uint64_t dev, ino; /* what is locked: there may be an inode per open */
	const void *owner;
	enum lock_space space;
	int type; /* LX_F_RDLCK, LX_F_WRLCK; LX_F_UNLCK in a request */
	int pid;
	int64_t start, end; /* both included */
};

static struct lk lock_lock = LK_INIT(INODE); /* guards: */
static struct list locks = LIST_INIT(locks);
static struct waitq unlocked = { .lock = LK_INIT(WAITQ), .waiters = LIST_INIT(unlocked.waiters) };
static _Atomic uint32_t nr_locks;
static struct list waits = LIST_INIT(waits);

/* Who waits for what: a request that is not granted yet. */
struct lock_wait {
	struct list link; /* empty while it does not wait */
	const struct file_lock *req;
};
#define CIRCLE_MAX 64 /* owners of one circle that are looked at */

static bool same_object(const struct file_lock *a, const struct file_lock *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->space == b->space;
}

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool is_posix(const struct file_lock *l)
{
	return l->space == LOCK_RECORD && l->pid != -1;
}

/* ---- lock_lock is held ---- */

static struct file_lock *find_conflict(const struct file_lock *req)
{
	struct file_lock *l;

	list_for_each(l, &locks, link)
		if (same_object(l, req) && l->owner != req->owner && overlap(l, req) &&
		    (l->type == LX_F_WRLCK || req->type == LX_F_WRLCK))
			return l;
	return NULL;
}

static void drop(struct file_lock *l)
{
	list_del(&l->link);
	mem_free(l);
	nr_locks--;
}

/*
 * Takes req's range from its owner's other locks. spare: for the rear half of a lock that is split; set
 * to NULL when used.
 */
static void carve(const struct file_lock *req, struct file_lock **spare)
{
	struct file_lock *l, *tmp;

	list_for_each_safe(l, tmp, &locks, link) {
		if (!same_object(l, req) || l->owner != req->owner || !overlap(l, req))
			continue;
		if (l->start < req->start && l->end > req->end) {
			**spare = *l;
			(*spare)->start = req->end + 1;
			list_add_tail(&locks, &(*spare)->link);
			nr_locks++;
			*spare = NULL;
			l->end = req->start - 1;
		} else if (l->start < req->start) {
			l->end = req->start - 1;
		} else if (l->end > req->end) {
			l->start = req->end + 1;
		} else {
			drop(l);
		}
	}
}

/* Neighbours of one kind become one lock. */
static void merge(struct file_lock *new)
{
	struct file_lock *l, *tmp;

	list_for_each_safe(l, tmp, &locks, link) {
		if (l == new || !same_object(l, new) || l->owner != new->owner ||
		    l->type != new->type)
			continue;
		if (new->start && l->end == new->start - 1)
			new->start = l->start;
		else if (new->end != LOCK_TO_END && l->start == new->end + 1)
			new->end = l->end;
		else
			continue;
		drop(l);
	}
}

/* Grants req if nobody objects: true. Uses up *fresh and *spare as needed. */
static bool grant(const struct file_lock *req, struct file_lock **fresh, struct file_lock **spare)
{
	if (req->type != LX_F_UNLCK && find_conflict(req))
		return false;
	carve(req, spare);
	if (req->type != LX_F_UNLCK) {
		**fresh = *req;
		list_add_tail(&locks, &(*fresh)->link);
		nr_locks++;
		merge(*fresh);
		*fresh = NULL;
	}
	return true;
}

static const struct file_lock *what_awaits(const void *owner)
{
	struct lock_wait *w;

	list_for_each(w, &waits, link)
		if (w->req->owner == owner && is_posix(w->req))
			return w->req;
	return NULL;
}

/* Whether whoever is in req's way waits for req's owner, over however many others. */
static bool is_circle(const struct file_lock *req)
{
	const struct file_lock *at = req, *holder;

	for (int i = 0; at && i < CIRCLE_MAX; i++) {
		holder = find_conflict(at);
		if (!holder)
			return false;
		if (holder->owner == req->owner)
			return true;
		at = what_awaits(holder->owner);
	}
	return false;
}

/* ---- lock_lock is not held ---- */

/* 0, 1: not now, -LX_EDEADLK. wait: NULL for those that do not wait. */
static int try_lock(const struct file_lock *req, struct file_lock **fresh, struct file_lock **spare,
		    struct lock_wait *wait)
{
	int ret;

	lk_acquire(&lock_lock);
	if (wait)
		list_del(&wait->link);
	ret = grant(req, fresh, spare) ? 0 : 1;
	if (ret && wait && is_posix(req) && is_circle(req))
		ret = -LX_EDEADLK;
	else if (ret && wait)
		list_add_tail(&waits, &wait->link);
	lk_release(&lock_lock);
	return ret;
}

static void stop_waiting(struct lock_wait *wait)
{
	lk_acquire(&lock_lock);
	list_del(&wait->link);
	lk_release(&lock_lock);
}

static int apply(struct task *t, const struct file_lock *req, bool wait)
{
	struct file_lock *fresh = mem_alloc(sizeof(*fresh)), *spare = mem_alloc(sizeof(*spare));
	struct lock_wait lw = { .link = LIST_INIT(lw.link), .req = req };
	struct waiter w = { .task = NULL };
	int err = fresh && spare ? try_lock(req, &fresh, &spare, NULL) : -LX_ENOLCK;

	if (err == 1 && !wait)
		err = -LX_EAGAIN;
	if (err == 1) {
		waitq_add(&unlocked, &w, t);
		while ((err = try_lock(req, &fresh, &spare, &lw)) == 1) {
			err = task_sleep(t, WAIT_FOREVER);
			if (err)
				break;
		}
		waitq_del(&w);
		stop_waiting(&lw);
	}
	mem_free(fresh);
	mem_free(spare);
	if (!err) /* a lock given up, shortened or weakened may be what others wait for */
		waitq_wake(&unlocked);
	return err;
}

/* l_whence, l_start and l_len as a range. */
static int lock_range(struct file *f, const struct lx_flock *fl, struct file_lock *l)
{
	struct kstat st;
	int64_t base = 0;
	int err = 0;

	switch (fl->l_whence) {
	case LX_SEEK_SET:
		break;
	case LX_SEEK_CUR:
		base = f->pos;
		break;
	case LX_SEEK_END:
		err = vfs_fstat(f, &st);
		base = err ? 0 : (int64_t)st.size;
		break;
	default:
		return -LX_EINVAL;
	}
	if (err)
		return err;
	if (__builtin_add_overflow(base, fl->l_start, &l->start))
		return -LX_EOVERFLOW;
	if (fl->l_len > 0 && __builtin_add_overflow(l->start, fl->l_len - 1, &l->end))
		return -LX_EOVERFLOW;
	if (fl->l_len == 0)
		l->end = LOCK_TO_END;
	if (fl->l_len < 0) {
		l->end = l->start - 1;
		l->start += fl->l_len;
	}
	return l->start < 0 ? -LX_EINVAL : 0;
}

static void query(const struct file_lock *req, struct lx_flock *fl)
{
	const struct file_lock *l;

	lk_acquire(&lock_lock);
	l = find_conflict(req);
	fl->l_type = LX_F_UNLCK;
	if (l) {
		fl->l_type = (int16_t)l->type;
		fl->l_whence = LX_SEEK_SET;
		fl->l_start = l->start;
		fl->l_len = l->end == LOCK_TO_END ? 0 : l->end - l->start + 1;
		fl->l_pid = l->pid;
	}
	lk_release(&lock_lock);
}

static int locked_object(struct file *f, struct file_lock *l)
{
	struct kstat st;
	int err = vfs_fstat(f, &st);

	l->dev = st.dev;
	l->ino = st.ino;
	return err;
}

/* Locks of a direct file are the host's, but for whose they are. */
static int query_host(struct task *t, struct file *f, bool ofd, struct lx_flock *fl)
{
	IO_HOST_LOCK l = { fl->l_type, fl->l_whence, fl->l_start, fl->l_len, 0 };
	int err = nt_to_errno(IoQueryHostLock(f->handle, ofd, t->tg->process->HostPid, &l));

	if (err)
		return err;
	fl->l_type = l.Type;
	if (l.Type == LX_F_UNLCK)
		return 0;
	fl->l_whence = l.Whence;
	fl->l_start = l.Start;
	fl->l_len = l.Length;
	fl->l_pid = l.HostPid == -1 ? -1 : pid_seen(t, task_pid_of_host(l.HostPid));
	return 0;
}

int vfs_lock_record(struct task *t, struct file *f, uint32_t cmd, struct lx_flock *fl)
{
	bool ofd = cmd == LX_F_OFD_GETLK || cmd == LX_F_OFD_SETLK || cmd == LX_F_OFD_SETLKW;
	bool get = cmd == LX_F_GETLK || cmd == LX_F_OFD_GETLK;
	struct file_lock req = { .space = LOCK_RECORD, .type = fl->l_type };
	int err;

	if (!f->inode || (fl->l_type != LX_F_RDLCK && fl->l_type != LX_F_WRLCK &&
			  (get || fl->l_type != LX_F_UNLCK)))
		return -LX_EINVAL;
	if (ofd && fl->l_pid)
		return -LX_EINVAL;
	if (get && f->direct)
		return query_host(t, f, ofd, fl);
	err = lock_range(f, fl, &req);
	if (err)
		return err;
	err = locked_object(f, &req);
	if (err)
		return err;
	req.owner = ofd ? (const void *)f : t->files;
	req.pid = ofd ? -1 : t->tg->pid;
	if (get) {
		query(&req, fl);
		fl->l_pid = pid_seen(t, fl->l_pid);
		return 0;
	}
	if ((req.type == LX_F_RDLCK && !file_readable(f)) ||
	    (req.type == LX_F_WRLCK && !file_writable(f)))
		return -LX_EBADF;
	return apply(t, &req, cmd == LX_F_SETLKW || cmd == LX_F_OFD_SETLKW);
}

int vfs_flock(struct task *t, struct file *f, uint32_t op)
{
	struct file_lock req = {
		.space = LOCK_FLOCK, .owner = f, .end = LOCK_TO_END, .pid = t->tg->pid
	};
	int err;

	switch (op & ~LX_LOCK_NB) {
	case LX_LOCK_SH:
		req.type = LX_F_RDLCK;
		break;
	case LX_LOCK_EX:
		req.type = LX_F_WRLCK;
		break;
	case LX_LOCK_UN:
		req.type = LX_F_UNLCK;
		break;
	default:
		return -LX_EINVAL;
	}
	if (!f->inode)
		return -LX_EBADF;
	err = locked_object(f, &req);
	if (err)
		return err;
	return apply(t, &req, !(op & LX_LOCK_NB));
}

void vfs_lock_forget(const void *owner, struct file *f)
{
	struct file_lock *l, *tmp, gone = { 0 };
	bool some = false;

	if (!nr_locks || !f->inode || (f->flags & LX_O_PATH) || locked_object(f, &gone))
		return;
	lk_acquire(&lock_lock);
	list_for_each_safe(l, tmp, &locks, link) {
		if (l->owner != owner || l->dev != gone.dev || l->ino != gone.ino)
			continue;
		drop(l);
		some = true;
	}
	lk_release(&lock_lock);
	if (some)
		waitq_wake(&unlocked);
}

/* ---- /proc/locks ---- */

struct lock_view *lock_view_add(struct lock_views *out)
{
	uint32_t size = out->size ? out->size * 2 : 16;
	struct lock_view *v = out->v;

	if (out->n == out->size) {
		v = mem_realloc(v, size * sizeof(*v));
		out->failed |= !v;
		if (!v)
			return NULL;
		out->v = v;
		out->size = size;
	}
	return &v[out->n++];
}

static void add_view(struct lock_views *out, const struct file_lock *l, bool waits)
{
	struct lock_view *v = lock_view_add(out);

	if (v)
		*v = (struct lock_view){ .kind = l->space == LOCK_FLOCK ? LOCK_BSD
						 : is_posix(l)          ? LOCK_POSIX
									: LOCK_OFD,
					 .waits = waits,
					 .type = l->type,
					 .pid = l->pid,
					 .dev = l->dev,
					 .ino = l->ino,
					 .start = l->start,
					 .end = l->end };
}

void vfs_locks(struct lock_views *out)
{
	const struct file_lock *l;
	const struct lock_wait *w;

	lk_acquire(&lock_lock);
	list_for_each(l, &locks, link) {
		add_view(out, l, false);
		list_for_each(w, &waits, link)
			if (find_conflict(w->req) == l)
				add_view(out, w->req, true);
	}
	lk_release(&lock_lock);
	lease_list(out);
}
