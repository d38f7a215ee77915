/* SPDX-License-Identifier: MIT */
/* The first line in which two outputs differ, with the lines before it. */
#include "compare.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT 3
#define SHOWN   200 /* bytes of a line */

struct reader {
	FILE *file;
	struct text line; /* as rules leave it */
	char *raw;        /* with its newline */
	size_t size;
	ssize_t len; /* 0: the end */
};

static void open_reader(struct reader *r, const char *path)
{
	*r = (struct reader){ .file = fopen(path, "re") };
}

static void next_line(struct reader *r, const char *stream, const struct compare_rules *rules)
{
	r->len = r->file ? getline(&r->raw, &r->size, r->file) : 0;
	text_free(&r->line);
	if (r->len <= 0) {
		r->len = 0;
		return;
	}
	text_put(&r->line, r->raw, (size_t)r->len);
	if (strlen(r->raw) == (size_t)r->len) /* rules are for text */
		rules_apply(rules, stream, &r->line);
}

static void close_reader(struct reader *r)
{
	if (r->file)
		fclose(r->file);
	free(r->raw);
	text_free(&r->line);
}

static bool same_line(const struct reader *a, const struct reader *b)
{
	if (!a->len || !b->len)
		return a->len == b->len;
	return a->line.len == b->line.len && a->line.data && b->line.data &&
	       !memcmp(a->line.data, b->line.data, a->line.len);
}

void compare_put_plain(struct text *t, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= ' ' && c < 0x7f && c != '\\')
			text_put(t, s + i, 1);
		else if (c == '\n')
			text_str(t, "\\n");
		else
			text_printf(t, "\\%03o", c);
	}
}

static void put_line(struct text *t, const char *leader, const char *s, size_t n)
{
	text_str(t, leader);
	compare_put_plain(t, s, n < SHOWN ? n : SHOWN);
	text_str(t, n > SHOWN ? "...\n" : "\n");
}

static void put_side(struct text *t, const char *leader, const struct reader *r)
{
	if (r->len)
		put_line(t, leader, r->raw, (size_t)r->len);
	else
		text_printf(t, "%s(end of output)\n", leader);
}

bool output_differs(const char *stream, const char *native, const char *lxrun,
		    const struct compare_rules *rules, struct text *why)
{
	struct text before[CONTEXT] = { 0 };
	struct reader n, l;
	uint64_t number = 0, i;
	bool differs;

	open_reader(&n, native);
	open_reader(&l, lxrun);
	for (;;) {
		next_line(&n, stream, rules);
		next_line(&l, stream, rules);
		number++;
		differs = !same_line(&n, &l);
		if (differs || !n.len)
			break;
		text_free(&before[number % CONTEXT]);
		text_put(&before[number % CONTEXT], n.raw, (size_t)n.len);
	}
	if (differs) {
		text_printf(why, "%s differs at line %" PRIu64 ":\n", stream, number);
		for (i = number > CONTEXT ? number - CONTEXT : 1; i < number; i++)
			put_line(why, "           ", before[i % CONTEXT].data,
				 before[i % CONTEXT].len);
		put_side(why, "  native   ", &n);
		put_side(why, "  lxrun    ", &l);
	}
	for (i = 0; i < CONTEXT; i++)
		text_free(&before[i]);
	close_reader(&n);
	close_reader(&l);
	return differs;
}
