/* SPDX-License-Identifier: MIT */
/*
 * inotify.c - inotify(7): instances with their queues, watches on objects, and the matching of one
 * with the other. An object is known by device and number, because a file system may make an inode
 * per use; a watch holds one of them, so that the number is not given to another object.
 *
 * Lock: notify_lock (LR_INODE) guards all watches and queues. Attributes are asked for before it is
 * taken. A filter of inode numbers keeps that question away from objects that nobody watches.
 */
#include "base/alloc.h"
#include "fsnotify.h"
#include "inotify_host.h"
#include "lx/ioctl.h"
#include "lxrun/anon.h"
#include "lxrun/sysctl.h"
#include <stdio.h>

#define HASH_SIZE 256u

struct event {
	struct list link;
	struct lx_inotify_event e;
	char name[];
};

struct inotify {
	struct list watches; /* by watch.own */
	struct list events;  /* the last may be the overflow's */
	uint32_t nr_events, bytes;
	int next_wd;
	bool overflowed;
	struct waitq rq;
	uint32_t uid;     /* whose it is */
	struct list link; /* in instances */
};

struct watch {
	struct list hash, own;
	struct inotify *in;  /* borrows: its watches go before it */
	struct inode *inode; /* reference */
	struct super *sb;    /* reference: an inode needs it */
	uint64_t dev;
	uint32_t mask;
	int wd;
	struct host_watch *host; /* own; NULL: only guests change it */
};

_Atomic uint32_t fsnotify_marks;
_Atomic uint32_t fsnotify_generation = 1;
static struct lk notify_lock = LK_INIT(INODE);
static struct list table[HASH_SIZE];
static struct list instances = LIST_INIT(instances);
static _Atomic uint64_t filter[4]; /* bits of watched numbers; cleared when there is no watch */
static _Atomic uint32_t next_cookie = 1;

static uint32_t hash_of(uint64_t ino)
{
	return (uint32_t)(ino * 0x9e3779b97f4a7c15ull >> 56);
}

/* ---- queues; notify_lock is held ---- */

static bool is_repeated(const struct inotify *in, int wd, uint32_t mask, uint32_t cookie,
			const char *name)
{
	const struct event *last;

	if (list_empty(&in->events))
		return false;
	last = container_of(in->events.prev, struct event, link);
	return last->e.wd == wd && last->e.mask == mask && last->e.cookie == cookie &&
	       !strcmp(last->e.len ? last->name : "", name);
}

static void enqueue(struct inotify *in, int wd, uint32_t mask, uint32_t cookie, const char *name)
{
	size_t len = *name ? (strlen(name) + 16) & ~(size_t)15 : 0;
	struct event *ev;

	if (is_repeated(in, wd, mask, cookie, name))
		return;
	if (in->nr_events >= (uint64_t)sysctl_values[SYSCTL_INOTIFY_QUEUED_EVENTS]) {
		if (in->overflowed)
			return;
		in->overflowed = true;
		wd = -1;
		mask = LX_IN_Q_OVERFLOW;
		len = cookie = 0;
	}
	ev = mem_alloc(sizeof(*ev) + len);
	if (!ev) {
		in->overflowed = true; /* told with the next event there is memory for */
		return;
	}
	ev->e = (struct lx_inotify_event){ wd, mask, cookie, (uint32_t)len };
	if (len)
		strcpy(ev->name, name);
	list_add_tail(&in->events, &ev->link);
	in->nr_events++;
	in->bytes += (uint32_t)(sizeof(ev->e) + len);
	waitq_wake(&in->rq);
}

static void add_mark(uint64_t ino)
{
	uint32_t h = hash_of(ino);

	filter[h / 64] |= 1ull << h % 64;
	fsnotify_marks++;
	fsnotify_generation++;
}

static void drop_mark(void)
{
	fsnotify_generation++;
	if (--fsnotify_marks == 0)
		for (int i = 0; i < 4; i++)
			filter[i] = 0;
}

