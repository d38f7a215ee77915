/* SPDX-License-Identifier: MIT */
/*
 * tty_file.c - a terminal as an open file: reads and writes of the host's terminal under the rules of
 * job control. The host's line discipline makes lines, echo and erase; nothing is edited here.
 */
#include "tty_impl.h"
#include "lxrun/anon.h"
#include "lxrun/host_file.h"
#include "lxrun/event.h"
#include "base/alloc.h"

/* A writable terminal takes this much without blocking for long. */
#define TTY_CHUNK 2048u

static const struct file_ops tty_fop;

struct tty *tty_of_file(struct file *f)
{
	return f->fop == &tty_fop ? f->priv : NULL;
}

/* stdio keeps the handle it came with: it may be good for one direction only. */
static HANDLE handle_of(struct file *f)
{
	return f->handle ? f->handle : ((struct tty *)f->priv)->handle;
}

/*
 * Sleeps until the terminal can be read. Non-canonical input with VMIN 0 gives up at once or after
 * VTIME tenths of a second: then -LX_ETIMEDOUT.
 */
static int wait_input(struct file *f, struct task *t, struct tty *tty)
{
	struct lx_termios tio;
	uint64_t deadline = WAIT_FOREVER;
	ULONG ready = 0;

	IoQueryReadiness(handle_of(f), IO_READY_READ | IO_READY_HANGUP | IO_READY_ERROR, &ready);
	if (ready)
		return 0;
	if (f->flags & LX_O_NONBLOCK)
		return -LX_EAGAIN;
	if (!tty_get_attr(tty, &tio) && !(tio.c_lflag & LX_ICANON) && !tio.c_cc[LX_VMIN])
		deadline = KeQueryMonotonicNs() + tio.c_cc[LX_VTIME] * 100000000ull;
	return host_wait(t, handle_of(f), IO_READY_READ, deadline);
}

static int64_t tty_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty *tty = f->priv;
	int err;

	if (!it->left)
		return 0;
	err = tty_check_change(t, tty, LX_SIGTTIN);
	if (!err)
		err = wait_input(f, t, tty);
	if (err)
		return err == -LX_ETIMEDOUT ? 0 : err;
	return host_read_some(handle_of(f), it, 4096, NULL);
}

static int64_t tty_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty *tty = f->priv;
	struct lx_termios tio;
	int64_t n = 0, total = 0;
	int pgrp, own;

	lk_acquire(&tty->lock);
	pgrp = tty->pgrp;
	lk_release(&tty->lock);
	own = t->tg->pgid;
	if (pgrp && pgrp != own && !tty_get_attr(tty, &tio) && tio.c_lflag & LX_TOSTOP)
		n = tty_check_change(t, tty, LX_SIGTTOU);
	while (!n && it->left) {
		ULONG ready = 0;

		if (!(f->flags & LX_O_NONBLOCK))
			n = host_wait(t, handle_of(f), IO_READY_WRITE, WAIT_FOREVER);
		else if (IoQueryReadiness(handle_of(f), IO_READY_WRITE, &ready), !ready)
			n = -LX_EAGAIN;
		if (n)
			break;
		n = host_write_some(handle_of(f), it, TTY_CHUNK, NULL);
		if (n <= 0)
			break;
		total += n;
		n = 0;
	}
	return total ? total : n;
}

static uint32_t tty_poll(struct file *f, struct poll_table *pt)
{
	return nt_poll_handle(handle_of(f), pt);
}

static void tty_release(struct file *f)
{
	tty_put(f->priv);
}

static const struct file_ops tty_fop = {
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release,
};

/* ---- opening ---- */

int tty_open(struct tty *tty, uint32_t flags, struct task *t, struct file *f)
{
	f->fop = &tty_fop;
	f->priv = tty_get(tty);
	/* A session leader without a terminal takes the first one it opens. */
	if (!(flags & LX_O_NOCTTY))
		tty_set_controlling(t, tty, false);
	return 0;
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

/* The inode of stdio on a terminal shows the host's device, as the node in /dev does. */
static int node_getattr(struct inode *inode, struct kstat *st)
{
	struct tty *tty = inode->priv;

	return nt_fstat(tty->handle, st);
}

static int node_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	return tty_open(inode->priv, flags, t, f);
}

static const struct inode_ops node_iop = { .getattr = node_getattr, .open = node_open };

struct file *tty_file(struct tty *tty, HANDLE handle, uint32_t flags)
{
	struct inode *inode = anon_inode(&node_iop, &tty_fop, tty->st.ino, tty->st.mode);
	struct file *f = inode ? file_alloc(flags) : NULL;

	if (!f) {
		inode_put(inode);
		return NULL;
	}
	inode->priv = tty; /* host terminals are never freed */
	inode->uid = tty->st.uid;
	inode->gid = tty->st.gid;
	f->inode = inode;
	f->fop = &tty_fop;
	f->priv = tty_get(tty);
	f->handle = handle;
	f->anon_name = tty->name[0] ? tty->name : "(unreachable)";
	return f;
}
