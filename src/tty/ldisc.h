/* SPDX-License-Identifier: MIT */
/*
 * ldisc.h - a terminal's line discipline (termios(3), "N_TTY"): pure code over two queues.
 *
 * Bytes that come from outside (a keyboard, a pty's master) go through ldisc_input(): editing, echo,
 * signals, flow control; ldisc_read() takes lines or bytes from there. What a program writes goes
 * through ldisc_write(); ldisc_output() gives it, with the echo, to the outside. Nothing here waits,
 * signals or locks: the owner holds its lock, sleeps on its queues, and looks at ldisc.events after
 * each call.
 *
 * Source of the semantics: termios(3), POSIX.1-2017 chapter 11, and the behaviour of the Linux that
 * the guest tests run on natively.
 */
#ifndef TTY_LDISC_H
#define TTY_LDISC_H
#include "lx/ioctl.h"
#include <stdbool.h>
#include <stdint.h>

/* A queue of bytes that grows to its limit. */
struct byteq {
	uint8_t *buf;
	uint32_t size, head, used, limit;
};
/* Stores all n bytes or, without room or memory, none: false. */
bool byteq_put(struct byteq *q, const void *bytes, uint32_t n);
/* Copies the oldest bytes, at most n, and leaves them there. Returns how many. */
uint32_t byteq_peek(const struct byteq *q, void *out, uint32_t n);
void byteq_drop(struct byteq *q, uint32_t n); /* n: at most q->used */
void byteq_free(struct byteq *q);
static inline uint32_t byteq_room(const struct byteq *q)
{
	return q->limit - q->used;
}

/* What a call asks of the terminal's owner, who clears the bits. */
#define LDISC_INT       0x01u /* SIGINT ... */
#define LDISC_QUIT      0x02u
#define LDISC_SUSP      0x04u /* ... SIGTSTP to the foreground group */
#define LDISC_SIGNALS   (LDISC_INT | LDISC_QUIT | LDISC_SUSP)
#define LDISC_FLUSH_IN  0x08u /* the input queue was discarded */
#define LDISC_FLUSH_OUT 0x10u /* the output queue was discarded */
#define LDISC_STOP      0x20u /* output stopped ... */
#define LDISC_START     0x40u /* ... and goes on */
#define LDISC_READABLE  0x80u /* more input than before */

#define LDISC_IN     4096u /* bytes of the input queue; a power of two */
#define LDISC_OUT    65536u
#define LDISC_HELD   4096u
#define LDISC_NO_CHR 0u /* "no character" in c_cc, and how an end of file lies in the queue */

struct ldisc {
	struct lx_termios tio;
	uint32_t ispeed, ospeed;
	/*
	 * Input. The three positions run freely: tail <= canon <= head <= tail + LDISC_IN. Up to canon lie
	 * complete lines, whose last characters are marked; behind it the line that is being edited.
	 */
	uint8_t in[LDISC_IN];
	uint8_t mark[LDISC_IN / 8];
	uint32_t tail, canon, head;
	bool lnext;   /* the next character is taken as it is */
	bool erasing; /* ECHOPRT: behind a backslash */
	/* Output. */
	struct byteq out;  /* for outside */
	struct byteq held; /* echo that had no room there, or came while output was stopped */
	uint32_t column, canon_column; /* cursor; where the line that is being edited begins */
	bool plain;       /* outside does the post-processing: a console that is not ours */
	bool stopped;     /* by STOP, undone by START */
	bool tco_stopped; /* by tcflow(TCOOFF) */
	uint32_t
		received; /* so many bytes of out count as received outside: no flush takes them back */
	uint32_t
		shown; /* bytes of out before the input that is being taken: what is behind is its echo */
	uint32_t events; /* LDISC_* since the owner last looked */
};

/* As a fresh terminal: "sane" (stty(1)). */
void ldisc_init(struct ldisc *ld);
void ldisc_free(struct ldisc *ld);
/* Changes the attributes; what is queued is reinterpreted. */
void ldisc_set(struct ldisc *ld, const struct lx_termios *tio);

/*
 * Takes bytes from outside. Returns how many: fewer than n when the queue is full and nobody edits a line, or
 * behind a key that signals.
 */
uint32_t ldisc_input(struct ldisc *ld, const uint8_t *bytes, uint32_t n);
/* Whether a read would find something: a line, or VMIN bytes (poll) or one (not poll). */
bool ldisc_readable(const struct ldisc *ld, bool poll);
/*
 * One line or as many bytes as there are, at most n: the count; 0 at end of file; -1 when there is
 * nothing. n is not 0.
 */
int64_t ldisc_read(struct ldisc *ld, uint8_t *buf, uint32_t n);
/* Bytes a read would find (FIONREAD). */
uint32_t ldisc_pending(const struct ldisc *ld);

/* Takes a program's bytes as far as there is room and output is not stopped. Returns how many. */
uint32_t ldisc_write(struct ldisc *ld, const uint8_t *bytes, uint32_t n);
static inline bool ldisc_is_stopped(const struct ldisc *ld)
{
	return ld->stopped || ld->tco_stopped;
}
/* Whether ldisc_write() would take something worth waking a writer for. */
bool ldisc_writable(const struct ldisc *ld);
/* The oldest bytes for outside, at most n; they stay until ldisc_sent(). */
uint32_t ldisc_output(const struct ldisc *ld, uint8_t *buf, uint32_t n);
/* n bytes of ldisc_output() are on their way. */
void ldisc_sent(struct ldisc *ld, uint32_t n);

void ldisc_flush_in(struct ldisc *ld);
/* Drops output that is still on its way. */
void ldisc_flush_out(struct ldisc *ld);
/* tcflow(TCOOFF, TCOON). */
void ldisc_flow(struct ldisc *ld, bool stop);
#endif
