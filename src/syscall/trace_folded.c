/* SPDX-License-Identifier: MIT */
/*
 * The folded format: "program;call;NtCall;hostcall MICROSECONDS", a line for each distinct stack with
 * the time spent in its innermost call itself: what flame graph tools read. Written at the end.
 */
#include "trace_event.h"
#include "trace_impl.h"
#include "base/alloc.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024

struct stack {
	struct stack *next;
	uint64_t ns;
	char name[];
};
static struct stack *stacks[BUCKETS];

static void start(uint64_t wall_offset) {}

static void add(const struct text *name, uint64_t ns)
{
	uint32_t hash = 2166136261u;
	struct stack *s;
	size_t i;

	if (!name->data || name->failed)
		return;
	for (i = 0; i < name->len; i++)
		hash = (hash ^ (unsigned char)name->data[i]) * 16777619u;
	for (s = stacks[hash % BUCKETS]; s && strcmp(s->name, name->data); s = s->next)
		;
	if (!s) {
		s = mem_alloc(sizeof(*s) + name->len + 1);
		if (!s)
			return;
		memcpy(s->name, name->data, name->len + 1);
		s->next = stacks[hash % BUCKETS];
		stacks[hash % BUCKETS] = s;
	}
	s->ns += ns;
}

/* A frame may hold neither blanks nor semicolons. */
static void put_frame(struct text *name, const char *frame, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		text_put(name,
			 frame[i] > ' ' && frame[i] < 0x7f && frame[i] != ';' ? frame + i : "_", 1);
}

/* Time of node i (-1: the call) without that of what is directly below it. */
static uint64_t self_time(const struct trace_event *e, const struct trace_node *nodes, int n, int i)
{
	int depth = i < 0 ? 0 : nodes[i].depth, k;
	uint64_t ns = i < 0 ? e->ns : nodes[i].end - nodes[i].start, inner = 0;

	for (k = i + 1; k < n && nodes[k].depth > depth; k++)
		if (nodes[k].depth == depth + 1)
			inner += nodes[k].end - nodes[k].start;
	return ns > inner ? ns - inner : 0;
}

static void put_event(const struct trace_event *e, uint64_t lost, struct text *out)
{
	struct trace_node nodes[TRACE_NODES_MAX];
	size_t ends[TRACE_NODES_MAX + 1]; /* of the frame at each depth, in name */
	struct text name = { 0 };
	int n, i;

	if (e->kind != TE_CALL)
		return;
	n = trace_tree(e, nodes, TRACE_NODES_MAX);
	put_frame(&name, e->comm[0] ? e->comm : "lxrun", strlen(e->comm[0] ? e->comm : "lxrun"));
	text_str(&name, ";");
	text_str(&name, trace_event_text(e, TX_NAME));
	ends[0] = name.len;
	add(&name, self_time(e, nodes, n, -1));
	for (i = 0; i < n && !name.failed; i++) {
		name.len = ends[nodes[i].depth - 1];
		text_str(&name, ";");
		put_frame(&name, nodes[i].text, strcspn(nodes[i].text, "( "));
		ends[nodes[i].depth] = name.len;
		add(&name, self_time(e, nodes, n, i));
	}
	text_free(&name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct stack *const *)a)->name, (*(struct stack *const *)b)->name);
}

static void end(struct text *out)
{
	struct stack **all = NULL, *s;
	size_t n = 0, i = 0;
	int b;

	for (b = 0; b < BUCKETS; b++)
		for (s = stacks[b]; s; s = s->next)
			n++;
	all = mem_alloc(n * sizeof(*all));
	for (b = 0; b < BUCKETS && all; b++)
		for (s = stacks[b]; s; s = s->next)
			all[i++] = s;
	if (all)
		qsort(all, n, sizeof(*all), by_name);
	for (i = 0; i < n && all; i++) {
		if (all[i]->ns >= 1000)
			text_printf(out, "%s %" PRIu64 "\n", all[i]->name, all[i]->ns / 1000);
		mem_free(all[i]);
	}
	mem_free(all);
	memset(stacks, 0, sizeof(stacks));
}

const struct trace_writer trace_writer_folded = {
	.name = "folded",
	.start = start,
	.event = put_event,
	.end = end,
};
