/* SPDX-License-Identifier: MIT */
/*
 * pipe.c - pipes and FIFOs. They are lxcore's own, as on WSL1: NT's named pipes have another semantics.
 *
 * A pipe is a ring of bytes. Data go straight between guest memory and the ring, one copy each way,
 * under the pipe's lock: the copy is a short host call and the lock keeps a write of up to PIPE_BUF
 * bytes in one piece. A FIFO finds its pipe by (device, inode number) of the node, because VolFs
 * makes an inode per open; the pipe lives as long as somebody has it open.
 *
 * Lock: p->lock (LR_INODE). fifo_lock (LR_INODE) is never held together with it.
 */
#include "pipe.h"
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "lx/ioctl.h"
#include "lxrun/signal.h"
#include "lxrun/sysctl.h"
#include "lxrun/task.h"
#include <string.h>

#define PIPE_BUF     4096u
#define PIPE_DEFAULT 65536u

struct pipe {
	struct refs refs;
	struct list fifo_link;     /* fifo_lock; empty for pipe(2) */
	uint64_t dev, ino;         /* constant */
	struct lk lock;            /* LR_INODE; guards: */
	char *ring;                /* NULL until the first write */
	uint32_t size, head, used; /* size: a power of two */
	uint32_t readers, writers;
	uint32_t r_opens, w_opens; /* so far: what an opener of a FIFO waits to see change */
	struct waitq rq, wq;       /* readers, writers */
	struct async_list async;   /* files with O_ASYNC */
};

static struct lk fifo_lock = LK_INIT(INODE);
static struct list fifos = LIST_INIT(fifos);

static struct pipe *pipe_new(void)
{
	struct pipe *p = mem_alloc(sizeof(*p));

	if (!p)
		return NULL;
	refs_init(&p->refs);
	list_init(&p->fifo_link);
	lk_init(&p->lock, LR_INODE);
	p->size = PIPE_DEFAULT;
	waitq_init(&p->rq);
	waitq_init(&p->wq);
	async_list_init(&p->async);
	return p;
}

void pipe_put(struct pipe *p)
{
	bool last;

	/* Under the lock: fifo_find() must not see a pipe that dies. */
	lk_acquire(&fifo_lock);
	last = refs_put(&p->refs);
	if (last)
		list_del(&p->fifo_link);
	lk_release(&fifo_lock);
	if (!last)
		return;
	mem_free(p->ring);
	mem_free(p);
}

/* ---- the ring; p->lock is held ---- */

/* Bytes moved, 0 at end of file, -LX_EAGAIN when empty, -LX_EFAULT. */
static int64_t ring_take(struct pipe *p, struct iter *it)
{
	int64_t total = 0;

	if (!p->used)
		return p->writers ? -LX_EAGAIN : 0;
	while (p->used && it->left) {
		uint32_t run = p->size - p->head;
		int64_t n;

		if (run > p->used)
			run = p->used;
		n = iter_write(it, p->ring + p->head, run);
		if (n <= 0)
			return total ? total : n;
		p->head = (p->head + (uint32_t)n) & (p->size - 1);
		p->used -= (uint32_t)n;
		total += n;
		if ((uint64_t)n < run)
			break;
	}
	return total;
}

/* Bytes moved, -LX_EAGAIN when there is not room for need bytes, -LX_EPIPE, -LX_EFAULT, -LX_ENOMEM. */
static int64_t ring_put(struct pipe *p, struct iter *it, uint32_t need)
{
	int64_t total = 0;

	if (!p->readers)
		return -LX_EPIPE;
	if (p->size - p->used < need)
		return -LX_EAGAIN;
	if (!p->ring && !(p->ring = mem_realloc(NULL, p->size)))
		return -LX_ENOMEM;
	while (p->used < p->size && it->left) {
		uint32_t tail = (p->head + p->used) & (p->size - 1);
		uint32_t run = p->size - (tail < p->head ? p->used : tail);
		int64_t n;

		if (run > p->size - p->used)
			run = p->size - p->used;
		n = iter_read(it, p->ring + tail, run);
		if (n <= 0)
			return total ? total : n;
		p->used += (uint32_t)n;
		total += n;
		if ((uint64_t)n < run)
			break;
	}
	return total;
}

/* ---- file operations ---- */

/* A read or write that may have to wait. */
struct transfer {
	struct pipe *p, *other; /* other: pipe_tee() fills it */
	struct iter *it;
	uint64_t count;
	uint32_t need;
	bool was_full;
	int64_t total;
};

