/* SPDX-License-Identifier: MIT */
/* tty_ioctl.c - ioctls of terminals (ioctl_tty(2)): job control, window size, the rest. Unknown ones are -LX_ENOIOCTLCMD. */
#include "lxrun/ns.h"
#include "tty_impl.h"

/* ---- numbers ---- */

static int give_int(struct task *t, uint64_t arg, int32_t value)
{
	return guest_copyout(t, GADDR(arg), &value, sizeof(value));
}

static int get_id(struct tty_file *tf, struct task *t, bool session, uint64_t arg)
{
	struct tty *tty = tf->tty;
	int32_t value;

	/* Through the master anybody may ask. */
	if (!tf->master && !tty_controls(t, tty))
		return -LX_ENOTTY;
	lk_acquire(&tty->lock);
	value = session ? tty->sid : tty->pgrp;
	lk_release(&tty->lock);
	return session && !value ? -LX_ENOTTY : give_int(t, arg, pid_seen(t, value));
}

static int set_pgrp(struct task *t, struct tty *tty, uint64_t arg)
{
	int32_t pgrp;
	int err = tty_check_change(t, tty, LX_SIGTTOU);

	if (err)
		return err == -LX_EIO ? -LX_ENOTTY : err;
	if (!tty_controls(t, tty))
		return -LX_ENOTTY;
	err = guest_copyin(t, &pgrp, GADDR(arg), sizeof(pgrp));
	return err ? err : tty_set_foreground(t, tty, pgrp < 0 ? pgrp : pid_meant(t, pgrp));
}

