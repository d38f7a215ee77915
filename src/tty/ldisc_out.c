/* SPDX-License-Identifier: MIT */
/* ldisc_out.c - the line discipline's output: post-processing, echo, stop and start, queues of bytes. */
#include "ldisc_impl.h"
#include "base/alloc.h"
#include <string.h>

#define QUEUE_MIN 1024u

/* ---- queues ---- */

static bool byteq_grow(struct byteq *q, uint32_t need)
{
	uint32_t size = q->size ? q->size : QUEUE_MIN;
	uint8_t *buf;

	while (size < need)
		size *= 2;
	if (size == q->size)
		return true;
	buf = mem_realloc(NULL, size);
	if (!buf)
		return false;
	byteq_peek(q, buf, q->used);
	mem_free(q->buf);
	q->buf = buf;
	q->size = size;
	q->head = 0;
	return true;
}

bool byteq_put(struct byteq *q, const void *bytes, uint32_t n)
{
	uint32_t at, run;

	if (n > byteq_room(q) || !byteq_grow(q, q->used + n))
		return false;
	at = (q->head + q->used) & (q->size - 1);
	run = q->size - at < n ? q->size - at : n;
	memcpy(q->buf + at, bytes, run);
	memcpy(q->buf, (const uint8_t *)bytes + run, n - run);
	q->used += n;
	return true;
}

uint32_t byteq_peek(const struct byteq *q, void *out, uint32_t n)
{
	uint32_t run;

	n = n < q->used ? n : q->used;
	if (!n)
		return 0;
	run = q->size - q->head < n ? q->size - q->head : n;
	memcpy(out, q->buf + q->head, run);
	memcpy((uint8_t *)out + run, q->buf, n - run);
	return n;
}

void byteq_drop(struct byteq *q, uint32_t n)
{
	q->used -= n;
	q->head = q->used ? (q->head + n) & (q->size - 1) : 0;
}

void byteq_free(struct byteq *q)
{
	mem_free(q->buf);
	*q = (struct byteq){ .limit = q->limit };
}

/* ---- post-processing ---- */

struct bytes {
	uint8_t b[8];
	uint32_t n;
};

static void process_return(struct ldisc *ld, struct bytes *o)
{
	if (ld_oflag(ld, LX_ONOCR) && !ld->column)
		return;
	if (!ld_oflag(ld, LX_OCRNL)) {
		ld->column = ld->canon_column = 0;
		o->b[o->n++] = '\r';
		return;
	}
	if (ld_oflag(ld, LX_ONLRET))
		ld->column = ld->canon_column = 0;
	o->b[o->n++] = '\n';
}

static void process_newline(struct ldisc *ld, struct bytes *o)
{
	if (ld_oflag(ld, LX_ONLRET))
		ld->column = 0;
	if (ld_oflag(ld, LX_ONLCR)) {
		ld->column = 0;
		o->b[o->n++] = '\r';
	}
	ld->canon_column = ld->column;
	o->b[o->n++] = '\n';
}

static void process_tab(struct ldisc *ld, struct bytes *o)
{
	uint32_t spaces = 8 - (ld->column & 7);

	ld->column += spaces;
	if (!ld_oflag(ld, LX_TABDLY) || (ld->tio.c_oflag & LX_TABDLY) != LX_XTABS) {
		o->b[o->n++] = '\t';
		return;
	}
	memset(o->b, ' ', spaces);
	o->n = spaces;
}

static bool is_processed(const struct ldisc *ld)
{
	return ld_oflag(ld, LX_OPOST) && !ld->plain;
}

/* What c becomes on its way out. */
static struct bytes process(struct ldisc *ld, uint8_t c)
{
	struct bytes o = { .n = 0 };