/* Ends w; its references go to the caller, who puts them and frees w. */
static void take_watch(struct watch *w, struct list *dead)
{
	enqueue(w->in, w->wd, LX_IN_IGNORED, 0, "");
	list_del(&w->hash);
	list_del(&w->own);
	list_add_tail(dead, &w->own);
	if (w->host)
		*host_watch_owner(w->host) = NULL;
	drop_mark();
}

/* ---- notify_lock is not held ---- */

static void free_watches(struct list *dead)
{
	struct watch *w, *tmp;

	list_for_each_safe(w, tmp, dead, own) {
		list_del(&w->own);
		if (w->host)
			host_watch_end(w->host);
		inode_put(w->inode);
		super_put(w->sb);
		mem_free(w);
	}
}

static struct list *bucket(uint64_t ino)
{
	struct list *b = &table[hash_of(ino)];

	if (!b->next)
		list_init(b);
	return b;
}

static bool may_be_watched(uint64_t ino)
{
	uint32_t h = hash_of(ino);

	return filter[h / 64] >> h % 64 & 1;
}

/* Number and device of inode's object; false when it cannot be watched or is not to be found out. */
static bool identify(struct inode *inode, struct kstat *st)
{
	if (inode->ino && !may_be_watched(inode->ino))
		return false;
	if (inode->iop->getattr(inode, st))
		return false;
	if (!inode->ino) /* a direct file of VolFs was opened without asking for it */
		__atomic_store_n(&inode->ino, st->ino, __ATOMIC_RELAXED);
	return may_be_watched(st->ino);
}

/* What the host hears of, too. */
#define HOST_KNOWS                                                                             \
	(LX_IN_MODIFY | LX_IN_ATTRIB | LX_IN_CLOSE_WRITE | LX_IN_MOVED_FROM | LX_IN_MOVED_TO | \
	 LX_IN_CREATE | LX_IN_DELETE | LX_IN_DELETE_SELF | LX_IN_MOVE_SELF)

/* Tells w; IN_DELETE_SELF ends it, and so does what IN_ONESHOT waited for: to the list dead. notify_lock is held. */
static void hear(struct watch *w, uint32_t mask, uint32_t cookie, const char *name,
		 struct list *dead)
{
	uint32_t events = mask & LX_IN_ALL_EVENTS;

	if (w->mask & events)
		enqueue(w->in, w->wd, mask, cookie, name);
	if ((events & LX_IN_DELETE_SELF) || ((w->mask & events) && (w->mask & LX_IN_ONESHOT)))
		take_watch(w, dead);
}

/* Tells the watches of inode. */
static void send(struct inode *inode, uint32_t mask, uint32_t cookie, const char *name)
{
	struct list dead = LIST_INIT(dead);
	struct watch *w, *tmp;
	uint32_t events = mask & LX_IN_ALL_EVENTS;
	struct kstat st;

	if (!identify(inode, &st))
		return;
	if (events & (LX_IN_DELETE_SELF | LX_IN_MOVE_SELF))
		mask &= ~LX_IN_ISDIR;
	lk_acquire(&notify_lock);
	list_for_each_safe(w, tmp, bucket(st.ino), hash) {
		if (w->inode->ino != st.ino || w->dev != st.dev)
			continue;
		if (w->host && (events & HOST_KNOWS))
			host_watch_own(w->host, name);
		hear(w, mask, cookie, name, &dead);
	}
	lk_release(&notify_lock);
	free_watches(&dead);
	if (dnotify_count)
		dnotify_hear(&st, mask);
}

void fsnotify_mark(uint64_t ino)
{
	lk_acquire(&notify_lock);
	add_mark(ino);
	lk_release(&notify_lock);
}

void fsnotify_unmark(void)
{
	lk_acquire(&notify_lock);
	drop_mark();
	lk_release(&notify_lock);
}

void inotify_tell_host(struct host_watch *h, uint32_t mask, uint32_t cookie, const char *name)
{
	struct list dead = LIST_INIT(dead);
	struct watch *w;

	lk_acquire(&notify_lock);
	w = *host_watch_owner(h);
	if (w && !host_watch_is_own(h, name))
		hear(w, mask, cookie, name, &dead);
	lk_release(&notify_lock);
	free_watches(&dead);
}

