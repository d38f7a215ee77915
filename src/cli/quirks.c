/* SPDX-License-Identifier: MIT */
/*
 * --quirks and --list-quirks. LIST is words with commas: wsl1 or wsl1:BUILD is what that build had, none
 * nothing; NAME or +NAME adds one, -NAME takes one away.
 */
#include "cli.h"
#include "lxrun/quirks.h"
#include "lxrun/syscall.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LAST_BUILD 19041 /* of Windows 10, 2004: what uname says without a choice, too */
#define OWN_NAME   14986 /* "Microsoft" in the release */
#define OWN_BUILD  17134 /* ... with the build's number */

static const struct quirk_row {
	const char *name;
	unsigned first, last;
	const char *calls, *what, *source;
	unsigned issue;
	const char *test;
} rows[QUIRK_COUNT] = {
#define QUIRK(id, name, first, last, calls, what, source, issue, test) \
	[QUIRK_##id] = { name, first, last, calls, what, source, issue, test },
#include "lxrun/quirks.def"
#undef QUIRK
};

static unsigned build = LAST_BUILD;

static uint64_t of_build(unsigned number)
{
	uint64_t set = 0;
	int q;

	for (q = 0; q < QUIRK_COUNT; q++)
		if (number >= rows[q].first && (!rows[q].last || number <= rows[q].last))
			set |= UINT64_C(1) << q;
	return set;
}

static int unknown(struct cli *cli, const char *word)
{
	char names[2048];
	size_t n = 0;
	int q;

	for (q = 0; q < QUIRK_COUNT; q++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, " %s", rows[q].name);
	return cli_fail(cli,
			"--quirks: %s: wsl1, wsl1:BUILD, none, +NAME or -NAME is wanted; names:%s",
			word, names);
}

static int take_word(struct cli *cli, const char *word)
{
	const char *name = word + (*word == '+' || *word == '-');
	char *end;
	int q;

	if (!strcmp(word, "none")) {
		lxrun_opt.quirks = 0;
		return 0;
	}
	if (!strncmp(word, "wsl1", 4) && (!word[4] || word[4] == ':')) {
		build = word[4] ? (unsigned)strtoul(word + 5, &end, 10) : LAST_BUILD;
		if (word[4] &&
		    (!isdigit((unsigned char)word[5]) || *end || build < 14316 || build > 99999))
			return cli_fail(
				cli, "--quirks: %s: a build of Windows from 14316 is wanted", word);
		lxrun_opt.quirks |= of_build(build);
		return 0;
	}
	for (q = 0; q < QUIRK_COUNT; q++)
		if (!strcmp(rows[q].name, name)) {
			if (*word == '-')
				lxrun_opt.quirks &= ~(UINT64_C(1) << q);
			else
				lxrun_opt.quirks |= UINT64_C(1) << q;
			return 0;
		}
	return unknown(cli, word);
}

int options_set_quirks(struct cli *cli, const char *text)
{
	char word[64];
	size_t len;

	do {
		len = strcspn(text, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (take_word(cli, word))
			return -1;
		text += len;
	} while (*text++ == ',');
	return 0;
}

/* The calls that a quirk takes away. */
static void add_missing(const char *calls, uint8_t *missing)
{
	const char *at = calls;
	uint32_t nr;

	while (*at) {
		size_t len = strcspn(at, " ");

		for (nr = 0; nr < SC_TABLE_SIZE; nr++)
			if (sc_table[nr].name && strlen(sc_table[nr].name) == len &&
			    !strncmp(sc_table[nr].name, at, len))
				missing[nr] = 1;
		at += len + (at[len] == ' ');
	}
}

void options_conclude_quirks(bool release_given)
{
	static uint8_t missing[SC_TABLE_SIZE];
	static char release[64];
	int q;

	memset(missing, 0, sizeof(missing));
	for (q = 0; q < QUIRK_COUNT; q++)
		if (quirk_on((enum quirk)q))
			add_missing(rows[q].calls, missing);
	lxrun_opt.missing_calls = lxrun_opt.quirks ? missing : NULL;
	if (!quirk_on(QUIRK_UNAME) || release_given)
		return;
	snprintf(release, sizeof(release),
		 build < OWN_NAME    ? "3.4.0+"
		 : build < OWN_BUILD ? "4.4.0-43-Microsoft"
				     : "4.4.0-%u-Microsoft",
		 build);
	lxrun_opt.kernel_release = release;
}

/* ", since build 14946", ", up to build 17100" or "". */
static void put_builds(FILE *out, const struct quirk_row *r)
{
	if (r->first)
		fprintf(out, ", since build %u", r->first);
	if (r->last)
		fprintf(out, ", up to build %u", r->last);
}

static void put_json(FILE *out, const struct quirk_row *r, const char *comma)
{
	fprintf(out,
		"%s{\"name\":\"%s\",\"what\":\"%s\",\"first\":%u,\"last\":%u,\"calls\":\"%s\","
		"\"source\":\"%s\",\"issue\":%u,\"test\":\"%s\"}",
		comma, r->name, r->what, r->first, r->last, r->calls, r->source, r->issue, r->test);
}

/* For lxrun-quirks(7). */
static void put_scdoc(FILE *out, const struct quirk_row *r)
{
	const char *p;

	fprintf(out, "*%s*", r->name);
	put_builds(out, r);
	fputs("\n\t", out);
	for (p = r->what; *p; p++)
		fprintf(out, *p == '_' || *p == '*' ? "\\%c" : "%c", *p);
	fputs(". (", out);
	for (p = r->source; *p; p++)
		fprintf(out, *p == '_' || *p == '*' ? "\\%c" : "%c", *p);
	if (r->issue)
		fprintf(out, ", %u", r->issue);
	fputs(")\n\n", out);
}

void list_quirks(FILE *out, const char *format)
{
	bool json = format && !strcmp(format, "json"), scdoc = format && !strcmp(format, "scdoc");
	int q;

	for (q = 0; q < QUIRK_COUNT; q++) {
		const struct quirk_row *r = &rows[q];

		if (json) {
			put_json(out, r, q ? ",\n" : "[\n");
		} else if (scdoc) {
			put_scdoc(out, r);
		} else {
			fprintf(out, "%-16s %s", r->name, r->what);
			put_builds(out, r);
			fprintf(out, " (%s", r->source);
			if (r->issue)
				fprintf(out, " %u", r->issue);
			fputs(")\n", out);
		}
	}
	if (json)
		fputs("\n]\n", out);
}

/* Whether a quirk is about the call: it answers it, or its text names it as a word. */
static bool is_about(const struct quirk_row *r, const char *call)
{
	const char *texts[] = { r->calls, r->what, r->test };
	size_t len = strlen(call), i;

	for (i = 0; i < 3; i++) {
		const char *p = texts[i];

		while ((p = strstr(p, call))) {
			bool begins = p == texts[i] ||
				      !(isalnum((unsigned char)p[-1]) || p[-1] == '_');

			if (begins && !isalnum((unsigned char)p[len]) && p[len] != '_')
				return true;
			p += len;
		}
	}
	return false;
}

void explain_quirks(FILE *out, const char *call)
{
	int q;

	for (q = 0; q < QUIRK_COUNT; q++) {
		if (!is_about(&rows[q], call))
			continue;
		fprintf(out, "on WSL 1:  %s", rows[q].what);
		put_builds(out, &rows[q]);
		fprintf(out, " (--quirks=+%s)\n", rows[q].name);
	}
}