	switch (is_processed(ld) ? c : 0) {
	case '\n':
		process_newline(ld, &o);
		return o;
	case '\r':
		process_return(ld, &o);
		return o;
	case '\t':
		process_tab(ld, &o);
		return o;
	case '\b':
		ld->column -= ld->column > 0;
		break;
	default:
		if (!is_processed(ld) || ld_is_control(c))
			break;
		if (ld_oflag(ld, LX_OLCUC) && c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		ld->column += !ld_is_continuation(ld, c);
	}
	o.b[o.n++] = c;
	return o;
}

/* What output's stop has kept back of the echo comes with the next output, whoever's. */
static void release_held(struct ldisc *ld)
{
	uint8_t buf[256];
	uint32_t n;

	while (!ldisc_is_stopped(ld) && (n = byteq_peek(&ld->held, buf, sizeof(buf))) > 0 &&
	       byteq_put(&ld->out, buf, n))
		byteq_drop(&ld->held, n);
}

uint32_t ldisc_write(struct ldisc *ld, const uint8_t *bytes, uint32_t n)
{
	uint32_t i = 0, room;

	if (ldisc_is_stopped(ld))
		return 0;
	release_held(ld);
	if (!is_processed(ld)) {
		room = byteq_room(&ld->out);
		n = n < room ? n : room;
		return byteq_put(&ld->out, bytes, n) ? n : 0;
	}
	for (; i < n && byteq_room(&ld->out) >= sizeof(((struct bytes *)0)->b); i++) {
		struct bytes o = process(ld, bytes[i]);

		if (!byteq_put(&ld->out, o.b, o.n))
			break;
	}
	return i;
}

bool ldisc_writable(const struct ldisc *ld)
{
	return !ldisc_is_stopped(ld) && byteq_room(&ld->out) >= ld->out.limit / 2;
}

/* ---- echo ---- */

static void echo_put(struct ldisc *ld, const struct bytes *o)
{
	struct byteq *q;

	release_held(ld);
	q = ld->held.used || ldisc_is_stopped(ld) || byteq_room(&ld->out) < o->n ? &ld->held
										 : &ld->out;

	byteq_put(q, o->b, o->n);
}

void echo_raw(struct ldisc *ld, uint8_t c)
{
	struct bytes o = process(ld, c);

	echo_put(ld, &o);
}

void echo_text(struct ldisc *ld, const char *s)
{
	for (; *s; s++)
		echo_raw(ld, (uint8_t)*s);
}

void echo_char(struct ldisc *ld, uint8_t c)
{
	if (!ld_lflag(ld, LX_ECHOCTL) || !ld_is_control(c) || c == '\t') {
		echo_raw(ld, c);
		return;
	}
	echo_raw(ld, '^');
	echo_raw(ld, c ^ 0100);
}

void echo_erase_tab(struct ldisc *ld, uint32_t n, bool from_start)
{
	const struct bytes back = { { '\b' }, 1 };
	uint32_t columns;

	if (from_start)
		n += ld->canon_column;
	columns = 8 - (n & 7);
	while (columns--) {
		echo_put(ld, &back);
		ld->column -= ld->column > 0;
	}
}

/* ---- flow ---- */

void ld_stop(struct ldisc *ld)
{
	if (!ldisc_is_stopped(ld))
		ld->events |= LDISC_STOP;
	ld->stopped = true;
}

void ld_start(struct ldisc *ld)
{
	bool was = ldisc_is_stopped(ld);

	/* tcflow(TCOOFF) outlasts characters. */
	ld->stopped = false;
	if (was && !ldisc_is_stopped(ld))
		ld->events |= LDISC_START;
	release_held(ld);
}

void ldisc_flow(struct ldisc *ld, bool stop)
{
	bool was = ldisc_is_stopped(ld);

	/* What a character has stopped only a character starts, unless tcflow has stopped it as well. */
	if (stop == ld->tco_stopped)
		return;
	ld->tco_stopped = stop;
	if (!stop)
		ld->stopped = false;
	if (was != ldisc_is_stopped(ld))
		ld->events |= was ? LDISC_START : LDISC_STOP;
}

/* ---- the outside ---- */

uint32_t ldisc_output(const struct ldisc *ld, uint8_t *buf, uint32_t n)
{
	return byteq_peek(&ld->out, buf, n);
}

void ldisc_sent(struct ldisc *ld, uint32_t n)
{
	byteq_drop(&ld->out, n < ld->out.used ? n : ld->out.used);
	release_held(ld);
}

/* Echo is shown when the input that caused it has been taken; a key that flushes comes before that. */
void ld_drop_echo(struct ldisc *ld)
{
	if (ld->out.used > ld->shown)
		ld->out.used = ld->shown;
}

void ldisc_flush_out(struct ldisc *ld)
{
	/* The newest bytes, so the head stays. */
	if (ld->out.used > ld->received)
		ld->out.used = ld->received;
	byteq_drop(&ld->held, ld->held.used);
	ld->events |= LDISC_FLUSH_OUT;
}