static bool is_watched(struct inode *inode, uint32_t mask)
{
	struct watch *w;
	bool found = false;
	struct kstat st;

	if (!identify(inode, &st))
		return false;
	lk_acquire(&notify_lock);
	list_for_each(w, bucket(st.ino), hash)
		found |= w->inode->ino == st.ino && w->dev == st.dev && (w->mask & mask);
	lk_release(&notify_lock);
	return found || (dnotify_count && dnotify_wants(&st, mask));
}

/* ---- what the VFS tells ---- */

static uint32_t dir_bit(const struct inode *inode)
{
	return inode_is_dir(inode) ? LX_IN_ISDIR : 0;
}

void fsnotify_send_name(struct inode *dir, const char *name, uint32_t mask, uint32_t cookie)
{
	send(dir, mask, cookie, name);
}

void fsnotify_send_inode(struct inode *inode, uint32_t mask)
{
	send(inode, mask | dir_bit(inode), 0, "");
}

static void send_both(struct dentry *d, struct inode *inode, uint32_t mask)
{
	char name[LX_NAME_MAX + 1];
	struct inode *dir = dentry_place(d, name);

	if (dir) {
		send(dir, mask | dir_bit(inode), 0, name);
		inode_put(dir);
	}
	send(inode, mask | dir_bit(inode), 0, "");
}

void fsnotify_send_path(const struct path *p, uint32_t mask)
{
	send_both(p->dentry, p->dentry->inode, mask);
}

void fsnotify_send_file(struct file *f, uint32_t mask)
{
	if (f->path.dentry && f->inode && !(f->flags & LX_O_PATH))
		send_both(f->path.dentry, f->inode, mask);
}

uint32_t fsnotify_cookie(void)
{
	return next_cookie++;
}

bool fsnotify_wants_data(struct file *f)
{
	const uint32_t data = LX_IN_ACCESS | LX_IN_MODIFY;
	uint32_t now = fsnotify_generation;
	char name[LX_NAME_MAX + 1];
	struct inode *dir;

	if (!f->path.dentry || !f->inode)
		return false;
	if (f->watch_seen == now)
		return f->watched;
	dir = dentry_place(f->path.dentry, name);
	f->watched = is_watched(f->inode, data) || (dir && is_watched(dir, data));
	f->watch_seen = now;
	inode_put(dir);
	return f->watched;
}

void fsnotify_unmount(struct super *sb)
{
	struct list dead = LIST_INIT(dead);
	struct watch *w, *tmp;

	if (!fsnotify_marks)
		return;
	lk_acquire(&notify_lock);
	for (uint32_t i = 0; i < HASH_SIZE; i++) {
		if (!table[i].next)
			continue;
		list_for_each_safe(w, tmp, &table[i], hash) {
			if (w->sb != sb)
				continue;
			enqueue(w->in, w->wd, LX_IN_UNMOUNT, 0, "");
			take_watch(w, &dead);
		}
	}
	lk_release(&notify_lock);
	free_watches(&dead);
}

/* ---- the descriptor ---- */

/* Next event if it fits: taken out. NULL: none. *too_small: it does not fit. */
static struct event *next_event(struct inotify *in, uint64_t room, bool *too_small)
{
	struct event *ev = NULL;

	lk_acquire(&notify_lock);
	if (!list_empty(&in->events)) {
		ev = list_first(&in->events, struct event, link);
		*too_small = sizeof(ev->e) + ev->e.len > room;
		if (*too_small) {
			ev = NULL;
		} else {
			list_del(&ev->link);
			in->nr_events--;
			in->bytes -= (uint32_t)(sizeof(ev->e) + ev->e.len);
			if (ev->e.mask & LX_IN_Q_OVERFLOW)
				in->overflowed = false;
		}
	}
	lk_release(&notify_lock);
	return ev;
}

struct draining {
	struct inotify *in;
	struct iter *it;
};

/* Bytes given out, -LX_EAGAIN when there is no event. */
static int64_t drain(void *arg)
{
	struct draining *d = arg;
	int64_t total = 0, n, size;
	bool too_small = false;
	struct event *ev;

	while ((ev = next_event(d->in, d->it->left, &too_small)) != NULL) {
		size = (int64_t)(sizeof(ev->e) + ev->e.len);
		n = iter_write(d->it, &ev->e, (uint64_t)size);
		mem_free(ev);
		if (n != size)
			return total ? total : -LX_EFAULT;
		total += n;
	}
	if (total)
		return total;
	return too_small ? -LX_EINVAL : -LX_EAGAIN;
}

