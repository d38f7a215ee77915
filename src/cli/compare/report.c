/* SPDX-License-Identifier: MIT */
/*
 * Verdicts as people read them, as TAP, as JUnit XML and as GitHub annotations. What programs printed is
 * printable ASCII by then, and here can neither end a line of TAP, an element of XML nor begin a
 * workflow command.
 */
#include "compare.h"
#include <string.h>

static unsigned equal, different, trouble;

static void xml(const char *s, FILE *out)
{
	for (; *s; s++)
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc((unsigned char)*s < ' ' && *s != '\n' ? '?' : *s, out);
		}
}

/* Each line of text behind a leader. */
static void indented(const char *leader, const char *text, FILE *out)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(out, "%s%.*s\n", leader, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* The value of a workflow command: % and line ends are escaped. */
static void github(const char *s, FILE *out)
{
	for (; *s; s++)
		if (*s == '%')
			fputs("%25", out);
		else if (*s == '\n')
			fputs("%0A", out);
		else if (*s == '\r')
			fputs("%0D", out);
		else
			fputc(*s, out);
}

void report_begin(enum compare_format format, unsigned count, FILE *out)
{
	equal = different = trouble = 0;
	if (format == COMPARE_TAP)
		fprintf(out, "TAP version 13\n1..%u\n", count);
	else if (format == COMPARE_JUNIT)
		fprintf(out,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite "
			"name=\"lxrun --compare\" tests=\"%u\">\n",
			count);
}

static void junit_one(const struct compare_result *r, FILE *out)
{
	fputs("<testcase classname=\"compare\" name=\"", out);
	xml(r->name, out);
	fprintf(out, "\" time=\"%.3f\"", r->native_seconds + r->lxrun_seconds);
	if (r->verdict == COMPARE_EQUAL) {
		fputs("/>\n", out);
		return;
	}
	fprintf(out, "><%s message=\"%s\">", r->verdict == COMPARE_DIFFERENT ? "failure" : "error",
		r->verdict == COMPARE_DIFFERENT ? "differs from the native run" : "not compared");
	xml(r->why, out);
	fprintf(out, "</%s></testcase>\n", r->verdict == COMPARE_DIFFERENT ? "failure" : "error");
}

static const char *verdict_word(int verdict)
{
	static const char *const words[] = { "equal", "different", "trouble" };

	return words[verdict];
}

void report_one(enum compare_format format, unsigned number, const struct compare_result *r,
		FILE *out)
{
	equal += r->verdict == COMPARE_EQUAL;
	different += r->verdict == COMPARE_DIFFERENT;
	trouble += r->verdict == COMPARE_TROUBLE;
	switch (format) {
	case COMPARE_TAP:
		fprintf(out, "%s %u - %s%s\n", r->verdict == COMPARE_EQUAL ? "ok" : "not ok",
			number, r->name, r->verdict == COMPARE_TROUBLE ? " # trouble" : "");
		indented("  # ", r->why, out);
		break;
	case COMPARE_JUNIT:
		junit_one(r, out);
		break;
	case COMPARE_GITHUB:
		if (r->verdict == COMPARE_EQUAL)
			break;
		fputs("::error title=lxrun differs from Linux::", out);
		github(r->name, out);
		fputs(": ", out);
		github(r->why, out);
		fputc('\n', out);
		break;
	case COMPARE_TEXT:
		fprintf(out, "%s: %s  (native %.3f s, lxrun %.3f s)\n", r->name,
			verdict_word(r->verdict), r->native_seconds, r->lxrun_seconds);
		indented("  ", r->why, out);
	}
	fflush(out);
}

void report_end(enum compare_format format, FILE *out)
{
	unsigned all = equal + different + trouble;

	if (format == COMPARE_JUNIT)
		fputs("</testsuite>\n</testsuites>\n", out);
	else if (format == COMPARE_TAP)
		fprintf(out, "# %u equal, %u different, %u trouble\n", equal, different, trouble);
	else if (all > 1)
		fprintf(out, "%u equal, %u different, %u trouble\n", equal, different, trouble);
}
