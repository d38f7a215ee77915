/* SPDX-License-Identifier: MIT */
/*
 * --scml: what is supported as patterns in Asterinas' System Call Matching Language, which its tool sctrace
 * checks strace's files against: a call that no pattern matches is not supported. One pattern a line for each
 * number of arguments that strace may print.
 */
#include "cli.h"
#include "lxrun/flags.h"
#include "lxrun/syscall.h"
#include <ctype.h>
#include <string.h>

#define ARGS_MAX 7

/* Kinds that strace leaves out where the call does not use them: those behind go with them. */
static bool may_be_absent(const char *call, const char *kind)
{
	static const char *const kinds[] = { "dev",      "fcntlarg", "futexarg",  "cloneptr",
					     "prctlarg", "oioctl",   "mremapaddr" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return !strcmp(kind, "mode") && !strncmp(call, "open", 4);
}

static bool wsl1_refuses(const char *call, const char *name)
{
	static const char *const rows[][2] = {
#define WSL1_CALL(call, build)
#define WSL1_STUB(call, build)
#define WSL1_WITHOUT(call, name) { #call, #name },
#include "lx/wsl1.def"
#undef WSL1_CALL
#undef WSL1_STUB
#undef WSL1_WITHOUT
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i][0], call) && !strcmp(rows[i][1], name))
			return true;
	return false;
}

/* "" or "stub"; NULL: it is missing there. */
static const char *wsl1_has(const char *call)
{
	static const char *const rows[][2] = {
#define WSL1_CALL(call, build) { #call, "" },
#define WSL1_STUB(call, build) { #call, "a stub" },
#define WSL1_WITHOUT(call, name)
#include "lx/wsl1.def"
#undef WSL1_CALL
#undef WSL1_STUB
#undef WSL1_WITHOUT
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i][0], call))
			return rows[i][1];
	return NULL;
}

/* The language's identifiers; strace has names that are none. */
static bool is_word(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	while (isalnum((unsigned char)*name) || *name == '_')
		name++;
	return !*name;
}

/* One that strace cannot tell from another, "SNDCTL_TMR_START or TCSETS", is two to the language. */
static void put_name(FILE *out, const char *name, const char **between)
{
	char word[64];

	while (*name) {
		const char * or = strstr(name, " or ");
		size_t len = or ? (size_t)(or -name) : strlen(name);

		snprintf(word, sizeof(word), "%.*s", (int)len, name);
		if (is_word(word)) {
			fprintf(out, "%s%s", *between, word);
			*between = " | ";
		}
		name += len + (or ? strlen(" or ") : 0);
	}
}

static void put_names(FILE *out, const char *call, const struct flag_name *names, bool wsl1,
		      const char **between)
{
	for (; names && names->name; names++) {
		bool missing = wsl1 ? wsl1_refuses(call, names->name)
				    : sc_flag_missing(call, names->name) != NULL;

		if (!missing)
			put_name(out, names->name, between);
	}
}

/* Every name that the argument may have, with | between; a 0 alone if it may have none. */
static void put_values(FILE *out, uint32_t nr, const struct flag_kind *k, bool wsl1)
{
	const char *call = sc_table[nr].name, *between = "";
	const struct flag_name *n;

	if (k->zero && is_word(k->zero)) {
		fputs(k->zero, out);
		between = " | ";
	}
	put_names(out, call, k->also, wsl1, &between);
	put_names(out, call, k->names, wsl1, &between);
	if (!strcmp(call, "clone")) /* the signal at the end */
		fputs(" | SIGCHLD", out);
	if (!strcmp(k->kind, "futexop")) { /* private or not is a part of the name */
		for (n = k->names; n->name; n++)
			fprintf(out, " | %s_PRIVATE", n->name);
		fputs(" | FUTEX_CLOCK_REALTIME", out);
	}
	if (!*between)
		fputs("0", out);
}

/* named: the values stand before, as a name of the language. */
static void put_arg(FILE *out, uint32_t nr, int i, const char *kind, bool wsl1, bool named)
{
	const struct flag_kind *k = sc_flag_kind(nr, i);

	fputs(kind, out);
	if (!k)
		return;
	fputs(" = ", out);
	if (named)
		fprintf(out, "<%s_%s>", sc_table[nr].name, kind);
	else
		put_values(out, nr, k, wsl1);
}

/* Kinds, one string each. Returns how many. */
static int split(const char *args, char kinds[ARGS_MAX][24])
{
	int n = 0;

	while (*args && n < ARGS_MAX) {
		size_t len = strcspn(args, " ");

		snprintf(kinds[n++], 24, "%.*s", (int)len, args);
		args += len;
		args += strspn(args, " ");
	}
	return n;
}

static void put_call(FILE *out, uint32_t nr, bool wsl1)
{
	const struct sc_desc *d = &sc_table[nr];
	char kinds[ARGS_MAX][24];
	int n = split(d->args, kinds), least = 0, count, i;

	while (least < n && !may_be_absent(d->name, kinds[least]))
		least++;
	for (i = 0; i < n && least < n; i++) {
		if (!sc_flag_kind(nr, i))
			continue;
		fprintf(out, "%s_%s = ", d->name, kinds[i]);
		put_values(out, nr, sc_flag_kind(nr, i), wsl1);
		fputs(";\n", out);
	}
	/* sctrace reads strace's line as one of clone(2)'s wrapper. */
	if (!strcmp(d->name, "clone")) {
		fputs("clone(fn, stack, flags = <clone_cloneflags>, arg, ..);\n", out);
		return;
	}
	for (count = least; count <= n; count++) {
		fprintf(out, "%s(", d->name);
		for (i = 0; i < count; i++) {
			fputs(i ? ", " : "", out);
			put_arg(out, nr, i, kinds[i], wsl1, least < n);
		}
		fputs(");\n", out);
	}
}

void scml_print(FILE *out, bool wsl1)
{
	const char *note;
	uint32_t nr;

	fputs(wsl1 ? "// WSL 1, Windows 10 build 19041: lxrun --scml=wsl1 made it from "
		     "include/lx/wsl1.def and\n"
		     "// include/lx/syscalls.def.\n"
		   : "// lxrun " LXRUN_VERSION
		     ": lxrun --scml made it from include/lx/syscalls.def and flags.def.\n",
	      out);
	fputs("// For Asterinas' sctrace: a call in a file of strace that no pattern matches is "
	      "not supported.\n",
	      out);
	for (nr = 0; nr < SC_TABLE_SIZE; nr++) {
		const struct sc_desc *d = &sc_table[nr];

		note = !d->name                   ? NULL
		       : wsl1                     ? wsl1_has(d->name)
		       : d->support == SC_NOSYS   ? NULL
		       : d->support == SC_PARTIAL ? d->note
						  : "";
		if (!note)
			continue;
		if (*note)
			fprintf(out, "\n// %s\n", note);
		put_call(out, nr, wsl1);
	}
}
