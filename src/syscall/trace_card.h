/* SPDX-License-Identifier: MIT */
/* trace_card.h - private to the card: lanes (trace_card.c) and rows (trace_card_rows.c) of one drawing. */
#ifndef SYSCALL_TRACE_CARD_H
#define SYSCALL_TRACE_CARD_H
#include "trace_event.h"

#define CARD_WIDTH  940.0
#define CARD_MARGIN 20.0
#define CARD_LINE   16.0 /* of text */

struct card_layer {
	uint32_t channel;
	const char *class, *title;
};

struct card {
	const struct trace_event *e;
	struct text *out;
	const struct trace_node *nodes;
	int *numbers; /* of each node; 0: not drawn */
	int count, numbered;
	double y, lanes; /* the next line's; the first lane's top */
};

/* Which lane: 1 and up; -1: of none. */
int card_layer(uint32_t channel);
const char *card_class(int layer);
/* For XML; what is not printable ASCII as an octal escape. */
void card_escape(struct text *out, const char *s, size_t n);
/* n bytes of s at x, card->y. */
void card_text(struct card *card, double x, const char *class, const char *s, size_t n);
/* The same in lines of width characters; card->y is the last one's. */
void card_wrapped(struct card *card, double x, const char *class, const char *s, size_t n,
		  size_t width);
/* A row for each call below. */
void card_rows(struct card *card);
#endif
