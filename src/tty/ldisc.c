/* SPDX-License-Identifier: MIT */
/*
 * ldisc.c - the line discipline's input: editing of lines, characters with a meaning, reading. Theory:
 * ldisc.h; output and echo: ldisc_out.c.
 */
#include "ldisc_impl.h"
#include <string.h>

#define MASK(pos) ((pos) & (LDISC_IN - 1))

static const uint8_t sane_cc[LX_NCCS] = {
	[LX_VINTR] = 3,    [LX_VQUIT] = 034,    [LX_VERASE] = 0177, [LX_VKILL] = 025,
	[LX_VEOF] = 4,     [LX_VMIN] = 1,       [LX_VSTART] = 021,  [LX_VSTOP] = 023,
	[LX_VSUSP] = 032,  [LX_VREPRINT] = 022, [13] = 017,         [LX_VWERASE] = 027,
	[LX_VLNEXT] = 026,
};

void ldisc_init(struct ldisc *ld)
{
	memset(ld, 0, sizeof(*ld));
	ld->tio.c_iflag = LX_ICRNL | LX_IXON;
	ld->tio.c_oflag = LX_OPOST | LX_ONLCR;
	ld->tio.c_cflag = LX_B38400 | LX_CS8 | LX_CREAD;
	ld->tio.c_lflag = LX_ISIG | LX_ICANON | LX_ECHO | LX_ECHOE | LX_ECHOK | LX_ECHOCTL |
			  LX_ECHOKE | LX_IEXTEN;
	memcpy(ld->tio.c_cc, sane_cc, sizeof(sane_cc));
	ld->ispeed = ld->ospeed = 38400;
	ld->out.limit = LDISC_OUT;
	ld->held.limit = LDISC_HELD;
}

void ldisc_free(struct ldisc *ld)
{
	byteq_free(&ld->out);
	byteq_free(&ld->held);
}

/* ---- the queue ---- */

static void set_mark(struct ldisc *ld, uint32_t pos)
{
	ld->mark[MASK(pos) / 8] |= (uint8_t)(1u << (pos & 7));
}

static void clear_mark(struct ldisc *ld, uint32_t pos)
{
	ld->mark[MASK(pos) / 8] &= (uint8_t) ~(1u << (pos & 7));
}

static bool is_marked(const struct ldisc *ld, uint32_t pos)
{
	return ld->mark[MASK(pos) / 8] >> (pos & 7) & 1;
}

static uint8_t at(const struct ldisc *ld, uint32_t pos)
{
	return ld->in[MASK(pos)];
}

static bool is_canonical(const struct ldisc *ld)
{
	return ld_lflag(ld, LX_ICANON) && !ld_lflag(ld, LX_EXTPROC);
}

/* Room for ordinary characters: one place is kept for the end of the line. */
static uint32_t room(const struct ldisc *ld)
{
	uint32_t used = ld->head - ld->tail;

	return used < LDISC_IN ? LDISC_IN - 1 - used : 0;
}

static void put_raw(struct ldisc *ld, uint8_t c)
{
	ld->in[MASK(ld->head)] = c;
	clear_mark(ld, ld->head);
	ld->head++;
	if (!is_canonical(ld)) {
		ld->canon = ld->head;
		ld->events |= LDISC_READABLE;
	}
}

/* An ordinary character; a line that is too long loses it and beeps. */
static bool put(struct ldisc *ld, uint8_t c)
{
	bool twice = c == 0377 && ld_iflag(ld, LX_PARMRK) && !ld_iflag(ld, LX_ISTRIP);

	if (room(ld) < 1u + twice) {
		if (ld_iflag(ld, LX_IMAXBEL))
			echo_raw(ld, '\a');
		return false;
	}
	if (twice)
		put_raw(ld, c);
	put_raw(ld, c);
	return true;
}

/* c ends the line that is being edited. The last place of the queue was left for it. */
static void end_line(struct ldisc *ld, uint8_t c)
{
	ld->in[MASK(ld->head)] = c;
	set_mark(ld, ld->head);
	ld->head++;
	ld->canon = ld->head;
	ld->events |= LDISC_READABLE;
}

void ldisc_flush_in(struct ldisc *ld)
{
	ld->tail = ld->canon = ld->head = 0;
	memset(ld->mark, 0, sizeof(ld->mark));
	ld->erasing = ld->lnext = false;
	ld->events |= LDISC_FLUSH_IN;
}

