/* SPDX-License-Identifier: MIT */
/*
 * --conform: the tool that runs suites on both sides (src/cli/conform, Python). It lies in libexec, of the
 * build or of the installation; lxrun's own options before --conform hold for its runs under lxrun.
 */
#include "cli.h"
#include "base/trace.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The directory of the tool, from that of the program. */
static bool find_tool(const char *self, char tool[PATH_MAX])
{
	static const char *const places[] = { "libexec/lxrun/conform", "../libexec/lxrun/conform" };
	int dir = (int)(strrchr(self, '/') - self);
	char main[PATH_MAX + 32];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (snprintf(tool, PATH_MAX, "%.*s/%s", dir, self, places[i]) >= PATH_MAX)
			continue;
		snprintf(main, sizeof(main), "%s/__main__.py", tool);
		if (!access(main, R_OK))
			return true;
	}
	return false;
}

static size_t count(char *const words[])
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* Options before --conform, in one word each. NULL: out of memory. */
static char *with(const char *option)
{
	char *word = malloc(strlen(option) + sizeof("--with="));

	if (word) {
		strcpy(word, "--with=");
		strcat(word, option);
	}
	return word;
}

int conform_main(const struct cli *cli, char *const argv[])
{
	static char self[PATH_MAX], tool[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char **list = calloc(count(argv) + 8, sizeof(*list)), **to = list;
	char *const *from;

	if (len <= 0 || !find_tool(self, tool)) {
		lxrun_warn("--conform: its tool is not beside %s, in libexec/lxrun/conform", self);
		return EXIT_LXRUN;
	}
	if (!list)
		return EXIT_LXRUN;
	*to++ = "python3";
	*to++ = "-B"; /* nothing is written beside the tool */
	*to++ = tool;
	*to++ = "--lxrun";
	*to++ = self;
	for (from = argv + 1; strncmp(*from, "--conform", 9); from++)
		*to++ = with(*from);
	*to++ = (char *)cli->arg;
	for (from = cli->argv; *from; from++)
		*to++ = *from;
	execvp(list[0], list);
	lxrun_warn("--conform: python3: %s", strerror(errno));
	return EXIT_LXRUN;
}
