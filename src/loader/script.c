/* SPDX-License-Identifier: MIT */
/*
 * script.c - the #! line, by Linux's rules: the first 256 bytes count, zeroes standing for what the
 * file lacks; blanks around the name and the one argument (which may contain blanks) are dropped; a
 * name that may be cut off is refused, an argument that is cut off is not.
 *
 * Linux's oddities are kept, programs are compared with it: blanks at the end are dropped only if a
 * newline ends the line, and without one an empty name is a name (which then cannot be executed) and
 * blanks after the name are an empty argument.
 */
#include "loader_impl.h"
#include <string.h>

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first character from p on, up to and with last, that is not a blank; NULL if all are. */
static char *skip_blanks(char *p, char *last)
{
	while (p <= last && blank(*p))
		p++;
	return p <= last ? p : NULL;
}

/* The first blank or NUL from p on, up to and with last; NULL if there is none. */
static char *word_end(char *p, char *last)
{
	while (p <= last && *p && !blank(*p))
		p++;
	return p <= last ? p : NULL;
}

/* The newline that ends the line, or NULL: none before the first NUL. */
static char *line_end(char *buf)
{
	char *p = buf;

	while (p < buf + SCRIPT_HEAD && *p && *p != '\n')
		p++;
	return p < buf + SCRIPT_HEAD && *p == '\n' ? p : NULL;
}

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -LX_ENOEXEC;
}

int script_parse(const char *head, size_t len, struct script_line *out, const char **why)
{
	char buf[SCRIPT_HEAD] = { 0 }, *last = buf + SCRIPT_HEAD - 1;
	char *name, *end, *sep, *arg = NULL;

	if (len < 2 || head[0] != '#' || head[1] != '!')
		return refuse(why, "not a script");
	memcpy(buf, head, len < SCRIPT_HEAD ? len : SCRIPT_HEAD);
	end = line_end(buf);
	if (!end) {
		name = skip_blanks(buf + 2, last);
		if (!name)
			return refuse(why, "#! line without an interpreter");
		if (!word_end(name, last))
			return refuse(why, "#! line with too long an interpreter name");
		end = last;
	}
	while (blank(end[-1]))
		end--;
	name = skip_blanks(buf + 2, end);
	if (!name || name == end)
		return refuse(why, "#! line without an interpreter");
	sep = word_end(name, end);
	if (sep && *sep)
		arg = skip_blanks(sep, end);
	*end = '\0';
	if (sep)
		*sep = '\0';
	strcpy(out->interp, name);
	out->has_arg = arg && arg != end;
	strcpy(out->arg, out->has_arg ? arg : "");
	return 0;
}