static int64_t try_take(void *arg)
{
	struct transfer *x = arg;
	struct pipe *p = x->p;
	int64_t n;

	lk_acquire(&p->lock);
	x->was_full = p->size - p->used < PIPE_BUF; /* else nobody waits: no edge for epoll */
	n = ring_take(p, x->it);
	lk_release(&p->lock);
	return n;
}

int64_t pipe_take(struct pipe *p, struct task *t, struct iter *it, bool nonblock)
{
	struct transfer x = { .p = p, .it = it };
	int64_t n = it->left ? task_attempt(t, &p->rq, WAIT_FOREVER, nonblock, try_take, &x) : 0;

	if (n > 0 && x.was_full) {
		waitq_wake(&p->wq);
		async_tell(&p->async, LX_POLL_OUT, file_writable);
	}
	return n;
}

/* As much as there is room for; -LX_EAGAIN while something is left. */
static int64_t try_put(void *arg)
{
	struct transfer *x = arg;
	struct pipe *p = x->p;
	int64_t n = 0;

	while (x->it->left) {
		lk_acquire(&p->lock);
		n = ring_put(p, x->it, x->need);
		lk_release(&p->lock);
		if (n <= 0)
			return n;
		x->total += n;
		waitq_wake(&p->rq);
		async_tell(&p->async, LX_POLL_IN, file_readable);
	}
	return n;
}

int64_t pipe_put_data(struct pipe *p, struct task *t, struct iter *it, bool nonblock)
{
	/* A write of up to PIPE_BUF bytes goes in one piece. */
	struct transfer x = { .p = p,
			      .it = it,
			      .need = it->left <= PIPE_BUF ? (uint32_t)it->left : 1 };
	int64_t n = task_attempt(t, &p->wq, WAIT_FOREVER, nonblock, try_put, &x);

	if (n == -LX_EPIPE)
		signal_epipe(t);
	return x.total ? x.total : n;
}

static int64_t pipe_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return pipe_take(f->priv, t, it, file_nowait(f, it));
}

static int64_t pipe_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return pipe_put_data(f->priv, t, it, file_nowait(f, it));
}

static uint32_t pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->priv;
	uint32_t mask = 0;

	if (file_readable(f))
		poll_wait(pt, &p->rq);
	if (file_writable(f))
		poll_wait(pt, &p->wq);
	lk_acquire(&p->lock);
	if (file_readable(f)) {
		if (p->used)
			mask |= LX_POLLIN | LX_POLLRDNORM;
		/* A FIFO opened without a writer has not lost one yet. */
		if (!p->writers && (uint32_t)f->anon_ino != p->w_opens)
			mask |= LX_POLLHUP;
	}
	if (file_writable(f)) {
		if (p->size - p->used >= PIPE_BUF)
			mask |= LX_POLLOUT | LX_POLLWRNORM;
		if (!p->readers)
			mask |= LX_POLLERR;
	}
	lk_release(&p->lock);
	return mask;
}

static int64_t pipe_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct pipe *p = f->priv;
	int32_t n;

	if (cmd != LX_FIONREAD)
		return -LX_ENOIOCTLCMD;
	lk_acquire(&p->lock);
	n = (int32_t)p->used;
	lk_release(&p->lock);
	return guest_copyout(t, GADDR(arg), &n, sizeof(n));
}

/* Drops f's share of the counts and wakes whoever waits for the last reader or writer. */
static void pipe_detach(struct pipe *p, const struct file *f)
{
	lk_acquire(&p->lock);
	p->readers -= file_readable(f);
	p->writers -= file_writable(f);
	lk_release(&p->lock);
	waitq_wake(&p->rq);
	waitq_wake(&p->wq);
	async_tell(&p->async, LX_POLL_IN, file_readable);
	async_tell(&p->async, LX_POLL_OUT, file_writable);
}

static struct async_list *pipe_async(struct file *f)
{
	return &((struct pipe *)f->priv)->async;
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->priv;

	pipe_detach(p, f);
	pipe_put(p);
}

static const struct file_ops pipe_fop = {
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.async = pipe_async,
	.release = pipe_release,
	.nowait = true,
};

/* ---- opening ---- */

/* Sleeps until *opens differs from seen. */
static int wait_for_peer(struct pipe *p, struct waitq *q, const uint32_t *opens, uint32_t seen,
			 struct task *t)
{
	struct waiter w = { 0 };
	int err = 0;

	waitq_add(q, &w, t);
	while (!err) {
		bool came;

		lk_acquire(&p->lock);
		came = *opens != seen;
		lk_release(&p->lock);
		if (came)
			break;
		err = task_sleep(t, WAIT_FOREVER);
	}
	waitq_del(&w);
	return err;
}

/*
 * fifo(7): a reader waits for a writer and the other way round, O_RDWR waits for nobody; nor does who
 * opens a pipe again through /proc. Consumes the caller's reference to p.
 */
