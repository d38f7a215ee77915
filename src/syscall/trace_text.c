/* SPDX-License-Identifier: MIT */
/* Text for trace lines: a growing buffer, and strace's way to write strings, flags and pointers. */
#include "trace_impl.h"
#include "base/alloc.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
		text_put(t, (const char *)&c, 1);
	else if (next >= '0' && next <= '7')
		text_printf(t, "\\%03o", c);
	else
		text_printf(t, "\\%o", c);
}

void text_quoted(struct text *t, const char *s, size_t n, size_t limit, bool more)
{
	size_t show = n < limit ? n : limit, i;

	text_put(t, "\"", 1);
	for (i = 0; i < show; i++)
		text_escaped(t, (unsigned char)s[i], i + 1 < show ? (unsigned char)s[i + 1] : -1);
	text_put(t, "\"", 1);
	if (more || show < n)
		text_put(t, "...", 3);
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

void text_set(struct text *t, uint64_t value, const struct flag_name *names, const char *none,
	      const char *prefix)
{
	const struct flag_name *n = names;

	while (n->name && (!n->value || (value & n->value) != n->value))
		n++;
	text_flags(t, value, names, none);
	if (value && !n->name && prefix)
		text_printf(t, " /* %s??? */", prefix);
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
