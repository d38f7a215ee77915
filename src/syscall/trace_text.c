/* SPDX-License-Identifier: MIT */
/* Text for trace lines: a growing buffer, and strace's way to write strings, flags and pointers. */
#include "trace_impl.h"
#include "base/alloc.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for n more bytes and a NUL. */
static bool text_room(struct text *t, size_t n)
{
	size_t cap = t->cap ? t->cap : 512;
	char *data;

	if (t->cap - t->len > n)
		return true;
	while (cap - t->len <= n)
		cap *= 2;
	data = mem_realloc(t->data, cap);
	if (!data)
		return false;
	t->data = data;
	t->cap = cap;
	return true;
}

void text_add(struct text *t, const char *s, size_t n)
{
	if (!text_room(t, n))
		return;
	memcpy(t->data + t->len, s, n);
	t->len += n;
	t->data[t->len] = 0;
}

void text_str(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !text_room(t, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(t->data + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void text_free(struct text *t)
{
	mem_free(t->data);
	*t = (struct text){0};
}

/* next: the byte behind c, or -1: an octal escape takes all three digits before a digit. */
static void text_escaped(struct text *t, unsigned char c, int next)
{
	static const char letters[] = "\tt\nn\vv\ff\rr\"\"\\\\";
	const char *p;

	for (p = letters; *p; p += 2)
		if (c == (unsigned char)*p) {
			text_printf(t, "\\%c", p[1]);
			return;
		}
	if (c >= ' ' && c < 0x7f)
		text_add(t, (const char *)&c, 1);
	else if (next >= '0' && next <= '7')
		text_printf(t, "\\%03o", c);
	else
		text_printf(t, "\\%o", c);
}

void text_quoted(struct text *t, const char *s, size_t n, size_t limit, bool more)
{
	size_t show = n < limit ? n : limit, i;

	text_add(t, "\"", 1);
	for (i = 0; i < show; i++)
		text_escaped(t, (unsigned char)s[i], i + 1 < show ? (unsigned char)s[i + 1] : -1);
	text_add(t, "\"", 1);
	if (more || show < n)
		text_add(t, "...", 3);
}

void text_flags(struct text *t, uint64_t value, const struct flag_name *names, const char *none)
{
	const char *bar = "";

	if (!value) {
		text_str(t, none);
		return;
	}
	for (; names->name; names++) {
		if (!names->value || (value & names->value) != names->value)
			continue;
		text_printf(t, "%s%s", bar, names->name);
		value &= ~names->value;
		bar = "|";
	}
	if (value)
		text_printf(t, "%s0x%" PRIx64, bar, value);
}

void text_choice(struct text *t, uint64_t value, const struct flag_name *names, const char *prefix)
{
	for (; names->name; names++)
		if (names->value == value) {
			text_str(t, names->name);
			return;
		}
	if (prefix)
		text_printf(t, "%s%" PRIx64 " /* %s??? */", value ? "0x" : "", value, prefix);
	else
		text_printf(t, "%" PRId64, (int64_t)value);
}

void text_pointer(struct text *t, uint64_t va)
{
	if (va)
		text_printf(t, "0x%" PRIx64, va);
	else
		text_str(t, "NULL");
}
