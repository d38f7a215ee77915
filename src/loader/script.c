/* SPDX-License-Identifier: MIT */
/*
 * script.c - the #! line, by Linux's rules: the first 256 bytes count; blanks around the name and the
 * one argument (which may contain blanks) are dropped; a name that may be cut off is refused, an
 * argument that is cut off is not.
 */
#include "loader_impl.h"
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static void copy_span(char *dst, const char *from, const char *to)
{
	memcpy(dst, from, to - from);
	dst[to - from] = '\0';
}

int script_parse(const char *head, size_t len, struct script_line *out, const char **why)
{
	const char *p = head + 2, *limit = head + len, *end, *name_end;
	bool cut;

	if (len < 2 || head[0] != '#' || head[1] != '!') {
		*why = "not a script";
		return -LX_ENOEXEC;
	}
	for (end = p; end < limit && *end != '\n' && *end != '\0'; end++)
		;
	cut = end == limit && len >= SCRIPT_HEAD;
	if (cut)
		end = head + SCRIPT_HEAD - 1; /* Linux's buffer ends in a NUL */
	while (p < end && blank(*p))
		p++;
	while (end > p && blank(end[-1]) && !cut)
		end--;
	for (name_end = p; name_end < end && !blank(*name_end); name_end++)
		;
	if (name_end == p) {
		*why = "#! line without an interpreter";
		return -LX_ENOEXEC;
	}
	if (cut && name_end == end) {
		*why = "#! line with too long an interpreter name";
		return -LX_ENOEXEC;
	}
	copy_span(out->interp, p, name_end);
	for (p = name_end; p < end && blank(*p); p++)
		;
	while (end > p && blank(end[-1]))
		end--;
	out->has_arg = p < end;
	copy_span(out->arg, p, end > p ? end : p);
	return 0;
}
