/* SPDX-License-Identifier: MIT */
/* tty_attr.c - getting and setting a terminal's attributes: termios, termios2, termio (ioctl_tty(2)). */
#include "tty_impl.h"
#include <string.h>

/* Output rates that c_cflag can say; BOTHER says them beside it. */
static const struct {
	uint32_t code, rate;
} rates[] = {
	{ 0, 0 },
	{ 1, 50 },
	{ 2, 75 },
	{ 3, 110 },
	{ 4, 134 },
	{ 5, 150 },
	{ 6, 200 },
	{ 7, 300 },
	{ 8, 600 },
	{ 9, 1200 },
	{ 10, 1800 },
	{ 11, 2400 },
	{ 12, 4800 },
	{ 13, 9600 },
	{ 14, 19200 },
	{ 15, 38400 },
	{ 010001, 57600 },
	{ 010002, 115200 },
	{ 010003, 230400 },
	{ 010004, 460800 },
	{ 010005, 500000 },
	{ 010006, 576000 },
	{ 010007, 921600 },
	{ 010010, 1000000 },
	{ 010011, 1152000 },
	{ 010012, 1500000 },
	{ 010013, 2000000 },
	{ 010014, 2500000 },
	{ 010015, 3000000 },
	{ 010016, 3500000 },
	{ 010017, 4000000 },
};
#define INPUT_SHIFT 16 /* the input rate's code in c_cflag; 0: as the output's */

static uint32_t rate_of(uint32_t code, uint32_t other)
{
	if (code == LX_BOTHER)
		return other;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (rates[i].code == code)
			return rates[i].rate;
	return 0;
}

/* Attributes in the widest form, and when they take effect. */
enum when { NOW, DRAIN, FLUSH };
enum form { TERMIOS, TERMIOS2, TERMIO };

static const struct request {
	uint32_t cmd;
	enum form form;
	bool set;
	enum when when;
} requests[] = {
	{ LX_TCGETS, TERMIOS, false, NOW },     { LX_TCSETS, TERMIOS, true, NOW },
	{ LX_TCSETSW, TERMIOS, true, DRAIN },   { LX_TCSETSF, TERMIOS, true, FLUSH },
	{ LX_TCGETS2, TERMIOS2, false, NOW },   { LX_TCSETS2, TERMIOS2, true, NOW },
	{ LX_TCSETSW2, TERMIOS2, true, DRAIN }, { LX_TCSETSF2, TERMIOS2, true, FLUSH },
	{ LX_TCGETA, TERMIO, false, NOW },      { LX_TCSETA, TERMIO, true, NOW },
	{ LX_TCSETAW, TERMIO, true, DRAIN },    { LX_TCSETAF, TERMIO, true, FLUSH },
};

static const uint32_t sizes[] = { [TERMIOS] = sizeof(struct lx_termios),
				  [TERMIOS2] = sizeof(struct lx_termios2),
				  [TERMIO] = sizeof(struct lx_termio) };

static void read_attr(struct tty *tty, struct lx_termios2 *out)
{
	lk_acquire(&tty->lock);
	*out = (struct lx_termios2){ tty->ld.tio, tty->ld.ispeed, tty->ld.ospeed };
	lk_release(&tty->lock);
}

static int get_attr(struct tty *tty, struct task *t, enum form form, uint64_t arg)
{
	struct lx_termios2 now;
	struct lx_termio old;

	read_attr(tty, &now);
	if (form != TERMIO)
		return guest_copyout(t, GADDR(arg), &now, sizes[form]);
	old = (struct lx_termio){ .c_iflag = (uint16_t)now.t.c_iflag,
				  .c_oflag = (uint16_t)now.t.c_oflag,
				  .c_cflag = (uint16_t)now.t.c_cflag,
				  .c_lflag = (uint16_t)now.t.c_lflag,
				  .c_line = now.t.c_line };
	memcpy(old.c_cc, now.t.c_cc, sizeof(old.c_cc));
	return guest_copyout(t, GADDR(arg), &old, sizeof(old));
}

/* The low half of the flags and the first characters are the caller's, the rest stays. */
static void widen(struct lx_termios *to, const struct lx_termio *from)
{
	to->c_iflag = (to->c_iflag & ~0xffffu) | from->c_iflag;
	to->c_oflag = (to->c_oflag & ~0xffffu) | from->c_oflag;
	to->c_cflag = (to->c_cflag & ~0xffffu) | from->c_cflag;
	to->c_lflag = (to->c_lflag & ~0xffffu) | from->c_lflag;
	to->c_line = from->c_line;
	memcpy(to->c_cc, from->c_cc, sizeof(from->c_cc));
}

