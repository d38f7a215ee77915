/* SPDX-License-Identifier: MIT */
/* tty_ioctl.c - ioctls of terminals (ioctl_tty(2)). Unknown ones are -LX_ENOIOCTLCMD. */
#include "tty_impl.h"

/* When the new attributes take effect: TCSETS, TCSETSW, TCSETSF. */
enum { SET_NOW, SET_DRAIN, SET_FLUSH };

static int control(struct tty *tty, ULONG code, void *in, ULONG in_size, void *out, ULONG out_size)
{
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(NtDeviceIoControlFile(tty->handle, NULL, NULL, NULL, &iosb, code, in,
						 in_size, out, out_size));
}

int tty_get_attr(struct tty *tty, struct lx_termios *out)
{
	return control(tty, IOCTL_LXRUN_TTY_GET_ATTR, NULL, 0, out, sizeof(*out));
}

static int get_attr(struct task *t, struct tty *tty, uint64_t arg)
{
	struct lx_termios tio;
	int err = tty_get_attr(tty, &tio);

	return err ? err : guest_copyout(t, GADDR(arg), &tio, sizeof(tio));
}

static int set_attr(struct task *t, struct tty *tty, uint32_t when, uint64_t arg)
{
	struct {
		ULONG when;
		struct lx_termios tio;
	} in = { .when = when };
	int err = tty_check_change(t, tty, LX_SIGTTOU);

	if (!err)
		err = guest_copyin(t, &in.tio, GADDR(arg), sizeof(in.tio));
	return err ? err : control(tty, IOCTL_LXRUN_TTY_SET_ATTR, &in, sizeof(in), NULL, 0);
}

/* Waits for the output to drain: the attributes, set as they are. A break is not sent. */
static int drain(struct task *t, struct tty *tty)
{
	struct {
		ULONG when;
		struct lx_termios tio;
	} in = { .when = SET_DRAIN };
	int err = tty_check_change(t, tty, LX_SIGTTOU);

	if (!err)
		err = tty_get_attr(tty, &in.tio);
	return err ? err : control(tty, IOCTL_LXRUN_TTY_SET_ATTR, &in, sizeof(in), NULL, 0);
}

static int flush(struct task *t, struct tty *tty, uint64_t arg)
{
	ULONG queue = (ULONG)arg;
	int err;

	if (arg > 2)
		return -LX_EINVAL;
	err = tty_check_change(t, tty, LX_SIGTTOU);
	return err ? err : control(tty, IOCTL_LXRUN_TTY_FLUSH, &queue, sizeof(queue), NULL, 0);
}

static int get_winsize(struct task *t, struct tty *tty, uint64_t arg)
{
	struct lx_winsize ws;
	int err = control(tty, IOCTL_LXRUN_TTY_GET_WINSIZE, NULL, 0, &ws, sizeof(ws));

	return err ? err : guest_copyout(t, GADDR(arg), &ws, sizeof(ws));
}

static int set_winsize(struct task *t, struct tty *tty, uint64_t arg)
{
	struct lx_winsize ws;
	int err = guest_copyin(t, &ws, GADDR(arg), sizeof(ws));

	/* The host signals SIGWINCH, and that comes back through tty_signal(). */
	return err ? err : control(tty, IOCTL_LXRUN_TTY_SET_WINSIZE, &ws, sizeof(ws), NULL, 0);
}

static int bytes_ready(struct task *t, struct tty *tty, uint64_t arg)
{
	ULONG n = 0;
	int err = control(tty, IOCTL_LXRUN_TTY_BYTES_READY, NULL, 0, &n, sizeof(n));

	return err ? err : guest_copyout(t, GADDR(arg), &n, sizeof(n));
}

static int get_id(struct task *t, struct tty *tty, const int *id, uint64_t arg)
{
	int32_t value;

	if (!tty_controls(t, tty))
		return -LX_ENOTTY;
	lk_acquire(&tty->lock);
	value = *id;
	lk_release(&tty->lock);
	return guest_copyout(t, GADDR(arg), &value, sizeof(value));
}

static int set_pgrp(struct task *t, struct tty *tty, uint64_t arg)
{
	int32_t pgrp;
	int err = tty_check_change(t, tty, LX_SIGTTOU);

	if (err)
		return err;
	if (!tty_controls(t, tty))
		return -LX_ENOTTY;
	err = guest_copyin(t, &pgrp, GADDR(arg), sizeof(pgrp));
	return err ? err : tty_set_foreground(t, tty, pgrp);
}

static int get_discipline(struct task *t, uint64_t arg)
{
	int32_t n_tty = 0;

	return guest_copyout(t, GADDR(arg), &n_tty, sizeof(n_tty));
}

int64_t tty_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	struct tty *tty = f->priv;

	switch (cmd) {
	case LX_TCGETS:
		return get_attr(t, tty, arg);
	case LX_TCSETS:
		return set_attr(t, tty, SET_NOW, arg);
	case LX_TCSETSW:
		return set_attr(t, tty, SET_DRAIN, arg);
	case LX_TCSETSF:
		return set_attr(t, tty, SET_FLUSH, arg);
	case LX_TCSBRK:
	case LX_TCSBRKP:
		return drain(t, tty);
	case LX_TCFLSH:
		return flush(t, tty, arg);
	case LX_TIOCGWINSZ:
		return get_winsize(t, tty, arg);
	case LX_TIOCSWINSZ:
		return set_winsize(t, tty, arg);
	case LX_FIONREAD:
		return bytes_ready(t, tty, arg);
	case LX_TIOCGPGRP:
		return get_id(t, tty, &tty->pgrp, arg);
	case LX_TIOCGSID:
		return get_id(t, tty, &tty->sid, arg);
	case LX_TIOCSPGRP:
		return set_pgrp(t, tty, arg);
	case LX_TIOCSCTTY:
		return tty_set_controlling(t, tty, arg == 1);
	case LX_TIOCNOTTY:
		return tty_give_up(t, tty);
	case LX_TIOCGETD:
		return get_discipline(t, arg);
	case LX_TIOCSTI:
		return -LX_EPERM;
	default:
		return -LX_ENOIOCTLCMD;
	}
}
