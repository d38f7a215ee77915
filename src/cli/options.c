/* SPDX-License-Identifier: MIT */
/*
 * The command line: getopt_long fed from the one table. Values are checked here, so that the rest may
 * trust them.
 */
#include "cli.h"
#include "base/trace.h"
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_RELEASE "4.4.0-19041-Microsoft"
#define DEFAULT_VERSION "#1237-Microsoft Sat Sep 11 14:32:00 PST 2021"
#define DEFAULT_STRLEN  32

struct lxrun_options lxrun_opt;

const struct opt cli_options[OPT_COUNT] = {
#define OPT(id, lng, shrt, arg, argname, section, complete, help)                           \
	[OPT_##id] = {                                                                      \
		lng, shrt, ARG_##arg, argname, SECTION_##section, COMPLETE_##complete, help \
	},
#include "options.def"
#undef OPT
};

const char *const cli_section_titles[] = { [SECTION_RUN] = "Running",
					   [SECTION_DISTRO] = "Distributions",
					   [SECTION_TRACE] = "Tracing",
					   [SECTION_COMPARE] = "Comparing with Linux",
					   [SECTION_INFO] = "About lxrun" };

int cli_fail(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->error, sizeof(cli->error), fmt, ap);
	va_end(ap);
	return -1;
}

int options_parse_duration(const char *text, uint64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 }, { "s", 1e9 },  { "ms", 1e6 },  { "us", 1e3 },
		      { "ns", 1 }, { "m", 6e10 }, { "h", 36e11 }, { "d", 864e11 } };
	char *end;
	double value;
	size_t i;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return -1;
	value = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		value *= units[i].ns;
		if (!(value > 0) || value > 1e19)
			return -1;
		*ns = value < 1 ? 1 : (uint64_t)value;
		return 0;
	}
	return -1;
}

int options_parse_time(const char *text, uint64_t *ms)
{
	uint64_t ns;

	if (options_parse_duration(text, &ns))
		return -1;
	*ms = ns < 1000000 ? 1 : ns / 1000000;
	return 0;
}

/* Sets KEY=VALUE in lxrun_opt.envp, which is a copy of ours by then. */
static int set_env(struct cli *cli, char *assignment)
{
	size_t key = strcspn(assignment, "="), n;
	char **envp = lxrun_opt.envp;

	if (!key || !assignment[key])
		return cli_fail(cli, "--env %s: KEY=VALUE is wanted", assignment);
	for (n = 0; envp[n]; n++)
		if (!strncmp(envp[n], assignment, key + 1)) {
			envp[n] = assignment;
			return 0;
		}
	envp = realloc(envp, (n + 2) * sizeof(*envp));
	if (!envp)
		return cli_fail(cli, "out of memory");
	envp[n] = assignment;
	envp[n + 1] = NULL;
	lxrun_opt.envp = envp;
	return 0;
}

static int set_root(struct cli *cli, const char *dir)
{
	static char full[PATH_MAX];
	struct stat st;

	if (!realpath(dir, full) || stat(full, &st))
		return cli_fail(cli, "--root %s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return cli_fail(cli, "--root %s: not a directory", dir);
	lxrun_opt.root = full;
	return 0;
}

/* "c=DIR". */
static int set_drive(struct cli *cli, const char *arg)
{
	int letter = tolower((unsigned char)arg[0]);
	struct stat st;
	char *full;

	if (letter < 'a' || letter > 'z' || arg[1] != '=')
		return cli_fail(cli, "--drive: LETTER=DIR is wanted");
	full = realpath(arg + 2, NULL);
	if (!full || stat(full, &st))
		return cli_fail(cli, "--drive %s: %s", arg, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return cli_fail(cli, "--drive %s: not a directory", arg);
	lxrun_opt.drives[letter - 'a'] = full;
	return 0;
}

static int take_running(struct cli *cli, enum opt_id id, char *arg)
{
	switch (id) {
	case OPT_ROOT:
		return set_root(cli, arg);
	case OPT_DRIVE:
		return set_drive(cli, arg);
	case OPT_USER:
		lxrun_opt.user = arg;
		return *arg ? 0 : cli_fail(cli, "--user: a name or a number is wanted");
	case OPT_CD:
		lxrun_opt.cd = arg;
		return *arg ? 0 : cli_fail(cli, "--cd: a directory is wanted");
	case OPT_ENV:
		return set_env(cli, arg);
	case OPT_TIMEOUT:
		return options_parse_time(arg, &lxrun_opt.timeout_ms)
			       ? cli_fail(
					 cli,
					 "--timeout %s: a time like 5, 1.5s, 200ms or 2m is wanted",
					 arg)
			       : 0;
	case OPT_RELEASE:
		lxrun_opt.kernel_release = arg;
		cli->release_given = true;
		return *arg && strlen(arg) < 65
			       ? 0
			       : cli_fail(cli, "--kernel-release %s: 1 to 64 bytes are wanted",
					  arg);
	case OPT_QUIRKS:
		return options_set_quirks(cli, arg);
	default: /* OPT_EXEC: there is no shell to leave out */
		return 0;
	}
}

static int set_compare_format(struct cli *cli, const char *name)
{
	static const char *const names[] = { [COMPARE_TEXT] = "text",
					     [COMPARE_TAP] = "tap",
					     [COMPARE_JUNIT] = "junit",
					     [COMPARE_GITHUB] = "github" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i])) {
			cli->compare.format = (enum compare_format)i;
			return 0;
		}
	return cli_fail(cli, "--compare-format=%s: formats are text tap junit github", name);
}

