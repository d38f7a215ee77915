/* SPDX-License-Identifier: MIT */
/*
 * tty_file.c - a terminal as an open file: reading with VMIN and VTIME, writing, polling, opening. The
 * rules of termios(3) "Canonical and noncanonical mode" and of job control (POSIX.1-2017 11.1.4).
 */
#include "tty_impl.h"
#include "base/alloc.h"

#define CHUNK 4096u

static const struct file_ops tty_fop;

struct tty *tty_of_file(const struct file *f)
{
	return ((struct tty_file *)f->priv)->tty;
}

/* ---- reading ---- */

/* One read(2): how much is enough, and how long to wait for it. Taken from the attributes at each step. */
struct reading {
	struct tty_file *tf;
	struct task *t;
	struct iter *it;
	int64_t got;
	uint64_t began_ns; /* of the wait: the call, or the last byte */
	bool slept;
};

/* Whether the call is over with n bytes more. tty->lock is held. */
static bool is_enough(const struct reading *r, int64_t n)
{
	const struct lx_termios *tio = &r->tf->tty->ld.tio;

	if (!n || (uint64_t)n == r->it->left || tio->c_lflag & LX_ICANON)
		return true;
	return r->got + n >= (tio->c_cc[LX_VMIN] ? tio->c_cc[LX_VMIN] : 1);
}

/* When a wait for more ends; tty->lock is held. */
static uint64_t deadline_of(const struct reading *r)
{
	const struct lx_termios *tio = &r->tf->tty->ld.tio;
	uint64_t ns = tio->c_cc[LX_VTIME] * 100000000ull;

	if (tio->c_lflag & LX_ICANON)
		return WAIT_FOREVER;
	if (!tio->c_cc[LX_VMIN])
		return r->began_ns + ns; /* VTIME 0: now */
	return ns && r->got ? r->began_ns + ns : WAIT_FOREVER;
}

/*
 * Takes what is there. 1: enough; 0: more is wanted, wait until *deadline; -errno. A file whose pty lost its
 * master while the call slept says EIO; at the end of everything, 0 bytes, is who comes later.
 */
static int take(struct reading *r, uint64_t *deadline)
{
	struct tty *tty = r->tf->tty;
	uint32_t want = r->it->left < CHUNK ? (uint32_t)r->it->left : CHUNK;
	uint8_t buf[CHUNK];
	int64_t n = -1, stored;
	bool enough = false;

	lk_acquire(&tty->lock);
	if (tty_is_hung(r->tf)) {
		lk_release(&tty->lock);
		return r->slept && !tty->console && !tty->master ? -LX_EIO : 1;
	}
	n = ldisc_read(&tty->ld, buf, want);
	if (n >= 0) {
		tty_receive_more(tty);
		if (tty->console)
			console_listen(tty);
		tty->atime = vfs_now();
		r->began_ns = KeQueryMonotonicNs();
		enough = is_enough(r, n);
	}
	*deadline = deadline_of(r);
	tty_unlock(tty);
	if (n <= 0)
		return n == 0;
	waitq_wake(&tty->mwq);
	stored = iter_write(r->it, buf, (uint64_t)n);
	if (stored < 0)
		return (int)stored;
	r->got += stored;
	return enough || stored < n;
}

/* Asleep on the terminal's readers' queue. 0: look again; 1: time is over; -errno. */
static int wait_for_input(struct reading *r, struct waiter *w, bool nonblock, uint64_t deadline)
{
	int err;

	if (deadline <= r->began_ns)
		return 1;
	if (nonblock)
		return -LX_EAGAIN;
	if (!w->q) {
		waitq_add(&r->tf->tty->rq, w, r->t);
		return 0;
	}
	err = task_sleep(r->t, deadline);
	r->slept = true;
	return err == -LX_ETIMEDOUT ? 1 : err;
}

static int may_read(struct reading *r)
{
	int err = tty_check_change(r->t, r->tf->tty, LX_SIGTTIN);

	return !err && r->tf->tty->console ? console_before_read(r->tf->tty) : err;
}

static int64_t tty_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct reading r = { f->priv, t, it, 0, KeQueryMonotonicNs(), false };
	struct waiter w = { 0 };
	bool nonblock = f->flags & LX_O_NONBLOCK;
	uint64_t deadline = WAIT_FOREVER;
	int res = 0;

	if (!it->left)
		return 0;
	while (!res) {
		/* Again after each sleep: the shell may have put us into the background. */
		res = may_read(&r);
		if (!res)
			res = take(&r, &deadline);
		else if (res == -LX_EAGAIN && !nonblock)
			res = 0; /* lxrun is about to be stopped */
		if (!res)
			res = wait_for_input(&r, &w, nonblock, deadline);
	}
	waitq_del(&w);
	return r.got || res > 0 ? r.got : res;
}

/* ---- writing ---- */

/* Bytes the terminal took, -LX_EAGAIN, -LX_EIO. */
static int64_t put(struct tty_file *tf, struct iter *it)
{
	uint32_t want = it->left < CHUNK ? (uint32_t)it->left : CHUNK, done;
	struct tty *tty = tf->tty;
	struct iter before = *it;
	uint8_t buf[CHUNK];
	int64_t n = iter_read(it, buf, want);

	if (n < 0)
		return n;
	lk_acquire(&tty->lock);
	if (tty_is_hung(tf)) {
		lk_release(&tty->lock);
		return -LX_EIO;
	}
	done = ldisc_write(&tty->ld, buf, (uint32_t)n);
	tty->mtime = vfs_now();
	tty_unlock(tty);
	*it = before;
	iter_advance(it, done);
	return done ? (int64_t)done : -LX_EAGAIN;
}

