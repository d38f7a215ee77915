/* SPDX-License-Identifier: MIT */
/* Reading trace events: their texts, and the calls below a call as a tree. */
#include "trace_event.h"
#include "trace_impl.h"
#include <stdlib.h>
#include <string.h>

const char *trace_event_text(const struct trace_event *e, int i)
{
	const char *at = (const char *)(e + 1);
	int k;

	if (!e->size[i])
		return "";
	for (k = 0; k < i; k++)
		at += e->size[k];
	return at;
}

const char *trace_channel_name(uint32_t channel)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
#define CHANNEL_NAME(up, low) { TR_##up, #low },
		TRACE_CHANNELS(CHANNEL_NAME)
#undef CHANNEL_NAME
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].bit == channel)
			return names[i].name;
	return "?";
}

const char *trace_below_status(const char *text, size_t *len)
{
	const char *found = NULL, *p = text;

	while ((p = strstr(p, ") = ")))
		found = p += 4;
	*len = found ? strcspn(found, ", (") : 0;
	return found;
}

/* Outer layers hold inner ones: sys > vfs > nt > host. The rest are remarks, inside of anything. */
static int layer(uint32_t channel)
{
	switch (channel) {
	case TR_VFS:
		return 1;
	case TR_NT:
		return 2;
	case TR_HOST:
		return 3;
	default:
		return 4;
	}
}

/* A line without a beginning holds the inner ones just before it. */
static void guess_start(struct trace_node *nodes, int i)
{
	int k;

	if (nodes[i].start != nodes[i].end || !strchr(nodes[i].text, '('))
		return;
	for (k = i - 1; k >= 0 && layer(nodes[k].channel) > layer(nodes[i].channel); k--)
		if (nodes[k].start < nodes[i].start)
			nodes[i].start = nodes[k].start;
}

static int by_nesting(const void *a, const void *b)
{
	const struct trace_node *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return layer(x->channel) - layer(y->channel);
}

/* Depths, and ends cut to those of what holds them: clocks are read at slightly different moments. */
static void nest(struct trace_node *nodes, int n, uint64_t end)
{
	int open[TRACE_NODES_MAX], depth = 0, i;

	for (i = 0; i < n; i++) {
		while (depth && nodes[open[depth - 1]].end <= nodes[i].start &&
		       (nodes[i].start != nodes[i].end ||
			nodes[open[depth - 1]].end < nodes[i].start))
			depth--;
		if (depth && nodes[i].end > nodes[open[depth - 1]].end)
			nodes[i].end = nodes[open[depth - 1]].end;
		if (nodes[i].end > end)
			nodes[i].end = end;
		open[depth++] = i;
		nodes[i].depth = depth;
	}
}

int trace_tree(const struct trace_event *e, struct trace_node *nodes, int max)
{
	const char *p = trace_event_text(e, TX_BELOW), *end = p + e->size[TX_BELOW];
	struct trace_below b;
	int n = 0;

	for (; n < max && p + sizeof(b) <= end; p += sizeof(b) + b.size, n++) {
		memcpy(&b, p, sizeof(b));
		nodes[n] = (struct trace_node){ .start = b.start,
						.end = b.end,
						.async = b.async,
						.channel = b.channel,
						.text = p + sizeof(b) };
		if (nodes[n].start < e->when)
			nodes[n].start = e->when;
		guess_start(nodes, n);
	}
	qsort(nodes, (size_t)n, sizeof(nodes[0]), by_nesting);
	nest(nodes, n, e->when + e->ns);
	return n;
}