static int set_controlling(struct file *f, struct task *t, struct tty *tty, uint64_t arg)
{
	if (!file_readable(f) && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	return tty_set_controlling(t, tty, arg == 1);
}

/* ---- window size ---- */

static int get_winsize(struct task *t, struct tty *tty, uint64_t arg)
{
	struct lx_winsize ws;

	if (tty->console)
		console_get_size(tty);
	lk_acquire(&tty->lock);
	ws = tty->ws;
	lk_release(&tty->lock);
	return guest_copyout(t, GADDR(arg), &ws, sizeof(ws));
}

static int set_winsize(struct task *t, struct tty *tty, uint64_t arg)
{
	struct lx_winsize ws;
	bool changed;
	int pgrp, err = guest_copyin(t, &ws, GADDR(arg), sizeof(ws));

	if (err)
		return err;
	lk_acquire(&tty->lock);
	changed = ws.ws_row != tty->ws.ws_row || ws.ws_col != tty->ws.ws_col ||
		  ws.ws_xpixel != tty->ws.ws_xpixel || ws.ws_ypixel != tty->ws.ws_ypixel;
	tty->ws = ws;
	pgrp = tty->pgrp;
	lk_release(&tty->lock);
	if (changed && tty->console)
		console_set_size(tty, &ws);
	if (changed)
		tty_send_pgrp(pgrp, LX_SIGWINCH);
	return 0;
}

/* ---- input and output ---- */

static int bytes_queued(struct tty_file *tf, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct tty *tty = tf->tty;
	uint32_t n;

	lk_acquire(&tty->lock);
	if (cmd == LX_FIONREAD)
		n = tf->master ? tty->ld.out.used : ldisc_pending(&tty->ld);
	else /* a pty's output is at the master already */
		n = tty->console ? tty->ld.out.used : 0;
	lk_release(&tty->lock);
	return give_int(t, arg, (int32_t)n);
}

/* TIOCSTI: a byte as if it came from outside. */
static int fake_input(struct tty_file *tf, struct task *t, uint64_t arg)
{
	struct tty *tty = tf->tty;
	uint8_t c;
	int err;

	if (!tty_controls(t, tty) && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	err = guest_copyin(t, &c, GADDR(arg), 1);
	if (err)
		return err;
	lk_acquire(&tty->lock);
	if (tf->master)
		byteq_put(&tty->ld.out, &c, 1);
	else
		tty_receive(tty, &c, 1);
	tty_unlock(tty);
	return 0;
}

/* What is input to one end of a pty is output to the other, and what has been received stays. */
static int flush(struct tty_file *tf, struct task *t, uint64_t arg)
{
	struct tty *tty = tf->tty;
	bool in = arg != 1, out = arg != 0;
	int err = tf->master ? 0 : tty_check_change(t, tty, LX_SIGTTOU);

	if (err)
		return err;
	if (arg > 2)
		return -LX_EINVAL;
	if (in && tty->console)
		console_flush_in(tty);
	lk_acquire(&tty->lock);
	if (tf->master) {
		byteq_drop(&tty->wire, out ? tty->wire.used : 0);
		byteq_drop(&tty->ld.out, in ? tty->ld.out.used : 0);
	} else {
		if (in)
			tty_flush_in(tty);
		if (out)
			ldisc_flush_out(&tty->ld);
	}
	tty_unlock(tty);
	waitq_wake(&tty->wq);
	waitq_wake(&tty->mwq);
	return 0;
}

/* tcflow(3) of the master: its output is the terminal's input, its characters are the usual ones. */
static void master_flow(struct tty *tty, uint64_t arg)
{
	static const uint8_t stop = 023, start = 021;

	lk_acquire(&tty->lock);
	if (arg < 2)
		tty->master_stopped = arg == 0;
	else if (!tty->master_stopped) /* else it is lost, as on Linux */
		tty_receive(tty, arg == 2 ? &stop : &start, 1);
	tty_unlock(tty);
	waitq_wake(&tty->mwq);
}

/* tcflow(3) */
static int flow(struct tty_file *tf, struct task *t, uint64_t arg)
{
	struct tty *tty = tf->tty;
	int err = tf->master ? 0 : tty_check_change(t, tty, LX_SIGTTOU);
	const uint8_t *cc = tty->ld.tio.c_cc;
	uint8_t c;

	if (err)
		return err;
	if (arg > 3)
		return -LX_EINVAL;
	if (tf->master) {
		master_flow(tty, arg);
		return 0;
	}
	lk_acquire(&tty->lock);
	if (arg < 2) {
		ldisc_flow(&tty->ld, arg == 0);
	} else {
		c = cc[arg == 2 ? LX_VSTOP : LX_VSTART];
		if (c)
			byteq_put(&tty->ld.out, &c, 1);
	}
	tty_unlock(tty);
	return 0;
}

int tty_drain(struct tty *tty, struct task *t)
{
	struct waiter w = { 0 };
	uint32_t hangups = tty->hangups;
	int err = 0;

	if (!tty->console)
		return 0;
	waitq_add(&tty->wq, &w, t);
	while (!err) {
		bool done;

		lk_acquire(&tty->lock);
		done = console_is_idle(tty) || tty->hangups != hangups;
		lk_release(&tty->lock);
		if (done)
			break;
		err = task_sleep(t, WAIT_FOREVER);
	}
	waitq_del(&w);
	return err;
}

/* A break has no meaning on terminals without a line; what is written before it has been sent. */
static int send_break(struct tty_file *tf, struct task *t)
{
	int err = tf->master ? 0 : tty_check_change(t, tf->tty, LX_SIGTTOU);

	return err ? err : tty_drain(tf->tty, t);
}

/* ---- the rest ---- */

static int set_exclusive(struct tty *tty, bool on)
{
	lk_acquire(&tty->lock);
	tty->exclusive = on;
	lk_release(&tty->lock);
	return 0;
}

static int hang_up(struct task *t, struct tty *tty)
{
	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	tty_hangup(tty, false);
	return 0;
}

static int set_discipline(struct task *t, struct tty *tty, uint64_t arg)
{
	int32_t n;
	int err = guest_copyin(t, &n, GADDR(arg), sizeof(n));

	if (!err)
		err = tty_check_change(t, tty, LX_SIGTTOU);
	return err ? err : n ? -LX_EINVAL : 0; /* there is only N_TTY */
}

static int64_t job_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct tty_file *tf = f->priv;

	switch (cmd) {
	case LX_TIOCGPGRP:
		return get_id(tf, t, false, arg);
	case LX_TIOCGSID:
		return get_id(tf, t, true, arg);
	case LX_TIOCSPGRP:
		return set_pgrp(t, tf->tty, arg);
	case LX_TIOCSCTTY:
		return set_controlling(f, t, tf->tty, arg);
	case LX_TIOCNOTTY:
		return tf->master ? -LX_ENOTTY : tty_give_up(t, tf->tty);
	case LX_TIOCVHANGUP:
		return hang_up(t, tf->tty);
	default:
		return -LX_ENOIOCTLCMD;
	}
}

static int64_t line_ioctl(struct tty_file *tf, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct tty *tty = tf->tty;

	switch (cmd) {
	case LX_TIOCGWINSZ:
		return get_winsize(t, tty, arg);
	case LX_TIOCSWINSZ:
		return set_winsize(t, tty, arg);
	case LX_FIONREAD:
	case LX_TIOCOUTQ:
		return bytes_queued(tf, t, cmd, arg);
	case LX_TIOCSTI:
		return fake_input(tf, t, arg);
	case LX_TCFLSH:
		return flush(tf, t, arg);
	case LX_TCXONC:
		return flow(tf, t, arg);
	case LX_TCSBRK:
	case LX_TCSBRKP:
	case LX_TIOCSBRK:
		return send_break(tf, t);
	case LX_TIOCCBRK:
		return 0;
	case LX_TIOCEXCL:
	case LX_TIOCNXCL:
		return set_exclusive(tty, cmd == LX_TIOCEXCL);
	case LX_TIOCGEXCL:
		return give_int(t, arg, tty->exclusive);
	case LX_TIOCGDEV:
		return give_int(t, arg, (int32_t)tty_rdev(tty));
	case LX_TIOCGETD:
		return give_int(t, arg, 0);
	case LX_TIOCSETD:
		return set_discipline(t, tty, arg);
	case LX_TIOCMGET:
		return -LX_ENOTTY;
	default:
		return -LX_ENOIOCTLCMD;
	}
}

int64_t tty_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct tty_file *tf = f->priv;
	int64_t res;
	bool hung;

	lk_acquire(&tf->tty->lock);
	hung = tty_is_hung(tf);
	lk_release(&tf->tty->lock);
	if (hung && !tf->master)
		return cmd == LX_TIOCSPGRP ? -LX_ENOTTY : -LX_EIO;
	res = tty_attr_ioctl(tf, t, cmd, arg);
	if (res == -LX_ENOIOCTLCMD)
		res = job_ioctl(f, t, cmd, arg);
	return res == -LX_ENOIOCTLCMD ? line_ioctl(tf, t, cmd, arg) : res;
}
