/* SPDX-License-Identifier: MIT */
/* distributions.c - the part of lxrun.exe and wsl.exe: options about distributions, and their commands. */
#include "cli.h"
#include "base/trace.h"
#include "lxrun/manager.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int options_take_distro(struct cli *cli, enum opt_id id, char *arg)
{
	static const enum cli_action actions[OPT_COUNT] = {
		[OPT_INSTALL] = ACTION_INSTALL,         [OPT_EXPORT] = ACTION_EXPORT,
		[OPT_UNINSTALL] = ACTION_UNINSTALL,     [OPT_LIST] = ACTION_LIST,
		[OPT_SET_DEFAULT] = ACTION_SET_DEFAULT, [OPT_SET_USER] = ACTION_SET_USER,
	};

	switch (id) {
	case OPT_DISTRO:
		cli->distro = arg;
		return 0;
	case OPT_VERBOSE:
		cli->verbose = true;
		return 0;
	case OPT_QUIET:
		cli->quiet = true;
		return 0;
	default:
		if (cli->action != ACTION_RUN)
			return cli_fail(cli, "--%s: one command at a time", cli_options[id].name);
		cli->action = actions[id];
		cli->arg = arg;
		return 0;
	}
}

/* Words that follow a command: the archive of two of them. */
static int check_words(struct cli *cli)
{
	bool archive = cli->action == ACTION_INSTALL || cli->action == ACTION_EXPORT;
	const char *extra = cli->argv[0] && archive ? cli->argv[1] : cli->argv[0];

	if (extra)
		return cli_fail(cli, "%s: a word too many; lxrun --help says more", extra);
	if (archive && !cli->argv[0])
		return cli_fail(cli, cli->action == ACTION_INSTALL
					     ? "--install NAME ROOTFS.tar: the archive is missing"
					     : "--export NAME FILE.tar: the archive is missing");
	if (cli->distro && cli->action != ACTION_SET_USER)
		return cli_fail(cli,
				"-d names the distribution of a program, or of --setdefaultuser");
	return 0;
}

/* What of the host's environment means the same in a distribution. */
static bool is_shared(const char *assignment)
{
	static const char *const names[] = { "TERM=",     "COLORTERM=", "LANG=",
					     "LANGUAGE=", "LC_",        "TZ=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(assignment, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool is_of(char *const *list, const char *entry)
{
	while (*list && *list != entry)
		list++;
	return *list != NULL;
}

/* --env stays, the host's goes. */
static void cut_environment(char **host_envp)
{
	char **from = lxrun_opt.envp, **to = from;

	for (; *from; from++)
		if (!is_of(host_envp, *from) || is_shared(*from))
			*to++ = *from;
	*to = NULL;
}

int options_conclude_distro(struct cli *cli, char **host_envp)
{
	if (cli->action > ACTION_NEED)
		return check_words(cli);
	if (cli->verbose || cli->quiet)
		return cli_fail(cli, "-v and -q belong to --list");
	if (cli->action == ACTION_RUN && !cli->argv[0] && !cli->distro && !lxrun_opt.root)
		cli->distro = manager_default();
	if (!cli->distro)
		return 0;
	if (cli->action != ACTION_RUN)
		return cli_fail(cli, "-d: comparing is with the host's own tree");
	if (lxrun_opt.root)
		return cli_fail(cli, "--root and -d exclude each other");
	cut_environment(host_envp);
	return 0;
}

static int list(const struct cli *cli)
{
	int err = manager_list(stdout, cli->quiet     ? LIST_QUIET
				       : cli->verbose ? LIST_VERBOSE
						      : LIST_PLAIN);

	if (!fflush(stdout) && !ferror(stdout))
		return err;
	lxrun_warn("standard output: %s", strerror(errno));
	return -1;
}

static int run_command(const struct cli *cli)
{
	switch (cli->action) {
	case ACTION_INSTALL:
		return manager_install(cli->arg, cli->argv[0]);
	case ACTION_EXPORT:
		return manager_export(cli->arg, cli->argv[0]);
	case ACTION_UNINSTALL:
		return manager_uninstall(cli->arg);
	case ACTION_SET_DEFAULT:
		return manager_set_default(cli->arg);
	case ACTION_SET_USER:
		return manager_set_user(cli->distro, cli->arg);
	default: /* ACTION_LIST */
		return list(cli);
	}
}

int distributions_main(const struct cli *cli)
{
	return run_command(cli) ? EXIT_LXRUN : 0;
}
