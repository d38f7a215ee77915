/* SPDX-License-Identifier: MIT */
/*
 * pty.c - the master's end of a pseudo-terminal (pty(7), ioctl_tty(2)). What it writes is input to the
 * line discipline, what it reads is the discipline's output; in packet mode (TIOCPKT) with a byte
 * before it that says what else happened.
 */
#include "tty_impl.h"
#include "base/alloc.h"
#include "lx/fcntl.h"
#include <stdio.h>

#define CHUNK        4096u
#define MASTER_QUEUE 4096u /* what the master has received before it reads, as on Linux */

/* ---- reading ---- */

/* Bytes for the master, -LX_EAGAIN, -LX_EIO once nobody has the other end open. */
static int64_t collect(struct tty *tty, bool packet, uint8_t *buf, uint32_t want)
{
	uint32_t n;

	if (packet && tty->packet_events) {
		buf[0] = tty->packet_events;
		tty->packet_events = 0;
		return 1;
	}
	if (!tty->ld.out.used)
		return tty->closed ? -LX_EIO : -LX_EAGAIN;
	buf[0] = LX_TIOCPKT_DATA;
	n = ldisc_output(&tty->ld, buf + packet, want - packet);
	ldisc_sent(&tty->ld, n);
	return n + packet;
}

struct taking {
	struct tty *tty;
	bool packet; /* of the whole read, whatever happens while it waits */
	struct iter *it;
};

static int64_t take(void *arg)
{
	const struct taking *r = arg;
	struct tty *tty = r->tty;
	struct iter *it = r->it;
	uint32_t want = it->left < CHUNK ? (uint32_t)it->left : CHUNK;
	uint8_t buf[CHUNK];
	bool writable;
	int64_t n;

	lk_acquire(&tty->lock);
	n = collect(tty, r->packet, buf, want);
	writable = ldisc_writable(&tty->ld);
	lk_release(&tty->lock);
	if (n > 0 && writable)
		waitq_wake(&tty->wq);
	return n > 0 ? iter_write(it, buf, (uint64_t)n) : n;
}

static int64_t put(struct tty_file *tf, struct iter *it)
{
	struct tty *tty = tf->tty;
	uint32_t want = it->left < CHUNK ? (uint32_t)it->left : CHUNK, done;
	struct iter before = *it;
	uint8_t buf[CHUNK];
	int64_t n = iter_read(it, buf, want);

	if (n < 0)
		return n;
	lk_acquire(&tty->lock);
	done = tty->master_stopped ? 0 : tty_receive(tty, buf, (uint32_t)n);
	tty_unlock(tty);
	*it = before;
	iter_advance(it, done);
	return done ? (int64_t)done : -LX_EAGAIN;
}

static int64_t master_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty *tty = tty_of_file(f);
	struct taking r = { tty, tty->packet, it };

	return it->left ? task_attempt(t, &tty->mrq, WAIT_FOREVER, f->flags & LX_O_NONBLOCK, take,
				       &r)
			: 0;
}

static int64_t master_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty_writing w = { f->priv, it, put, 0 };
	int64_t n = tty_put_all(&w, t, &tty_of_file(f)->mwq, f->flags & LX_O_NONBLOCK);

	return w.total ? w.total : n;
}

static uint32_t master_poll(struct file *f, struct poll_table *pt)
{
	struct tty *tty = tty_of_file(f);
	uint32_t mask = 0;

	poll_wait(pt, &tty->mrq);
	poll_wait(pt, &tty->mwq);
	lk_acquire(&tty->lock);
	if (tty->ld.out.used)
		mask |= LX_POLLIN | LX_POLLRDNORM;
	if (tty->packet && tty->packet_events)
		mask |= LX_POLLPRI | LX_POLLIN | LX_POLLRDNORM;
	if (!tty->master_stopped && byteq_room(&tty->wire) >= tty->wire.limit / 2)
		mask |= LX_POLLOUT | LX_POLLWRNORM;
	if (tty->closed)
		mask |= LX_POLLHUP;
	lk_release(&tty->lock);
	return mask;
}

/* The name goes with the master, the number with the last file. */
static void master_release(struct file *f)
{
	struct tty_file *tf = f->priv;

	tf->tty->master = false;
	tty_hangup(tf->tty, false);
	tty_put(tf->tty);
	mem_free(tf);
}

/* ---- ioctls ---- */

static int get_flag(struct tty *tty, struct task *t, const _Atomic bool *flag, uint64_t arg)
{
	int32_t on;

	lk_acquire(&tty->lock);
	on = *flag;
	lk_release(&tty->lock);
	return guest_copyout(t, GADDR(arg), &on, sizeof(on));
}

static int set_flag(struct tty *tty, struct task *t, _Atomic bool *flag, uint64_t arg)
{
	int32_t on;
	int err = guest_copyin(t, &on, GADDR(arg), sizeof(on));

	if (err)
		return err;
	lk_acquire(&tty->lock);
	if (flag == &tty->packet && !tty->packet)
		tty->packet_events = 0;
	*flag = on != 0;
	lk_release(&tty->lock);
	return 0;
}

/* TIOCGPTPEER: the other end, by the name it has. */
static int64_t open_peer(struct tty *tty, struct task *t, uint32_t flags)
{
	char name[24];

	snprintf(name, sizeof(name), "/dev/pts/%d", tty->index);
	return vfs_openat(t, LX_AT_FDCWD, name, flags, 0);
}

int64_t pty_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct tty *tty = tty_of_file(f);
	int32_t n = tty->index;

	switch (cmd) {
	case LX_TIOCGPTN:
		return guest_copyout(t, GADDR(arg), &n, sizeof(n));
	case LX_TIOCSPTLCK:
		return set_flag(tty, t, &tty->locked, arg);
	case LX_TIOCGPTLCK:
		return get_flag(tty, t, &tty->locked, arg);
	case LX_TIOCPKT:
		return set_flag(tty, t, &tty->packet, arg);
	case LX_TIOCGPKT:
		return get_flag(tty, t, &tty->packet, arg);
	case LX_TIOCGPTPEER:
		return open_peer(tty, t, (uint32_t)arg);
	default:
		return tty_ioctl(f, t, cmd, arg);
	}
}

static const struct file_ops master_fop = {
	.read = master_read,
	.write = master_write,
	.poll = master_poll,
	.ioctl = pty_ioctl,
	.async = tty_async,
	.async_group = tty_async_group,
	.release = master_release,
};

int pty_open_master(uint32_t flags, struct task *t, struct file *f)
{
	struct tty *tty = tty_new();
	int err;

	if (!tty)
		return -LX_ENOMEM;
	tty->uid = t->cred->fsuid;
	tty->gid = TTY_GROUP;
	tty->locked = true;
	tty->master = true;
	tty->ld.received = MASTER_QUEUE;
	err = tty_publish(tty, -1);
	if (!err)
		err = tty_file_init(f, tty, true, &master_fop);
	if (err)
		tty->master = false;
	tty_put(tty);
	return err;
}