static int pipe_attach(struct pipe *p, uint32_t flags, struct task *t, struct file *f, bool named)
{
	bool rd = file_readable(f), wr = file_writable(f);
	uint32_t r_seen, w_seen;
	bool wait_writer, wait_reader;
	int err = 0;

	lk_acquire(&p->lock);
	if (named && wr && !rd && !p->readers && flags & LX_O_NONBLOCK) {
		lk_release(&p->lock);
		pipe_put(p);
		return -LX_ENXIO;
	}
	wait_writer = named && rd && !wr && !p->writers && !(flags & LX_O_NONBLOCK);
	wait_reader = named && wr && !rd && !p->readers;
	r_seen = p->r_opens;
	w_seen = p->w_opens;
	p->readers += rd;
	p->writers += wr;
	p->r_opens += rd;
	p->w_opens += wr;
	/* Until a writer comes there is no hang-up to report: see pipe_poll(). */
	f->anon_ino = named && rd && !p->writers ? w_seen : (uint64_t)w_seen - 1;
	lk_release(&p->lock);
	waitq_wake(&p->rq);
	waitq_wake(&p->wq);
	if (wait_writer)
		err = wait_for_peer(p, &p->rq, &p->w_opens, w_seen, t);
	else if (wait_reader)
		err = wait_for_peer(p, &p->wq, &p->r_opens, r_seen, t);
	if (err) {
		pipe_detach(p, f);
		pipe_put(p);
		return err;
	}
	f->fop = &pipe_fop;
	f->priv = p;
	return 0;
}

/* Returns a reference to the pipe of the FIFO node, or NULL without memory. */
static struct pipe *fifo_find(uint64_t dev, uint64_t ino)
{
	struct pipe *fresh = pipe_new(), *p, *found = NULL;

	lk_acquire(&fifo_lock);
	list_for_each(p, &fifos, fifo_link)
		if (p->ino == ino && p->dev == dev)
			found = p;
	if (found) {
		refs_get(&found->refs);
	} else if (fresh) {
		fresh->dev = dev;
		fresh->ino = ino;
		list_add_tail(&fifos, &fresh->fifo_link);
		found = fresh;
		fresh = NULL;
	}
	lk_release(&fifo_lock);
	mem_free(fresh);
	return found;
}

int fifo_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct kstat st;
	struct pipe *p;
	int err = inode->iop->getattr(inode, &st);

	if (err)
		return err;
	p = fifo_find(st.dev, st.ino);
	return p ? pipe_attach(p, flags, t, f, true) : -LX_ENOMEM;
}

/* /proc/PID/fd/N of a pipe: one more end of it. */
static int pipe_reopen(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	refs_get(&inode->fifo->refs);
	return pipe_attach(inode->fifo, flags, t, f, false);
}

/* Seen by the tasks that may reach it through /proc only; the owner's times are the making's. */
static int pipe_setattr(struct inode *inode, const struct iattr *attr)
{
	if (attr->valid & ATTR_SIZE)
		return -LX_EINVAL;
	inode_take_attr(inode, attr);
	return 0;
}

static const struct inode_ops pipe_iop = { .getattr = anon_getattr,
					   .setattr = pipe_setattr,
					   .open = pipe_reopen };

int pipe_create(struct task *t, uint32_t flags, struct file *ends[2])
{
	struct pipe *p = pipe_new();
	struct inode *inode = p ? anon_inode(&pipe_iop, &pipe_fop, 0, LX_S_IFIFO | 0600) : NULL;

	if (!inode) {
		if (p)
			pipe_put(p);
		return -LX_ENOMEM;
	}
	inode->fifo = p;
	inode->uid = t->cred ? t->cred->fsuid : 0;
	inode->gid = t->cred ? t->cred->fsgid : 0;
	ends[0] = file_alloc(LX_O_RDONLY | flags);
	ends[1] = file_alloc(LX_O_WRONLY | flags);
	if (!ends[0] || !ends[1]) {
		file_put(ends[0]);
		file_put(ends[1]);
		inode_put(inode);
		return -LX_ENOMEM;
	}
	p->readers = p->writers = p->r_opens = p->w_opens = 1;
	for (int i = 0; i < 2; i++) {
		ends[i]->inode = i ? inode : inode_get(inode);
		ends[i]->fop = &pipe_fop;
		ends[i]->priv = p;
		ends[i]->anon_name = "pipe";
		refs_get(&p->refs);
	}
	return 0;
}

/* ---- F_SETPIPE_SZ, splice(2) ---- */