/* ^S and ^Q stop and start output: the one who reads the master may do it himself (TIOCPKT). */
static bool usual_flow(const struct lx_termios *tio)
{
	return tio->c_iflag & LX_IXON && tio->c_cc[LX_VSTOP] == 023 && tio->c_cc[LX_VSTART] == 021;
}

/* Neither kind of terminal has a line: bytes have eight bits. */
static void apply(struct tty *tty, const struct lx_termios2 *new)
{
	struct lx_termios tio = new->t;
	uint32_t in = tio.c_cflag >> INPUT_SHIFT & LX_CBAUD;
	bool had_flow = usual_flow(&tty->ld.tio), has_flow = usual_flow(&tio);
	bool external = (tty->ld.tio.c_lflag | tio.c_lflag) & LX_EXTPROC;

	tio.c_cflag = (tio.c_cflag & ~(LX_CSIZE | LX_PARENB)) | LX_CS8 | LX_CREAD;
	ldisc_set(&tty->ld, &tio);
	tty->ld.ospeed = rate_of(tio.c_cflag & LX_CBAUD, new->c_ospeed);
	tty->ld.ispeed = in ? rate_of(in, new->c_ispeed) : tty->ld.ospeed;
	if (tty->packet && had_flow != has_flow) {
		tty->packet_events &= (uint8_t) ~(LX_TIOCPKT_DOSTOP | LX_TIOCPKT_NOSTOP);
		tty->packet_events |= has_flow ? LX_TIOCPKT_DOSTOP : LX_TIOCPKT_NOSTOP;
	}
	if (tty->packet && external)
		tty->packet_events |= LX_TIOCPKT_IOCTL;
	tty_receive_more(tty);
}

static int set_attr(struct tty_file *tf, struct task *t, const struct request *r, uint64_t arg)
{
	struct tty *tty = tf->tty;
	struct lx_termios2 new;
	struct lx_termio old;
	int err = tf->master ? 0 : tty_check_change(t, tty, LX_SIGTTOU);

	if (err)
		return err;
	read_attr(tty, &new);
	err = guest_copyin(t, r->form == TERMIO ? (void *)&old : &new, GADDR(arg), sizes[r->form]);
	if (err)
		return err;
	if (r->form == TERMIO)
		widen(&new.t, &old);
	if (r->when != NOW)
		err = tty_drain(tty, t);
	if (err)
		return err;
	if (tty->console)
		console_use(tty);
	if (r->when == FLUSH && tty->console)
		console_flush_in(tty);
	lk_acquire(&tty->lock);
	if (r->when == FLUSH)
		tty_flush_in(tty);
	apply(tty, &new);
	tty_unlock(tty);
	return 0;
}

/* TIOCGSOFTCAR, TIOCSSOFTCAR: CLOCAL by another name. */
static int soft_carrier(struct tty *tty, struct task *t, bool set, uint64_t arg)
{
	int32_t on;
	int err = set ? guest_copyin(t, &on, GADDR(arg), sizeof(on)) : 0;

	if (err)
		return err;
	lk_acquire(&tty->lock);
	if (set)
		tty->ld.tio.c_cflag = (tty->ld.tio.c_cflag & ~LX_CLOCAL) | (on ? LX_CLOCAL : 0);
	on = (tty->ld.tio.c_cflag & LX_CLOCAL) != 0;
	lk_release(&tty->lock);
	return set ? 0 : guest_copyout(t, GADDR(arg), &on, sizeof(on));
}

int64_t tty_attr_ioctl(struct tty_file *tf, struct task *t, uint32_t cmd, uint64_t arg)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct request *r = &requests[i];

		if (r->cmd == cmd)
			return r->set ? set_attr(tf, t, r, arg)
				      : get_attr(tf->tty, t, r->form, arg);
	}
	if (cmd == LX_TIOCGSOFTCAR || cmd == LX_TIOCSSOFTCAR)
		return soft_carrier(tf->tty, t, cmd == LX_TIOCSSOFTCAR, arg);
	return -LX_ENOIOCTLCMD;
}