static int take_compare(struct cli *cli, enum opt_id id, char *arg)
{
	if (id == OPT_SWEEP) {
		cli->action = ACTION_SWEEP;
		cli->arg = arg;
		return arg ? options_check_status(cli, arg) : 0;
	}
	if (id == OPT_NEED || id == OPT_NEED_PLAN) {
		cli->action = id == OPT_NEED ? ACTION_NEED : ACTION_NEED_PLAN;
		cli->arg = arg;
		return id == OPT_NEED && arg && strcmp(arg, "json")
			       ? cli_fail(cli, "--need=%s: json, or nothing", arg)
			       : 0;
	}
	if (id == OPT_CHECK) {
		cli->compare.check = arg;
		return 0;
	}
	if (id == OPT_CONFORM) {
		cli->action = ACTION_CONFORM;
		cli->arg = arg;
		return 0;
	}
	if (cli->action == ACTION_RUN)
		cli->action = ACTION_COMPARE;
	switch (id) {
	case OPT_COMPARE_DIR:
		cli->compare.start_dir = arg;
		return 0;
	case OPT_COMPARE_RULES:
		cli->compare.rules_file = arg;
		return 0;
	case OPT_COMPARE_FORMAT:
		return set_compare_format(cli, arg);
	case OPT_COMPARE_CALLS:
		cli->compare.calls = true;
		return 0;
	case OPT_COMPARE_KEEP:
		cli->compare.keep = true;
		return 0;
	default: /* OPT_COMPARE */
		return 0;
	}
}

static int take_other(struct cli *cli, enum opt_id id, char *arg)
{
	static const enum cli_action actions[OPT_COUNT] = {
		[OPT_LIST_SYSCALLS] = ACTION_LIST_SYSCALLS,
		[OPT_LIST_NT] = ACTION_LIST_NT,
		[OPT_LIST_STATUS] = ACTION_LIST_STATUS,
		[OPT_LIST_QUIRKS] = ACTION_LIST_QUIRKS,
		[OPT_LIST_SETS] = ACTION_LIST_SETS,
		[OPT_SCML] = ACTION_SCML,
		[OPT_EXPLAIN] = ACTION_EXPLAIN,
		[OPT_DUMP] = ACTION_DUMP,
		[OPT_DOCTOR] = ACTION_DOCTOR,
		[OPT_VERSION] = ACTION_VERSION,
		[OPT_HELP] = ACTION_HELP,
		[OPT_COMPLETE] = ACTION_COMPLETE,
	};

	if (id == OPT_FAULT_HITS) {
		cli->hits_file = arg;
		return 0;
	}
	cli->action = actions[id];
	cli->arg = arg;
	if (cli_options[id].arg == ARG_OPTIONAL && arg && strcmp(arg, cli_options[id].arg_name) &&
	    !(id == OPT_LIST_QUIRKS && !strcmp(arg, "scdoc")))
		return cli_fail(cli, "--%s=%s: %s, or nothing", cli_options[id].name, arg,
				cli_options[id].arg_name);
	return 0;
}

/* getopt_long's tables from ours. Returned values: letters, or OPT_LONG + id. */
#define OPT_LONG 0x1000
static void build_getopt(struct option longs[OPT_COUNT + 1], char shorts[3 * OPT_COUNT + 3])
{
	static const int has_arg[] = { [ARG_NONE] = no_argument,
				       [ARG_REQUIRED] = required_argument,
				       [ARG_OPTIONAL] = optional_argument };
	char *p = shorts;
	int i;

	*p++ = '+'; /* the program's own options are not ours */
	*p++ = ':';
	for (i = 0; i < OPT_COUNT; i++) {
		const struct opt *o = &cli_options[i];

		longs[i] = (struct option){ o->name, has_arg[o->arg], NULL, OPT_LONG + i };
		if (!o->letter)
			continue;
		*p++ = o->letter;
		if (o->arg == ARG_REQUIRED)
			*p++ = ':';
	}
	*p = 0;
	longs[OPT_COUNT] = (struct option){ 0 };
}