/* Moves the contents to a ring of size bytes, behind a gap. p->lock is held. */
static int ring_move(struct pipe *p, uint32_t size, uint32_t gap)
{
	char *ring = mem_realloc(NULL, size), *at = ring + gap;
	uint32_t run = p->size - p->head;

	if (!ring)
		return -LX_ENOMEM;
	if (run > p->used)
		run = p->used;
	memcpy(at, p->ring + p->head, run);
	memcpy(at + run, p->ring, p->used - run);
	mem_free(p->ring);
	p->ring = ring;
	p->size = size;
	p->head = gap;
	return 0;
}

static int ring_resize(struct pipe *p, uint32_t size)
{
	if (size < p->used)
		return -LX_EBUSY;
	if (p->ring)
		return ring_move(p, size, 0);
	p->size = size;
	return 0;
}

struct pipe *pipe_of(struct file *f)
{
	return f->fop == &pipe_fop ? f->priv : NULL;
}

int pipe_give_back(struct pipe *p, const char *data, uint32_t len)
{
	uint32_t size = p->size, run;
	int err = 0;

	lk_acquire(&p->lock);
	while (size - p->used < len)
		size <<= 1;
	if (size != p->size)
		err = ring_move(p, size, 0);
	if (!err) {
		p->head = (p->head - len) & (p->size - 1);
		run = p->size - p->head < len ? p->size - p->head : len;
		memcpy(p->ring + p->head, data, run);
		memcpy(p->ring, data + run, len - run);
		p->used += len;
	}
	lk_release(&p->lock);
	waitq_wake(&p->rq);
	return err;
}

static int64_t try_room(void *arg)
{
	struct pipe *p = arg;
	int64_t n;

	lk_acquire(&p->lock);
	n = p->used < p->size ? (int64_t)(p->size - p->used) : -LX_EAGAIN;
	if (!p->readers)
		n = -LX_EPIPE;
	lk_release(&p->lock);
	return n;
}

int64_t pipe_wait_room(struct pipe *p, struct task *t, bool nonblock)
{
	int64_t n = task_attempt(t, &p->wq, WAIT_FOREVER, nonblock, try_room, p);

	if (n == -LX_EPIPE)
		signal_epipe(t);
	return n;
}

/* One attempt of pipe_tee(). Both locks are held. */
static int64_t ring_copy(struct pipe *from, struct pipe *to, uint64_t count)
{
	int64_t total = 0, n;
	struct iter it;

	if (!from->used)
		return from->writers ? -LX_EAGAIN : 0;
	if (count > from->used)
		count = from->used;
	while ((uint64_t)total < count) {
		uint32_t at = (from->head + (uint32_t)total) & (from->size - 1);
		uint64_t run = from->size - at;

		if (run > count - (uint64_t)total)
			run = count - (uint64_t)total;
		iter_kernel(&it, from->ring + at, run);
		n = ring_put(to, &it, 1);
		if (n <= 0)
			return total ? total : n;
		total += n;
	}
	return total;
}

static int64_t try_tee(void *arg)
{
	struct transfer *x = arg;
	int64_t n;

	lk_acquire_pair(&x->p->lock, &x->other->lock);
	n = ring_copy(x->p, x->other, x->count);
	lk_release_pair(&x->p->lock, &x->other->lock);
	return n;
}

int64_t pipe_tee(struct pipe *from, struct pipe *to, struct task *t, uint64_t count, bool nonblock)
{
	struct transfer x = { .p = from, .other = to, .count = count };
	struct waiter w = { 0 }; /* either end may be what it waits for */
	int64_t n;

	waitq_add(&to->wq, &w, t);
	n = task_attempt(t, &from->rq, WAIT_FOREVER, nonblock, try_tee, &x);
	waitq_del(&w);
	if (n > 0)
		waitq_wake(&to->rq);
	if (n == -LX_EPIPE)
		signal_epipe(t);
	return n;
}

int64_t pipe_fcntl(struct file *f, uint32_t cmd, uint64_t arg)
{
	struct pipe *p = f->priv;
	uint32_t want = (uint32_t)arg, size = PIPE_BUF;
	int64_t res;

	if (f->fop != &pipe_fop)
		return -LX_EBADF;
	lk_acquire(&p->lock);
	if (cmd == LX_F_GETPIPE_SZ) {
		res = p->size;
	} else if (want > 0x80000000u) {
		res = -LX_EINVAL;
	} else {
		while (size < want && size < 0x80000000u)
			size <<= 1;
		if (size > (uint64_t)sysctl_values[SYSCTL_PIPE_MAX_SIZE] && size > p->size)
			res = -LX_EPERM;
		else
			res = ring_resize(p, size);
		if (!res)
			res = size;
	}
	lk_release(&p->lock);
	waitq_wake(&p->wq);
	return res;
}
