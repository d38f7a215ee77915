/* SPDX-License-Identifier: MIT */
/* Prints docs/syscalls.md from include/lx/syscalls.def; the lint compares the two. */
#include <stdio.h>
#include <string.h>

static const struct row {
	int nr;
	const char *name, *support, *route, *note;
} rows[] = {
#define SC(nr, name, support, route, args, note) { nr, #name, #support, #route, note },
#define SC_HOST_IF(name, index, mask, value)
#define SC_HOST_UNLESS(name, index, value)
#include "lx/syscalls.def"
#undef SC
#undef SC_HOST_IF
#undef SC_HOST_UNLESS
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Calls that also have a way past lxcore, with their condition. */
static const struct {
	const char *name, *when;
} partly_host[] = {
#define SC(nr, name, support, route, args, note)
#define SC_HOST_IF(name, index, mask, value) \
	{ #name, "argument " #index " & " #mask " is " #value },
#define SC_HOST_UNLESS(name, index, value) { #name, "argument " #index " is not " #value },
#include "lx/syscalls.def"
	{ NULL, NULL },
};

static size_t count(const char *support, const char *route)
{
	size_t n = 0, i;

	for (i = 0; i < ROWS; i++)
		n += !strcmp(rows[i].support, support) && (!route || !strcmp(rows[i].route, route));
	return n;
}

static void print_row(const struct row *r)
{
	static const struct {
		const char *word, *text;
	} supports[] = { { "FULL", "full" }, { "PARTIAL", "partial" }, { "NOSYS", "no" } };
	static const struct {
		const char *word, *text;
	} routes[] = { { "TRAP", "lxcore" },
		       { "LIFE", "lxcore, life cycle" },
		       { "HOST", "host kernel" } };
	const char *support = "", *route = "",
		   *sep = r->note[0] ? "; by the host kernel if " : "by the host kernel if ";
	size_t i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(supports[i].word, r->support))
			support = supports[i].text;
		if (!strcmp(routes[i].word, r->route))
			route = routes[i].text;
	}
	printf("| %d | %s | %s | %s | %s", r->nr, r->name, support,
	       strcmp(r->support, "NOSYS") ? route : "", r->note);
	for (i = 0; partly_host[i].name; i++)
		if (!strcmp(partly_host[i].name, r->name)) {
			printf("%s%s", sep, partly_host[i].when);
			sep = ", or if ";
		}
	puts(" |");
}

int main(void)
{
	size_t i;

	puts("# System calls\n");
	puts("Made by `make syscalls-doc` from `include/lx/syscalls.def`; change it there.\n");
	printf("%zu calls of x86-64 Linux: %zu full, %zu partial, %zu not supported (`ENOSYS`, "
	       "counted by `--stats`).\n",
	       ROWS, count("FULL", NULL), count("PARTIAL", NULL), count("NOSYS", NULL));
	printf("%zu of them the host kernel executes itself, without a trap; "
	       "docs/host-assistance.md says why.\n\n",
	       count("FULL", "HOST") + count("PARTIAL", "HOST"));
	puts("| nr | call | support | by | note |\n|---:|---|---|---|---|");
	for (i = 0; i < ROWS; i++)
		print_row(&rows[i]);
	return 0;
}