/* ---- attributes ---- */

/* From lines to bytes, or back: then what is there is one line. */
static void change_mode(struct ldisc *ld)
{
	memset(ld->mark, 0, sizeof(ld->mark));
	ld->canon = ld->head;
	if (is_canonical(ld) && ld->head != ld->tail)
		set_mark(ld, ld->head - 1);
	ld->erasing = ld->lnext = false;
	if (ld->head != ld->tail)
		ld->events |= LDISC_READABLE;
}

void ldisc_set(struct ldisc *ld, const struct lx_termios *tio)
{
	uint32_t changed = ld->tio.c_lflag ^ tio->c_lflag;
	bool had_flow = ld_iflag(ld, LX_IXON);

	ld->tio = *tio;
	if (changed & (LX_ICANON | LX_EXTPROC))
		change_mode(ld);
	/* Output that a character stopped would stay so for ever. */
	if (had_flow && !ld_iflag(ld, LX_IXON) && ld->stopped)
		ld_start(ld);
}

/* ---- editing ---- */

static void finish_erasing(struct ldisc *ld)
{
	if (ld->erasing)
		echo_raw(ld, '/');
	ld->erasing = false;
}

/* Takes the last character of the line, all of its bytes, back: returns the first, sets *bytes. */
static uint8_t take_last(struct ldisc *ld, uint32_t *bytes)
{
	uint32_t pos = ld->head;
	uint8_t c;

	do
		c = at(ld, --pos);
	while (ld_is_continuation(ld, c) && pos != ld->canon);
	*bytes = ld->head - pos;
	ld->head = pos;
	return c;
}

/* Columns from the tab before head (or the begin of the line: *from_start) to head. */
static uint32_t columns_before(const struct ldisc *ld, bool *from_start)
{
	uint32_t n = 0, pos = ld->head;

	*from_start = true;
	while (pos != ld->canon) {
		uint8_t c = at(ld, --pos);

		if (c == '\t') {
			*from_start = false;
			break;
		}
		if (ld_is_control(c))
			n += ld_lflag(ld, LX_ECHOCTL) ? 2 : 0;
		else
			n += !ld_is_continuation(ld, c);
	}
	return n;
}

/* Shows that the character c of n bytes, which lay at head, is gone. */
static void echo_erased(struct ldisc *ld, uint8_t c, uint32_t n, uint8_t key)
{
	bool from_start;
	uint32_t columns;

	if (ld_lflag(ld, LX_ECHOPRT)) {
		if (!ld->erasing)
			echo_raw(ld, '\\');
		ld->erasing = true;
		echo_char(ld, c);
		for (uint32_t i = 1; i < n; i++)
			echo_raw(ld, at(ld, ld->head + i));
	} else if (key == LX_VERASE && !ld_lflag(ld, LX_ECHOE)) {
		echo_char(ld, ld->tio.c_cc[LX_VERASE]);
	} else if (c == '\t') {
		columns = columns_before(ld, &from_start);
		echo_erase_tab(ld, columns, from_start);
	} else {
		if (ld_is_control(c) && ld_lflag(ld, LX_ECHOCTL))
			echo_text(ld, "\b \b");
		if (!ld_is_control(c) || ld_lflag(ld, LX_ECHOCTL))
			echo_text(ld, "\b \b");
	}
}

/* KILL without the means to show it character by character. */
static bool kill_at_once(struct ldisc *ld)
{
	const uint32_t shown = LX_ECHOK | LX_ECHOKE | LX_ECHOE;

	if (ld_lflag(ld, LX_ECHO) && (ld->tio.c_lflag & shown) == shown)
		return false;
	ld->head = ld->canon;
	if (ld_lflag(ld, LX_ECHO)) {
		finish_erasing(ld);
		echo_char(ld, ld->tio.c_cc[LX_VKILL]);
		if (ld_lflag(ld, LX_ECHOK))
			echo_raw(ld, '\n');
	}
	return true;
}

static bool is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