static int may_write(struct file *f, struct task *t)
{
	struct tty *tty = tty_of_file(f);
	bool stops;

	lk_acquire(&tty->lock);
	stops = tty->ld.tio.c_lflag & LX_TOSTOP;
	lk_release(&tty->lock);
	return stops ? tty_check_change(t, tty, LX_SIGTTOU) : 0;
}

static int64_t try_put(void *arg)
{
	struct tty_writing *w = arg;
	int64_t n = 0;

	while (w->it->left) {
		n = w->put(w->tf, w->it);
		if (n <= 0)
			return n;
		w->total += n;
	}
	return 0;
}

int64_t tty_put_all(struct tty_writing *w, struct task *t, struct waitq *q, bool nonblock)
{
	return task_attempt(t, q, WAIT_FOREVER, nonblock, try_put, w);
}

static int64_t tty_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty *tty = tty_of_file(f);
	struct tty_writing w = { f->priv, it, put, 0 };
	bool nonblock = f->flags & LX_O_NONBLOCK;
	int64_t n = may_write(f, t);

	if (!n)
		n = tty_put_all(&w, t, &tty->wq, nonblock);
	/* The host's terminal holds the writer back, as it would one of its own. */
	if (!n && tty->console && !nonblock)
		n = tty_drain(tty, t);
	return w.total ? w.total : n;
}

/* ---- the rest ---- */

static uint32_t tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty_file *tf = f->priv;
	struct tty *tty = tf->tty;
	uint32_t mask = 0;

	poll_wait(pt, &tty->rq);
	poll_wait(pt, &tty->wq);
	if (tty->console && file_readable(f))
		console_use(tty);
	lk_acquire(&tty->lock);
	if (tty_is_hung(tf)) {
		mask = LX_POLLIN | LX_POLLRDNORM | LX_POLLOUT | LX_POLLWRNORM | LX_POLLERR |
		       LX_POLLHUP;
	} else {
		if (ldisc_readable(&tty->ld, true))
			mask |= LX_POLLIN | LX_POLLRDNORM;
		if (ldisc_writable(&tty->ld))
			mask |= LX_POLLOUT | LX_POLLWRNORM;
	}
	lk_release(&tty->lock);
	return mask;
}

static void tty_release(struct file *f)
{
	struct tty_file *tf = f->priv;
	struct tty *tty = tf->tty;
	bool last;

	lk_acquire(&tty->lock);
	last = !--tty->opens;
	tty->closed = last;
	lk_release(&tty->lock);
	if (last) {
		waitq_wake(&tty->mrq);
		waitq_wake(&tty->mwq);
	}
	tty_put(tty);
	mem_free(tf);
}

struct async_list *tty_async(struct file *f)
{
	struct tty_file *tf = f->priv;

	return tf->master ? &tf->tty->masync : &tf->tty->async;
}

int tty_async_group(struct file *f)
{
	struct tty_file *tf = f->priv;
	int pgrp;

	lk_acquire(&tf->tty->lock);
	pgrp = tf->master ? 0 : tf->tty->pgrp;
	lk_release(&tf->tty->lock);
	return pgrp;
}

static const struct file_ops tty_fop = {
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.async = tty_async,
	.async_group = tty_async_group,
	.release = tty_release,
};

/* ---- opening ---- */

int tty_file_init(struct file *f, struct tty *tty, bool master, const struct file_ops *fop)
{
	struct tty_file *tf = mem_alloc(sizeof(*tf));

	if (!tf)
		return -LX_ENOMEM;
	tf->tty = tty_get(tty);
	tf->master = master;
	f->fop = fop;
	f->priv = tf;
	return 0;
}

int tty_open(struct tty *tty, uint32_t flags, struct task *t, struct file *f)
{
	struct tty_file *tf;
	int err = 0;

	lk_acquire(&tty->lock);
	if (tty->locked || (!tty->console && !tty->master))
		err = -LX_EIO;
	else if (tty->exclusive && t && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		err = -LX_EBUSY;
	if (!err)
		err = tty_file_init(f, tty, false, &tty_fop);
	if (!err) {
		tf = f->priv;
		tf->hangups = tty->hangups;
		tty->opens++;
		tty->closed = false;
	}
	lk_release(&tty->lock);
	/* A session leader without a terminal takes the first one it opens for reading. */
	if (!err && t && !(flags & LX_O_NOCTTY) && file_readable(f))
		tty_take_free(t, tty);
	return err;
}

int tty_open_controlling(uint32_t flags, struct task *t, struct file *f)
{
	struct tty *tty;
	int err;

	lk_acquire(&tasks_lock);
	tty = t->tg->tty ? tty_get(t->tg->tty) : NULL;
	lk_release(&tasks_lock);
	if (!tty)
		return -LX_ENXIO;
	err = tty_open(tty, flags | LX_O_NOCTTY, t, f);
	tty_put(tty);
	return err;
}