static int64_t inotify_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct draining d = { f->priv, it };

	return task_attempt(t, &d.in->rq, WAIT_FOREVER, f->flags & LX_O_NONBLOCK, drain, &d);
}

static uint32_t inotify_poll(struct file *f, struct poll_table *pt)
{
	struct inotify *in = f->priv;
	uint32_t mask;

	poll_wait(pt, &in->rq);
	lk_acquire(&notify_lock);
	mask = list_empty(&in->events) ? 0 : LX_POLLIN | LX_POLLRDNORM;
	lk_release(&notify_lock);
	return mask;
}

static int64_t inotify_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct inotify *in = f->priv;
	int32_t n;

	if (cmd != LX_FIONREAD)
		return -LX_ENOIOCTLCMD;
	lk_acquire(&notify_lock);
	n = (int32_t)in->bytes;
	lk_release(&notify_lock);
	return guest_copyout(t, GADDR(arg), &n, sizeof(n));
}

static int inotify_show(struct file *f, char *buf, size_t size)
{
	struct inotify *in = f->priv;
	struct watch *w;
	size_t used = 0;
	int n;

	lk_acquire(&notify_lock);
	list_for_each(w, &in->watches, own) {
		n = snprintf(buf + used, size - used,
			     "inotify wd:%x ino:%llx sdev:%llx mask:%x ignored_mask:0\n", w->wd,
			     (unsigned long long)w->inode->ino, (unsigned long long)w->dev,
			     w->mask);
		if (n < 0 || (size_t)n >= size - used)
			break;
		used += (size_t)n;
	}
	lk_release(&notify_lock);
	return (int)used;
}

static void inotify_release(struct file *f)
{
	struct inotify *in = f->priv;
	struct list dead = LIST_INIT(dead);
	struct event *ev, *next;

	lk_acquire(&notify_lock);
	while (!list_empty(&in->watches))
		take_watch(list_first(&in->watches, struct watch, own), &dead);
	list_del(&in->link);
	lk_release(&notify_lock);
	free_watches(&dead);
	list_for_each_safe(ev, next, &in->events, link)
		mem_free(ev);
	mem_free(in);
}

static const struct file_ops inotify_fop = {
	.read = inotify_read,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.show_fdinfo = inotify_show,
	.release = inotify_release,
};

/* ---- the calls ---- */

static bool has_room(struct inotify *in)
{
	struct inotify *i;
	int64_t left = sysctl_values[SYSCTL_INOTIFY_USER_INSTANCES];

	lk_acquire(&notify_lock);
	list_for_each(i, &instances, link)
		left -= i->uid == in->uid;
	if (left > 0)
		list_add_tail(&instances, &in->link);
	lk_release(&notify_lock);
	return left > 0;
}

int inotify_create(struct task *t, uint32_t flags, struct file **f)
{
	struct inotify *in;

	if (flags & ~(LX_IN_NONBLOCK | LX_IN_CLOEXEC))
		return -LX_EINVAL;
	in = mem_alloc(sizeof(*in));
	if (!in)
		return -LX_ENOMEM;
	list_init(&in->watches);
	list_init(&in->events);
	list_init(&in->link);
	waitq_init(&in->rq);
	in->next_wd = 1;
	in->uid = t->cred->uid;
	if (!has_room(in)) {
		mem_free(in);
		return -LX_EMFILE;
	}
	*f = anon_file("anon_inode:inotify", &inotify_fop, LX_O_RDONLY | (flags & LX_IN_NONBLOCK),
		       in);
	if (*f)
		return 0;
	lk_acquire(&notify_lock);
	list_del(&in->link);
	lk_release(&notify_lock);
	mem_free(in);
	return -LX_ENOMEM;
}

static struct inotify *inotify_of(struct file *f)
{
	return f->fop == &inotify_fop ? f->priv : NULL;
}

