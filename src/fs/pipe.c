/* SPDX-License-Identifier: MIT */
/*
 * pipe.c - pipes and FIFOs. They are lxcore's own, as on WSL1: NT's named pipes have another semantics.
 *
 * A pipe is a ring of bytes and packets (pipe_ring.c). Data go straight between guest memory and the ring, under
 * the pipe's lock: the copy is a short host call and the lock keeps a write of up to PIPE_BUF bytes in one piece.
 * A FIFO finds its pipe by (device, inode number) of the node, because VolFs makes an inode per open; the pipe
 * lives as long as somebody has it open.
 *
 * Lock: p->lock (LR_INODE). fifo_lock (LR_INODE) is never held together with it.
 */
#include "pipe.h"
#include "pipe_ring.h"
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "lx/ioctl.h"
#include "lxrun/signal.h"
#include "lxrun/sysctl.h"
#include "lxrun/task.h"
#include <string.h>

#define PIPE_DEFAULT 65536u

struct pipe {
	struct refs refs;
	struct list fifo_link; /* fifo_lock; empty for pipe(2) */
	uint64_t dev, ino;     /* constant */
	struct lk lock;        /* LR_INODE; guards: */
	struct pipe_ring ring;
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
	p->ring.size = PIPE_DEFAULT;
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
	ring_free(&p->ring);
	mem_free(p);
}

/* ---- file operations ---- */

/* A read or write that may have to wait. */
struct transfer {
	struct pipe *p, *other; /* other: pipe_tee() fills it */
	struct iter *it;
	uint64_t count;
	bool packets; /* a write makes packets; a read minds them */
	bool move;    /* pipe_tee() */
	bool was_full;
	int64_t total;
};

static int64_t try_take(void *arg)
{
	struct transfer *x = arg;
	struct pipe *p = x->p;
	int64_t n;

	lk_acquire(&p->lock);
	x->was_full = ring_room(&p->ring) < PIPE_BUF; /* else nobody waits: no edge for epoll */
	if (p->ring.used)
		n = ring_take(&p->ring, x->it, !x->packets);
	else
		n = p->writers ? -LX_EAGAIN : 0;
	lk_release(&p->lock);
	return n;
}

static int64_t take(struct pipe *p, struct task *t, struct iter *it, bool nonblock, bool packets)
{
	struct transfer x = { .p = p, .it = it, .packets = packets };
	int64_t n = it->left ? task_attempt(t, &p->rq, WAIT_FOREVER, nonblock, try_take, &x) : 0;

	if (n > 0 && x.was_full) {
		waitq_wake(&p->wq);
		async_tell(&p->async, LX_POLL_OUT, file_writable);
	}
	return n;
}

int64_t pipe_take(struct pipe *p, struct task *t, struct iter *it, bool nonblock)
{
	return take(p, t, it, nonblock, false);
}

/* What there is room for, if that is need bytes. */
static int64_t put_once(struct transfer *x, uint32_t need)
{
	struct pipe *p = x->p;
	int64_t n;

	lk_acquire(&p->lock);
	n = p->readers ? ring_put(&p->ring, x->it, need, x->packets) : -LX_EPIPE;
	lk_release(&p->lock);
	if (n <= 0)
		return n;
	x->total += n;
	waitq_wake(&p->rq);
	async_tell(&p->async, LX_POLL_IN, file_readable);
	return n;
}

static int64_t try_put_once(void *arg)
{
	return put_once(arg, 1);
}

/* As much as there is room for; -LX_EAGAIN while something is left. */
static int64_t try_put(void *arg)
{
	struct transfer *x = arg;
	int64_t n = 0;

	while (x->it->left && n >= 0) {
		uint32_t piece = x->it->left < PIPE_BUF ? (uint32_t)x->it->left : PIPE_BUF;

		/* count: a write of up to PIPE_BUF bytes goes in one piece, as each packet does. */
		n = put_once(x, x->packets ? piece : (uint32_t)x->count);
		if (!n)
			break;
	}
	return n;
}

static int64_t put(struct pipe *p, struct task *t, struct iter *it, bool nonblock, bool packets)
{
	struct transfer x = {
		.p = p, .it = it, .count = it->left <= PIPE_BUF ? it->left : 1, .packets = packets
	};
	int64_t n = task_attempt(t, &p->wq, WAIT_FOREVER, nonblock, try_put, &x);

	if (n == -LX_EPIPE)
		signal_epipe(t);
	return x.total ? x.total : n;
}