static int by_letter(int letter)
{
	int i;

	for (i = 0; i < OPT_COUNT; i++)
		if (cli_options[i].letter == letter)
			return i;
	return -1;
}

static int take(struct cli *cli, int id, char *arg)
{
	switch (cli_options[id].section) {
	case SECTION_RUN:
		return take_running(cli, (enum opt_id)id, arg);
	case SECTION_DISTRO:
		return options_take_distro(cli, (enum opt_id)id, arg);
	case SECTION_TRACE:
		return options_take_trace(cli, (enum opt_id)id, arg);
	case SECTION_COMPARE:
		return take_compare(cli, (enum opt_id)id, arg);
	default:
		return take_other(cli, (enum opt_id)id, arg);
	}
}

static int set_defaults(struct cli *cli, char **envp)
{
	size_t n = 0;

	while (envp[n])
		n++;
	free(lxrun_opt.envp);
	lxrun_opt = (struct lxrun_options){ .kernel_release = DEFAULT_RELEASE,
					    .kernel_version = DEFAULT_VERSION,
					    .trace_strlen = DEFAULT_STRLEN };
	lxrun_opt.envp = malloc((n + 1) * sizeof(*envp));
	if (!lxrun_opt.envp)
		return cli_fail(cli, "out of memory");
	memcpy(lxrun_opt.envp, envp, (n + 1) * sizeof(*envp));
	return 0;
}

/* What follows from several options together, and from LXRUN_TRACE. */
static int conclude(struct cli *cli, char **envp)
{
	options_conclude_quirks(cli->release_given);
	if (options_conclude_trace(cli) || options_conclude_distro(cli, envp))
		return -1;
	if (cli->action <= ACTION_NEED && !cli->argv[0] && !cli->distro)
		return cli_fail(cli, "no program given; lxrun --help says more");
	if (cli->compare.check && cli->action != ACTION_NEED && cli->action != ACTION_NEED_PLAN)
		return cli_fail(cli, "--check belongs to --need");
	return 0;
}

/* Only what a trace that runs can be given. */
static bool is_filter(int id)
{
	return id == OPT_TRACE || (id >= OPT_CALLS && id <= OPT_FAILED);
}

int options_parse_trace(struct cli *cli, char *name, size_t count, char *const words[])
{
	struct option longs[OPT_COUNT + 1];
	char shorts[3 * OPT_COUNT + 3], **argv = calloc(count + 2, sizeof(*argv));
	int c, id, err = 0;

	if (!argv)
		return cli_fail(cli, "out of memory");
	argv[0] = name;
	memcpy(argv + 1, words, count * sizeof(*argv));
	build_getopt(longs, shorts);
	opterr = optind = 0;
	lxrun_opt.trace_pid_count = 0;
	while (!err && (c = getopt_long((int)count + 1, argv, shorts, longs, NULL)) != -1) {
		id = c >= OPT_LONG ? c - OPT_LONG : by_letter(c);
		err = id < 0 || !is_filter(id) ? cli_fail(cli, "%s: --trace and filters are wanted",
							  argv[optind > 1 ? optind - 1 : 1])
					       : take(cli, id, optarg);
	}
	if (!err && optind <= (int)count)
		err = cli_fail(cli, "%s: --trace and filters are wanted", argv[optind]);
	free(argv);
	return err;
}

int options_parse(int argc, char **argv, char **envp, struct cli *cli)
{
	struct option longs[OPT_COUNT + 1];
	char shorts[3 * OPT_COUNT + 3];
	int c, id;

	*cli = (struct cli){ .action = ACTION_RUN };
	if (set_defaults(cli, envp))
		return -1;
	build_getopt(longs, shorts);
	optind = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == ':')
			return cli_fail(cli, "%s: an argument is missing; lxrun --help says more",
					argv[optind - 1]);
		id = c >= OPT_LONG ? c - OPT_LONG : by_letter(c);
		if (c == '?' || id < 0)
			return optopt && optopt < OPT_LONG
				       ? cli_fail(cli,
						  "-%c: no such option; lxrun --help says more",
						  optopt)
				       : cli_fail(cli, "%s: no such option; lxrun --help says more",
						  argv[optind - 1]);
		if (take(cli, id, optarg))
			return -1;
		cli->argv = argv + optind;
		if (cli->action > ACTION_SET_USER)
			return 0;
	}
	cli->argv = argv + optind;
	return conclude(cli, envp);
}
