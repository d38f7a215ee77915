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

	if (!tty_get_attr(tty, &tio) && !(tio.c_lflag & LX_ICANON) && !tio.c_cc[LX_VMIN])
		deadline = KeQueryMonotonicNs() + tio.c_cc[LX_VTIME] * 100000000ull;
	return host_wait(t, handle_of(f), IO_READY_READ, deadline);
}

static int64_t tty_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty *tty = f->priv;
	int64_t n = 0;

	if (!it->left)
		return 0;
	while (!n) {
		/* Again after each sleep: the shell may have put us into the background. */
		n = tty_check_change(t, tty, LX_SIGTTIN);
		if (n)
			break;
		n = host_read_some(handle_of(f), it);
		if (n != -LX_EAGAIN || f->flags & LX_O_NONBLOCK)
			return n;
		n = wait_input(f, t, tty);
	}
	return n == -LX_ETIMEDOUT ? 0 : n;
}

static int64_t tty_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct tty *tty = f->priv;
	struct lx_termios tio;
	int pgrp, err = 0;

	lk_acquire(&tty->lock);
	pgrp = tty->pgrp;
	lk_release(&tty->lock);
	if (pgrp && pgrp != t->tg->pgid && !tty_get_attr(tty, &tio) && tio.c_lflag & LX_TOSTOP)
		err = tty_check_change(t, tty, LX_SIGTTOU);
	return err ? err : host_write_all(handle_of(f), f, t, it);
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