/* key: LX_VERASE, LX_VWERASE or LX_VKILL. */
static void erase(struct ldisc *ld, uint8_t key)
{
	bool in_word = false;

	if (ld->head == ld->canon || (key == LX_VKILL && kill_at_once(ld)))
		return;
	while (ld->head != ld->canon) {
		uint32_t before = ld->head, n;
		uint8_t c = take_last(ld, &n);

		if (ld_is_continuation(ld, c)) { /* no first byte: not a character */
			ld->head = before;
			break;
		}
		if (key == LX_VWERASE && in_word && !is_word(c)) {
			ld->head = before;
			break;
		}
		in_word = in_word || is_word(c);
		if (ld_lflag(ld, LX_ECHO))
			echo_erased(ld, c, n, key);
		if (key == LX_VERASE)
			break;
	}
	if (ld->head == ld->canon && ld_lflag(ld, LX_ECHO))
		finish_erasing(ld);
}

static void reprint(struct ldisc *ld)
{
	finish_erasing(ld);
	echo_char(ld, ld->tio.c_cc[LX_VREPRINT]);
	echo_raw(ld, '\n');
	for (uint32_t pos = ld->canon; pos != ld->head; pos++)
		echo_char(ld, at(ld, pos));
}

/* ---- characters with a meaning ---- */

static bool is_key(const struct ldisc *ld, int key, uint8_t c)
{
	return c != LDISC_NO_CHR && c == ld->tio.c_cc[key];
}

static bool flow_key(struct ldisc *ld, uint8_t c)
{
	if (!ld_iflag(ld, LX_IXON))
		return false;
	if (is_key(ld, LX_VSTART, c)) {
		ld_start(ld);
		return true;
	}
	if (is_key(ld, LX_VSTOP, c)) {
		ld_stop(ld);
		return true;
	}
	return false;
}

static bool signal_key(struct ldisc *ld, uint8_t c)
{
	uint32_t event = is_key(ld, LX_VINTR, c)   ? LDISC_INT
			 : is_key(ld, LX_VQUIT, c) ? LDISC_QUIT
			 : is_key(ld, LX_VSUSP, c) ? LDISC_SUSP
						   : 0;

	if (!event || !ld_lflag(ld, LX_ISIG))
		return false;
	if (!ld_lflag(ld, LX_NOFLSH)) {
		ld_drop_echo(ld);
		ldisc_flush_out(ld);
		ldisc_flush_in(ld);
	}
	ld->events |= event;
	if (ld_iflag(ld, LX_IXON))
		ld_start(ld);
	if (ld_lflag(ld, LX_ECHO))
		echo_char(ld, c);
	return true;
}

/* Keys that edit the line. */
static bool edit_key(struct ldisc *ld, uint8_t c)
{
	bool extended = ld_lflag(ld, LX_IEXTEN);

	if (is_key(ld, LX_VERASE, c)) {
		erase(ld, LX_VERASE);
	} else if (is_key(ld, LX_VKILL, c)) {
		erase(ld, LX_VKILL);
	} else if (extended && is_key(ld, LX_VWERASE, c)) {
		erase(ld, LX_VWERASE);
	} else if (extended && is_key(ld, LX_VLNEXT, c)) {
		ld->lnext = true;
		if (ld_lflag(ld, LX_ECHO)) {
			finish_erasing(ld);
			if (ld_lflag(ld, LX_ECHOCTL))
				echo_text(ld, "^\b");
		}
	} else if (extended && ld_lflag(ld, LX_ECHO) && is_key(ld, LX_VREPRINT, c)) {
		reprint(ld);
	} else {
		return false;
	}
	return true;
}

/* first: of its line. */
static void echo_input(struct ldisc *ld, uint8_t c, bool first)
{
	finish_erasing(ld);
	if (first)
		ld->canon_column = ld->column;
	echo_char(ld, c);
}

/* Keys that end the line. */
static bool line_key(struct ldisc *ld, uint8_t c)
{
	if (c == '\n') {
		if (ld_lflag(ld, LX_ECHO | LX_ECHONL))
			echo_raw(ld, c);
		end_line(ld, c);
	} else if (is_key(ld, LX_VEOF, c)) {
		end_line(ld, LDISC_NO_CHR);
	} else if (is_key(ld, LX_VEOL, c) || (ld_lflag(ld, LX_IEXTEN) && is_key(ld, LX_VEOL2, c))) {
		if (ld_lflag(ld, LX_ECHO))
			echo_input(ld, c, ld->canon == ld->head);
		end_line(ld, c);
	} else {
		return false;
	}
	return true;
}