int64_t pipe_put_data(struct pipe *p, struct task *t, struct iter *it, bool nonblock)
{
	return put(p, t, it, nonblock, false);
}

int64_t pipe_put_some(struct pipe *p, struct task *t, struct iter *it, bool nonblock)
{
	struct transfer x = { .p = p, .it = it };
	int64_t n = task_attempt(t, &p->wq, WAIT_FOREVER, nonblock, try_put_once, &x);

	if (n == -LX_EPIPE)
		signal_epipe(t);
	return n;
}

static int64_t pipe_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return take(f->priv, t, it, file_nowait(f, it), true);
}

static int64_t pipe_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return put(f->priv, t, it, file_nowait(f, it), f->flags & LX_O_DIRECT);
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
		if (p->ring.used)
			mask |= LX_POLLIN | LX_POLLRDNORM;
		/* A FIFO opened without a writer has not lost one yet. */
		if (!p->writers && (uint32_t)f->anon_ino != p->w_opens)
			mask |= LX_POLLHUP;
	}
	if (file_writable(f)) {
		if (ring_room(&p->ring) >= PIPE_BUF)
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
	n = (int32_t)p->ring.used;
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

/* Packets are for pipe2(2) and fcntl(2) to ask for. */
int fifo_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct kstat st;
	struct pipe *p;
	int err = flags & LX_O_DIRECT ? -LX_EINVAL : inode->iop->getattr(inode, &st);

	if (err)
		return err;
	p = fifo_find(st.dev, st.ino);
	return p ? pipe_attach(p, flags, t, f, true) : -LX_ENOMEM;
}

/* /proc/PID/fd/N of a pipe: one more end of it. */
static int pipe_reopen(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	if (flags & LX_O_DIRECT) {
		f->fop = NULL; /* there is nothing to release */
		return -LX_EINVAL;
	}
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
	ends[0] = file_alloc(LX_O_RDONLY | (flags & ~LX_O_DIRECT));
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

struct pipe *pipe_of(struct file *f)
{
	return f->fop == &pipe_fop ? f->priv : NULL;
}

int pipe_give_back(struct pipe *p, const char *data, uint32_t len)
{
	int err;

	lk_acquire(&p->lock);
	err = ring_put_back(&p->ring, data, len);
	lk_release(&p->lock);
	waitq_wake(&p->rq);
	return err;
}

static int64_t try_room(void *arg)
{
	struct pipe *p = arg;
	int64_t n;

	lk_acquire(&p->lock);
	n = ring_room(&p->ring) ? (int64_t)ring_room(&p->ring) : -LX_EAGAIN;
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

static int64_t try_tee(void *arg)
{
	struct transfer *x = arg;
	int64_t n;

	lk_acquire_pair(&x->p->lock, &x->other->lock);
	if (!x->p->ring.used && !x->p->writers)
		n = 0;
	else if (x->p->ring.used && !x->other->readers)
		n = -LX_EPIPE;
	else
		n = ring_copy(&x->p->ring, &x->other->ring, x->count, x->move);
	lk_release_pair(&x->p->lock, &x->other->lock);
	return n;
}

int64_t pipe_tee(struct pipe *from, struct pipe *to, struct task *t, uint64_t count, bool nonblock,
		 bool move)
{
	struct transfer x = { .p = from, .other = to, .count = count, .move = move };
	struct waiter w = { 0 }; /* either end may be what it waits for */
	int64_t n;

	waitq_add(&to->wq, &w, t);
	n = task_attempt(t, &from->rq, WAIT_FOREVER, nonblock, try_tee, &x);
	waitq_del(&w);
	if (n > 0)
		waitq_wake(&to->rq);
	if (n > 0 && move)
		waitq_wake(&from->wq);
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
		res = p->ring.size;
	} else if (want > 0x80000000u) {
		res = -LX_EINVAL;
	} else {
		while (size < want && size < 0x80000000u)
			size <<= 1;
		if (size > (uint64_t)sysctl_values[SYSCTL_PIPE_MAX_SIZE] && size > p->ring.size)
			res = -LX_EPERM;
		else
			res = ring_resize(&p->ring, size);
		if (!res)
			res = size;
	}
	lk_release(&p->lock);
	waitq_wake(&p->wq);
	return res;
}
