/* SPDX-License-Identifier: MIT */
/* config.c - the reader of base/config.h. It sees bytes of anybody's: nothing is trusted, nothing overflows. */
#include "base/config.h"
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *p, *end;
	unsigned line;
	struct config_sink *sink;
	char section[CONFIG_KEY_MAX]; /* empty: none yet, or one that could not be read */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_letter(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && is_blank(*r->p))
		r->p++;
}

static bool at_end_of_line(const struct reader *r)
{
	return r->p >= r->end || *r->p == '\n' || *r->p == '#';
}

static void skip_line(struct reader *r)
{
	while (r->p < r->end && *r->p != '\n')
		r->p++;
	if (r->p < r->end)
		r->p++;
	r->line++;
}

/* Returns what is wrong, or NULL. */
static const char *read_section(struct reader *r)
{
	char name[CONFIG_KEY_MAX];
	size_t n = 0;

	r->section[0] = '\0';
	r->p++;
	skip_blanks(r);
	for (; r->p < r->end && (is_word(*r->p) || *r->p == '.'); r->p++)
		if (n + 1 < sizeof(name))
			name[n++] = lower(*r->p);
		else
			return "the section's name is too long";
	skip_blanks(r);
	if (!n || r->p >= r->end || *r->p != ']')
		return "[section] is wanted";
	r->p++;
	skip_blanks(r);
	name[n] = '\0';
	memcpy(r->section, name, n + 1);
	return at_end_of_line(r) ? NULL : "only a comment may follow a section";
}

/* One character behind a backslash; 0: it is none. */
static char escaped(char c)
{
	static const char from[] = "\"\\bnt", to[] = "\"\\\b\n\t";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? to[at - from] : '\0';
}

/* The character at r->p, an escape or not, into *c. 0: a line goes on; -1: there is no such escape. */
static int next_char(struct reader *r, char *c)
{
	*c = *r->p++;
	if (*c != '\\')
		return 1;
	if (r->p < r->end && *r->p == '\r' && r->p + 1 < r->end && r->p[1] == '\n')
		r->p++;
	if (r->p < r->end && *r->p == '\n') {
		r->p++;
		r->line++;
		return 0;
	}
	*c = r->p < r->end ? escaped(*r->p) : '\0';
	if (!*c)
		return -1;
	r->p++;
	return 1;
}

/* Blanks at the end count only in quotes. */
static const char *read_value(struct reader *r, char value[CONFIG_VALUE_MAX])
{
	size_t n = 0, keep = 0;
	bool quoted = false, literal;
	char c;
	int got;

	while (r->p < r->end && *r->p != '\n' && (quoted || *r->p != '#')) {
		if (*r->p == '"') {
			quoted = !quoted;
			keep = n;
			r->p++;
			continue;
		}
		literal = *r->p != '\\';
		got = next_char(r, &c);
		if (got < 0)
			return "a backslash stands before \" \\ b n t or at the end of a line only";
		if (!got)
			continue;
		if (!c)
			return "a value has no NUL character";
		if (n + 1 >= CONFIG_VALUE_MAX)
			return "the value is too long";
		value[n++] = c;
		if (quoted || !literal || !is_blank(c))
			keep = n;
	}
	value[keep] = '\0';
	return quoted ? "a quote is not closed" : NULL;
}

static const char *read_pair(struct reader *r)
{
	char key[2 * CONFIG_KEY_MAX + 1], value[CONFIG_VALUE_MAX];
	size_t n = strlen(r->section), from;
	unsigned line = r->line;
	const char *wrong;

	memcpy(key, r->section, n);
	key[n++] = '.';
	for (from = n; r->p < r->end && is_word(*r->p); r->p++)
		if (n - from + 1 < CONFIG_KEY_MAX)
			key[n++] = lower(*r->p);
		else
			return "the key is too long";
	key[n] = '\0';
	skip_blanks(r);
	if (n == from || !is_letter(key[from]) || r->p >= r->end || *r->p != '=')
		return "[section] or key = value is wanted";
	r->p++;
	skip_blanks(r);
	wrong = read_value(r, value);
	if (!wrong && !r->section[0])
		wrong = "the key belongs to no section";
	if (!wrong)
		r->sink->value(r->sink, key, value, line);
	return wrong;
}

