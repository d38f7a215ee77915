/* SPDX-License-Identifier: MIT */
/*
 * The text formats. strace: the lines of `strace -ttt -f -T -o FILE`, byte for byte in form (viewers
 * parse it). text: the same for people, without times of day, with "[pid N]", lower layers indented
 * below their call.
 *
 * A call's line stays open until its result is known. When another task has something to say first,
 * the open line ends in " <unfinished ...>" and its call goes on in "<... name resumed>" later.
 */
#include "trace_event.h"
#include "trace_impl.h"
#include <inttypes.h>
#include <string.h>

#define COLUMN       40 /* where "=" stands when there is room */
#define BELOW_INDENT 12

/* The writer's alone. */
static struct {
	bool strace; /* the file grammar */
	uint64_t wall_offset;
	uint64_t open_id; /* the call whose line is unfinished; 0: none */
	int open_tid;
	size_t open_column;
} lines;

static void start_text(uint64_t wall_offset)
{
	lines.strace = false;
	lines.wall_offset = wall_offset;
	lines.open_id = 0;
}

static void start_strace(uint64_t wall_offset)
{
	start_text(wall_offset);
	lines.strace = true;
}

static void close_open_line(struct text *out)
{
	if (lines.open_id)
		text_str(out, " <unfinished ...>\n");
	lines.open_id = 0;
}

static void put_leader(int tid, uint64_t when, struct text *out)
{
	uint64_t us = (when + lines.wall_offset) / 1000;

	if (lines.strace)
		text_printf(out, "%-5d %" PRIu64 ".%06" PRIu64 " ", tid, us / 1000000,
			    us % 1000000);
	else if (tid)
		text_printf(out, "[pid %5d] ", tid);
	else
		text_str(out, "[lxrun    ] "); /* on nobody's behalf */
}

static void put_seconds(uint64_t ns, struct text *out)
{
	text_printf(out, " <%" PRIu64 ".%06" PRIu64 ">", ns / 1000000000, ns / 1000 % 1000000);
}

/* column: of what stands before it in the line. */
static void put_result(size_t column, const struct trace_event *e, struct text *out)
{
	int pad = column < COLUMN ? (int)(COLUMN - column) : 1;

	text_printf(out, "%*s= %s", pad, "", trace_event_text(e, TX_RESULT));
	if (e->injected)
		text_str(out, " (INJECTED)");
	if (e->timed)
		put_seconds(e->ns, out);
	text_str(out, "\n");
}

static void put_begin(const struct trace_event *e, struct text *out)
{
	size_t begin;

	close_open_line(out);
	begin = out->len;
	put_leader(e->tid, e->when, out);
	text_str(out, trace_event_text(e, TX_CALL));
	lines.open_column = out->len - begin;
	lines.open_id = e->id;
	lines.open_tid = e->tid;
}

static void put_end(const struct trace_event *e, struct text *out)
{
	size_t column = lines.open_column, begin = out->len;

	if (lines.open_id != e->id) {
		close_open_line(out);
		begin = out->len;
		column = 0;
		put_leader(e->tid, e->when, out);
		text_printf(out, "<... %s resumed>", trace_event_text(e, TX_NAME));
	}
	lines.open_id = 0;
	text_printf(out, "%s)", trace_event_text(e, TX_CALL));
	put_result(column + out->len - begin, e, out);
}

static void put_lower(int tid, uint32_t channel, uint64_t when, uint64_t ns, int depth,
		      const char *text, struct text *out)
{
	if (lines.strace || !depth)
		put_leader(tid, when, out);
	else
		text_printf(out, "%*s", BELOW_INDENT + 2 * (depth - 1), "");
	if (!lines.strace)
		text_printf(out, "%-5s ", trace_channel_name(channel));
	trace_plain_string(out, text);
	if (lines.strace && ns)
		put_seconds(ns, out);
	text_str(out, "\n");
}

static void put_call(const struct trace_event *e, struct text *out)
{
	struct trace_node nodes[TRACE_NODES_MAX];
	int n = trace_tree(e, nodes, TRACE_NODES_MAX), i;
	size_t begin;

	close_open_line(out);
	begin = out->len;
	put_leader(e->tid, e->when, out);
	text_str(out, trace_event_text(e, TX_CALL));
	put_result(out->len - begin, e, out);
	for (i = 0; i < n; i++)
		put_lower(e->tid, nodes[i].channel, nodes[i].start, nodes[i].end - nodes[i].start,
			  nodes[i].depth, nodes[i].text, out);
}

static void put_event(const struct trace_event *e, uint64_t lost, struct text *out)
{
	if (lost) {
		close_open_line(out);
		put_leader(e->tid, e->when, out);
		text_printf(out, "--- %" PRIu64 " trace records lost ---\n", lost);
	}
	switch ((enum trace_kind)e->kind) {
	case TE_BEGIN:
		put_begin(e, out);
		break;
	case TE_END:
		put_end(e, out);
		break;
	case TE_CALL:
		put_call(e, out);
		break;
	case TE_LOWER:
		close_open_line(out);
		put_lower(e->tid, e->channel, e->when, e->ns, 0, trace_event_text(e, TX_CALL), out);
		break;
	case TE_SIGNAL:
	case TE_EXIT:
		close_open_line(out);
		put_leader(e->tid, e->when, out);
		text_printf(out, "%s\n", trace_event_text(e, TX_CALL));
		break;
	case TE_GONE:
		if (lines.open_id && lines.open_tid == e->tid) {
			text_str(out, " <unfinished ...>) = ?\n");
			lines.open_id = 0;
		}
		break;
	case TE_COUNTS:
		break;
	}
}

const struct trace_writer trace_writer_text = {
	.name = "text",
	.live = true,
	.start = start_text,
	.event = put_event,
	.end = close_open_line,
};
const struct trace_writer trace_writer_strace = {
	.name = "strace",
	.live = true,
	.start = start_strace,
	.event = put_event,
	.end = close_open_line,
};