static void ordinary(struct ldisc *ld, uint8_t c)
{
	bool first = ld->canon == ld->head;

	if (!put(ld, c) || !ld_lflag(ld, LX_ECHO))
		return;
	if (c == '\n') {
		finish_erasing(ld);
		echo_raw(ld, c);
	} else {
		echo_input(ld, c, first);
	}
}

static void input_char(struct ldisc *ld, uint8_t c)
{
	if (ld_iflag(ld, LX_ISTRIP))
		c &= 0x7f;
	if (ld_iflag(ld, LX_IUCLC) && ld_lflag(ld, LX_IEXTEN) && c >= 'A' && c <= 'Z')
		c += 'a' - 'A';
	if (ld_lflag(ld, LX_EXTPROC)) {
		put(ld, c);
		return;
	}
	if (ld->lnext) {
		ld->lnext = false;
		ordinary(ld, c);
		return;
	}
	if (flow_key(ld, c) || signal_key(ld, c))
		return;
	if (ld->stopped && ld_iflag(ld, LX_IXON) && ld_iflag(ld, LX_IXANY))
		ld_start(ld);
	if (c == '\r') {
		if (ld_iflag(ld, LX_IGNCR))
			return;
		if (ld_iflag(ld, LX_ICRNL))
			c = '\n';
	} else if (c == '\n' && ld_iflag(ld, LX_INLCR)) {
		c = '\r';
	}
	if (ld_lflag(ld, LX_ICANON) && (edit_key(ld, c) || line_key(ld, c)))
		return;
	ordinary(ld, c);
}

/*
 * A full queue holds the sender back, but not while a line is being edited that nobody can read yet:
 * erasing and ending it must go on, and what is too much is lost. Behind a key that signals the caller
 * signals first: what comes after it must not be seen before.
 */
uint32_t ldisc_input(struct ldisc *ld, const uint8_t *bytes, uint32_t n)
{
	uint32_t i = 0, need = ld_iflag(ld, LX_PARMRK) ? 2 : 1;

	ld->shown = ld->out.used;
	for (; i < n; i++) {
		bool editing = is_canonical(ld) && ld->canon == ld->tail;

		if (ld->events & LDISC_SIGNALS || (room(ld) < need && !editing))
			break;
		input_char(ld, bytes[i]);
	}
	return i;
}

/* ---- reading ---- */

bool ldisc_readable(const struct ldisc *ld, bool poll)
{
	uint32_t least = 1;

	if (is_canonical(ld))
		return ld->canon != ld->tail;
	if (poll && !ld->tio.c_cc[LX_VTIME] && ld->tio.c_cc[LX_VMIN])
		least = ld->tio.c_cc[LX_VMIN];
	return ld->head - ld->tail >= least;
}

static int64_t read_bytes(struct ldisc *ld, uint8_t *buf, uint32_t n)
{
	uint32_t used = ld->head - ld->tail;

	if (!used)
		return -1;
	n = n < used ? n : used;
	for (uint32_t i = 0; i < n; i++)
		buf[i] = at(ld, ld->tail + i);
	ld->tail += n;
	return n;
}

int64_t ldisc_read(struct ldisc *ld, uint8_t *buf, uint32_t n)
{
	uint32_t done = 0;

	if (!is_canonical(ld))
		return read_bytes(ld, buf, n);
	if (ld->tail == ld->canon)
		return -1;
	while (done < n && ld->tail != ld->canon) {
		bool last = is_marked(ld, ld->tail);
		uint8_t c = at(ld, ld->tail);

		clear_mark(ld, ld->tail);
		ld->tail++;
		if (!last || c != LDISC_NO_CHR)
			buf[done++] = c;
		if (last)
			return done;
	}
	/* An end of file right behind a read that was filled belongs to it. */
	if (ld->tail != ld->canon && is_marked(ld, ld->tail) && at(ld, ld->tail) == LDISC_NO_CHR) {
		clear_mark(ld, ld->tail);
		ld->tail++;
	}
	return done;
}

uint32_t ldisc_pending(const struct ldisc *ld)
{
	uint32_t n = 0;

	if (!is_canonical(ld))
		return ld->head - ld->tail;
	for (uint32_t pos = ld->tail; pos != ld->canon; pos++)
		n += !is_marked(ld, pos) || at(ld, pos) != LDISC_NO_CHR;
	return n;
}
