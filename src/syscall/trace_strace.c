/* SPDX-License-Identifier: MIT */
/*
 * Lines of the trace. To a file they are those of `strace -ttt -f -T -o FILE`, byte for byte in form
 * (viewers parse it); on a terminal the same without times of day and with "[pid N]".
 *
 * A call's line stays open until its result is known. When another task has something to say first,
 * the open line ends in " <unfinished ...>" and its call goes on in "<... name resumed>" later.
 */
#include "trace_impl.h"
#include "base/lock.h"
#include "base/trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct {
	struct lk lock; /* guards the rest */
	FILE *out;
	bool strace; /* the file grammar */
	uint64_t wall_offset;
	uint64_t open_id; /* the call whose line is unfinished; 0: none */
	int open_tid;
	size_t open_column;
} lines = { .lock = LK_INIT(TRACE) };

void lines_start(void *file, bool strace_grammar, uint64_t wall_offset_ns)
{
	lines.out = file;
	lines.strace = strace_grammar;
	lines.wall_offset = wall_offset_ns;
}

/* Lock held for all below that take no lock. */
static void close_open_line(void)
{
	if (lines.open_id)
		fputs(" <unfinished ...>\n", lines.out);
	lines.open_id = 0;
}

/* Returns its width. */
static size_t put_leader(int tid, uint64_t when)
{
	uint64_t us = (when + lines.wall_offset) / 1000;
	int n;

	if (lines.strace)
		n = fprintf(lines.out, "%-5d %" PRIu64 ".%06" PRIu64 " ", tid, us / 1000000,
			    us % 1000000);
	else if (tid)
		n = fprintf(lines.out, "[pid %5d] ", tid);
	else
		n = fprintf(lines.out, "[lxrun    ] "); /* on nobody's behalf */
	return n > 0 ? (size_t)n : 0;
}

static size_t put_text(const struct text *t)
{
	return t->len ? fwrite(t->data, 1, t->len, lines.out) : 0;
}

static void put_result(size_t column, const struct line_end *end)
{
	int pad = column < TRACE_COLUMN ? (int)(TRACE_COLUMN - column) : 1;

	fprintf(lines.out, "%*s= %s", pad, "", end->result);
	if (end->timed)
		fprintf(lines.out, " <%" PRIu64 ".%06" PRIu64 ">", end->ns / 1000000000,
			end->ns / 1000 % 1000000);
	fputc('\n', lines.out);
}

void lines_begin(uint64_t id, int tid, const struct text *call)
{
	lk_acquire(&lines.lock);
	close_open_line();
	lines.open_column = put_leader(tid, trace_now());
	lines.open_column += put_text(call);
	lines.open_id = id;
	lines.open_tid = tid;
	if (!lines.strace)
		fflush(lines.out); /* somebody is watching: show what blocks */
	lk_release(&lines.lock);
}

void lines_end(uint64_t id, int tid, const char *name, const struct text *rest,
	       const struct line_end *end)
{
	size_t column;

	lk_acquire(&lines.lock);
	if (lines.open_id == id) {
		column = lines.open_column;
	} else {
		close_open_line();
		column = put_leader(tid, trace_now());
		column += (size_t)fprintf(lines.out, "<... %s resumed>", name);
	}
	lines.open_id = 0;
	column += put_text(rest);
	fputc(')', lines.out);
	put_result(column + 1, end);
	lk_release(&lines.lock);
}

void lines_call(int tid, uint64_t when, const struct text *call, const struct line_end *end)
{
	size_t column;

	lk_acquire(&lines.lock);
	close_open_line();
	column = put_leader(tid, when);
	column += put_text(call);
	put_result(column, end);
	lk_release(&lines.lock);
}

void lines_whole(int tid, const char *text)
{
	lk_acquire(&lines.lock);
	close_open_line();
	put_leader(tid, trace_now());
	fprintf(lines.out, "%s\n", text);
	lk_release(&lines.lock);
}

void lines_lower(int tid, uint64_t when, const char *channel, const char *text, bool below)
{
	lk_acquire(&lines.lock);
	close_open_line();
	if (lines.strace || !below)
		put_leader(tid, when);
	else
		fprintf(lines.out, "%12s", "");
	if (!lines.strace)
		fprintf(lines.out, "%-5s ", channel);
	fprintf(lines.out, "%s\n", text);
	lk_release(&lines.lock);
}

void lines_abandon(int tid)
{
	lk_acquire(&lines.lock);
	if (lines.open_id && lines.open_tid == tid) {
		fputs(" <unfinished ...>) = ?\n", lines.out);
		lines.open_id = 0;
	}
	lk_release(&lines.lock);
}

void lines_flush(void)
{
	lk_acquire(&lines.lock);
	close_open_line();
	fflush(lines.out);
	lk_release(&lines.lock);
}