void config_parse(const char *text, size_t size, struct config_sink *sink)
{
	struct reader r = { .p = text, .end = text + size, .line = 1, .sink = sink };

	if (size >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) /* as some editors begin a file */
		r.p += 3;
	while (r.p < r.end) {
		const char *wrong = NULL;
		unsigned line = r.line;

		skip_blanks(&r);
		if (!at_end_of_line(&r))
			wrong = *r.p == '[' ? read_section(&r) : read_pair(&r);
		if (wrong)
			sink->wrong(sink, line, wrong);
		skip_line(&r);
	}
}

/* ---- into a table ---- */

struct table {
	struct config_sink sink;
	const char *name;
	struct config_row *rows;
	void (*warn)(const char *fmt, ...);
};

static bool parse_number(const char *value, int base, uint32_t max, uint32_t *to)
{
	char *end;
	unsigned long n = strtoul(value, &end, base);

	if (*value < '0' || *value > '9' || *end || n > max)
		return false;
	*to = (uint32_t)n;
	return true;
}

static bool parse_bool(const char *value, bool *to)
{
	static const char *const words[] = { "false", "true", "0", "1" };

	for (unsigned i = 0; i < 4; i++) {
		const char *a = value, *b = words[i];

		for (; *a && lower(*a) == *b; a++, b++)
			;
		if (*a || *b)
			continue;
		*to = i & 1;
		return true;
	}
	return false;
}

static const char *store(const struct config_row *row, const char *value)
{
	switch (row->kind) {
	case CONFIG_TEXT:
		if (strlen(value) >= row->size)
			return "the value is too long";
		strcpy(row->to, value);
		return NULL;
	case CONFIG_BOOL:
		return parse_bool(value, row->to) ? NULL : "true or false is wanted";
	case CONFIG_NUMBER:
		return parse_number(value, 10, UINT32_MAX, row->to) ? NULL : "a number is wanted";
	default: /* CONFIG_OCTAL */
		return parse_number(value, 8, 0777, row->to) ? NULL : "an octal number is wanted";
	}
}

static void take(struct config_sink *sink, const char *key, const char *value, unsigned line)
{
	struct table *t = (struct table *)sink; /* its first member */
	struct config_row *row = t->rows;
	const char *wrong;

	while (row->key && strcmp(row->key, key) != 0)
		row++;
	if (!row->key) {
		t->warn("%s:%u: %s is not known; it is left out", t->name, line, key);
		return;
	}
	if (row->line) {
		t->warn("%s:%u: %s has been given in line %u, which counts", t->name, line, key,
			row->line);
		return;
	}
	wrong = store(row, value);
	if (wrong)
		t->warn("%s:%u: %s: %s", t->name, line, key, wrong);
	else
		row->line = line;
}

static void complain(struct config_sink *sink, unsigned line, const char *why)
{
	struct table *t = (struct table *)sink;

	t->warn("%s:%u: %s", t->name, line, why);
}

void config_read(const char *name, const char *text, size_t size, struct config_row *rows,
		 void (*warn)(const char *fmt, ...))
{
	struct table t = { { take, complain }, name, rows, warn };

	config_parse(text, size, &t.sink);
}

bool config_quote(const char *value, char *out, size_t size)
{
	size_t n = 0;

	if (size < 3)
		return false;
	out[n++] = '"';
	for (; *value; value++) {
		const char *plain = "\"\\\b\n\t", *at = strchr(plain, *value);

		if (n + 4 > size)
			return false;
		if (at)
			out[n++] = '\\';
		out[n++] = at ? "\"\\bnt"[at - plain] : *value;
	}
	out[n++] = '"';
	out[n] = '\0';
	return true;
}
