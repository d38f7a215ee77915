/* SPDX-License-Identifier: MIT */
/*
 * trace_event.h - what travels from the threads that trace to the one that writes: one record per
 * event, a header and texts behind it. Formats (trace_strace.c, trace_json.c, ...) see nothing else.
 */
#ifndef SYSCALL_TRACE_EVENT_H
#define SYSCALL_TRACE_EVENT_H
#include "base/text.h"
#include "base/trace.h"
#include "base/trace_queue.h"

enum trace_kind {
	TE_BEGIN,  /* a call begins: text[TX_CALL] is what is known of it; TE_END follows */
	TE_END,    /* ... ends: text[TX_CALL] is the rest of its arguments, without parenthesis */
	TE_CALL,   /* a whole call, text[TX_CALL] with parenthesis, text[TX_BELOW] below it */
	TE_LOWER,  /* a line of a lower layer that belongs to no call: text[TX_CALL] */
	TE_SIGNAL, /* "--- SIGINT {...} ---" */
	TE_EXIT,   /* "+++ exited with 0 +++" */
	TE_GONE,   /* the open line of tid will never be resumed */
	TE_COUNTS, /* args: NT handles, guests asleep in a call */
};
enum { TX_NAME, TX_CALL, TX_RESULT, TX_BELOW, TX_COUNT };
#define TRACE_MAX_ARGS 6

struct trace_event {
	uint64_t id;       /* of the call */
	uint64_t when, ns; /* beginning (trace_now() scale), duration */
	int64_t result;    /* TRACE_NO_RESULT: not known */
	uint64_t args[TRACE_MAX_ARGS];
	struct trace_async async; /* of TE_LOWER */
	int32_t tid, pid;         /* 0: lxrun's own thread number nr */
	uint32_t nr, channel;
	uint32_t size[TX_COUNT]; /* of each text, NUL included; 0: none */
	struct trace_span {
		uint32_t start, len; /* of an argument's text in text[TX_CALL] */
	} spans[TRACE_MAX_ARGS];
	uint8_t kind;     /* enum trace_kind */
	uint8_t nargs;    /* 0: spans are not known */
	uint8_t injected; /* by a fault rule */
	uint8_t timed;
	char comm[16];
};

/* text[TX_BELOW]: these, each followed by size bytes of text, NUL included, in order of their ends. */
struct trace_below {
	uint64_t start, end; /* equal: a point in time */
	struct trace_async async;
	uint32_t channel, size;
};
/* The same, nested: by trace_tree(). Outermost first, then by time. */
struct trace_node {
	uint64_t start, end;
	struct trace_async async;
	uint32_t channel;
	int depth; /* 1: directly below the call */
	const char *text;
};
#define TRACE_NODES_MAX 512

/* Text i of the event, or "". */
const char *trace_event_text(const struct trace_event *e, int i);
/* What is below the call as a tree in pre-order, strictly nested in time. Returns how many. */
int trace_tree(const struct trace_event *e, struct trace_node *nodes, int max);
const char *trace_channel_name(uint32_t channel);

/* A format: how events become text. Only the writer calls it. */
struct trace_writer {
	const char *name;
	bool live; /* wants TE_BEGIN and TE_END as they happen rather than TE_CALL */
	bool pairs; /* wants TE_COUNTS, and every end of what is asynchronous: it knows which beginnings were shown */
	void (*start)(uint64_t wall_offset);
	void (*event)(const struct trace_event *e, uint64_t lost, struct text *out);
	void (*end)(struct text *out); /* NULL: nothing to add */
};
extern const struct trace_writer trace_writer_text, trace_writer_strace, trace_writer_json,
	trace_writer_chrome, trace_writer_folded, trace_writer_card;
/* "Control characters and quotes as JSON wants them, in quotes. */
void trace_json_string(struct text *out, const char *s, size_t n);
/* What is not printable ASCII as \ooo; for text of lower layers. */
void trace_plain_string(struct text *out, const char *s);
/* Result of "Name(...) = STATUS_X": points behind "= " and gives the length of the word. */
const char *trace_below_status(const char *text, size_t *len);
#endif