/* Changes the watch of the object, or adds fresh for it. notify_lock is held. Its number or -errno. */
static int set_watch(struct inotify *in, struct watch *fresh, uint32_t mask, bool *used)
{
	const uint32_t kept = LX_IN_ALL_EVENTS | LX_IN_EXCL_UNLINK | LX_IN_ONESHOT;
	struct watch *w;

	fsnotify_generation++;
	list_for_each(w, &in->watches, own) {
		if (w->inode->ino != fresh->inode->ino || w->dev != fresh->dev)
			continue;
		if (mask & LX_IN_MASK_CREATE)
			return -LX_EEXIST;
		w->mask = (mask & LX_IN_MASK_ADD ? w->mask : 0) | (mask & kept);
		return w->wd;
	}
	if (fsnotify_marks >= (uint64_t)sysctl_values[SYSCTL_INOTIFY_USER_WATCHES])
		return -LX_ENOSPC;
	fresh->mask = mask & kept;
	fresh->wd = in->next_wd++;
	list_add_tail(&in->watches, &fresh->own);
	list_add_tail(bucket(fresh->inode->ino), &fresh->hash);
	add_mark(fresh->inode->ino);
	*used = true;
	return fresh->wd;
}

static int watch_path(struct inotify *in, const struct path *p, uint32_t mask)
{
	struct inode *inode = p->dentry->inode;
	struct watch *fresh = mem_alloc(sizeof(*fresh));
	struct list dead = LIST_INIT(dead);
	bool used = false;
	struct kstat st;
	int ret = fresh ? inode->iop->getattr(inode, &st) : -LX_ENOMEM;

	if (ret) {
		mem_free(fresh);
		return ret;
	}
	fresh->in = in;
	fresh->dev = st.dev;
	if (!inode->ino)
		__atomic_store_n(&inode->ino, st.ino, __ATOMIC_RELAXED);
	fresh->sb = inode->sb;
	refs_get(&fresh->sb->refs);
	fresh->inode = inode_get(inode);
	list_init(&fresh->own);
	fresh->host = host_watch_new(p);
	lk_acquire(&notify_lock);
	ret = set_watch(in, fresh, mask, &used);
	if (used && fresh->host)
		*host_watch_owner(fresh->host) = fresh;
	lk_release(&notify_lock);
	if (!used) {
		list_add_tail(&dead, &fresh->own);
		free_watches(&dead);
	}
	return ret;
}

int inotify_check(struct file *f, uint32_t mask)
{
	bool both = (mask & LX_IN_MASK_ADD) && (mask & LX_IN_MASK_CREATE);

	return !(mask & LX_IN_ALL_EVENTS) || both || !inotify_of(f) ? -LX_EINVAL : 0;
}

int inotify_add(struct task *t, struct file *f, const char *path, uint32_t mask)
{
	TRACE_SCOPE(TR_VFS);
	uint32_t walk = (mask & LX_IN_DONT_FOLLOW ? 0 : WALK_FOLLOW) |
			(mask & LX_IN_ONLYDIR ? WALK_DIRECTORY : 0);
	struct path p;
	int ret = inotify_check(f, mask);

	if (ret)
		return ret;
	ret = vfs_walk(t, LX_AT_FDCWD, path, walk, &p);
	if (ret)
		return ret;
	ret = vfs_permission(p.dentry->inode, t->cred, LX_R_OK);
	if (!ret)
		ret = watch_path(inotify_of(f), &p, mask);
	path_put(&p);
	TRACE(TR_VFS, "inotify_add_watch(%s, %#x) = %d", path, mask, ret);
	return ret;
}

int inotify_remove(struct file *f, int wd)
{
	struct inotify *in = inotify_of(f);
	struct list dead = LIST_INIT(dead);
	struct watch *w, *tmp;

	if (!in)
		return -LX_EINVAL;
	lk_acquire(&notify_lock);
	list_for_each_safe(w, tmp, &in->watches, own)
		if (w->wd == wd)
			take_watch(w, &dead);
	lk_release(&notify_lock);
	if (list_empty(&dead))
		return -LX_EINVAL;
	free_watches(&dead);
	return 0;
}
