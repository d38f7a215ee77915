/* SPDX-License-Identifier: MIT */
/*
 * The command line: getopt_long fed from the one table. Values are checked here, so that the rest may
 * trust them.
 */
#include "cli.h"
#include "base/trace.h"
#include "nt/fault.h"
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

const char *const cli_section_titles[] = {
	[SECTION_RUN] = "Running", [SECTION_TRACE] = "Tracing", [SECTION_INFO] = "About lxrun"
};

__attribute__((format(printf, 2, 3))) static int fail(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cli->error, sizeof(cli->error), fmt, ap);
	va_end(ap);
	return -1;
}

int options_parse_time(const char *text, uint64_t *ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = { { "", 1e3 },  { "s", 1e3 },  { "ms", 1 },
		      { "m", 6e4 }, { "h", 36e5 }, { "d", 864e5 } };
	char *end;
	double value;
	size_t i;

	if (!isdigit((unsigned char)*text) && *text != '.')
		return -1;
	value = strtod(text, &end);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		value *= units[i].ms;
		if (!(value > 0) || value > 1e13)
			return -1;
		*ms = value < 1 ? 1 : (uint64_t)value;
		return 0;
	}
	return -1;
}

/* The bits of one channel name, or 0. */
static uint32_t channel_bits(const char *name, size_t len)
{
	static const struct {
		const char *name;
		uint32_t bits;
	} channels[] = {
#define CHANNEL(up, low) { #low, TR_##up },
		TRACE_CHANNELS(CHANNEL)
#undef CHANNEL
			{ "all", ~0u },
	};
	size_t i;

	for (i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (strlen(channels[i].name) == len && !memcmp(channels[i].name, name, len))
			return channels[i].bits;
	return 0;
}

int options_parse_channels(const char *text, uint32_t *mask)
{
	uint32_t bits, result = 0;

	do {
		size_t len = strcspn(text, ",");
		bool off = *text == '-', sign = off || *text == '+';

		bits = channel_bits(text + sign, len - sign);
		if (!bits)
			return -1;
		result = off ? result & ~bits : result | bits;
		text += len;
	} while (*text++ == ',');
	*mask = result;
	return 0;
}

/* Sets KEY=VALUE in lxrun_opt.envp, which is a copy of ours by then. */
static int set_env(struct cli *cli, char *assignment)
{
	size_t key = strcspn(assignment, "="), n;
	char **envp = lxrun_opt.envp;

	if (!key || !assignment[key])
		return fail(cli, "--env %s: KEY=VALUE is wanted", assignment);
	for (n = 0; envp[n]; n++)
		if (!strncmp(envp[n], assignment, key + 1)) {
			envp[n] = assignment;
			return 0;
		}
	envp = realloc(envp, (n + 2) * sizeof(*envp));
	if (!envp)
		return fail(cli, "out of memory");
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
		return fail(cli, "--root %s: %s", dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fail(cli, "--root %s: not a directory", dir);
	lxrun_opt.root = full;
	return 0;
}

static int set_number(struct cli *cli, const char *text, uint32_t *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || n > 1u << 20)
		return fail(cli, "-s %s: a number up to 1048576 is wanted", text);
	*value = (uint32_t)n;
	return 0;
}

static int set_channels(struct cli *cli, const char *where, const char *text)
{
	if (options_parse_channels(text, &lxrun_opt.trace))
		return fail(cli,
			    "%s%s: channels are sys vfs nt host pico sig sched all, with commas",
			    where, text);
	return 0;
}

static int add_fault(struct cli *cli, const char *rule)
{
	static char why[NT_FAULT_ERROR];
	NTSTATUS status = NtFaultAdd(rule, why);

	lxrun_opt.nt_fault = true;
	if (NT_SUCCESS(status))
		return 0;
	return fail(cli, "--nt-fault %s: %s", rule, why[0] ? why : "out of memory");
}

static int take_running(struct cli *cli, enum opt_id id, char *arg)
{
	switch (id) {
	case OPT_ROOT:
		return set_root(cli, arg);
	case OPT_USER:
		lxrun_opt.user = arg;
		return *arg ? 0 : fail(cli, "--user: a name or a number is wanted");
	case OPT_CD:
		lxrun_opt.cd = arg;
		return *arg ? 0 : fail(cli, "--cd: a directory is wanted");
	case OPT_ENV:
		return set_env(cli, arg);
	case OPT_TIMEOUT:
		return options_parse_time(arg, &lxrun_opt.timeout_ms)
			       ? fail(cli,
				      "--timeout %s: a time like 5, 1.5s, 200ms or 2m is wanted",
				      arg)
			       : 0;
	case OPT_RELEASE:
		lxrun_opt.kernel_release = arg;
		return *arg && strlen(arg) < 65
			       ? 0
			       : fail(cli, "--kernel-release %s: 1 to 64 bytes are wanted", arg);
	default: /* OPT_EXEC: there is no shell to leave out */
		return 0;
	}
}

static int take_tracing(struct cli *cli, enum opt_id id, char *arg)
{
	switch (id) {
	case OPT_TRACE:
		return set_channels(cli, "--trace=", arg ? arg : "sys,nt");
	case OPT_OUTPUT:
		lxrun_opt.trace_file = arg;
		return 0;
	case OPT_PATH:
		lxrun_opt.trace_path = arg;
		return 0;
	case OPT_STRLEN:
		return set_number(cli, arg, &lxrun_opt.trace_strlen);
	case OPT_SUCCESS:
		lxrun_opt.trace_filter = TRACE_ONLY_SUCCESS;
		return 0;
	case OPT_FAILED:
		lxrun_opt.trace_filter = TRACE_ONLY_FAILED;
		return 0;
	case OPT_NT_FAULT:
		return add_fault(cli, arg);
	default: /* OPT_STATS */
		lxrun_opt.stats = true;
		return 0;
	}
}

static int take_other(struct cli *cli, enum opt_id id, char *arg)
{
	static const enum cli_action actions[OPT_COUNT] = {
		[OPT_DOCTOR] = ACTION_DOCTOR,
		[OPT_VERSION] = ACTION_VERSION,
		[OPT_HELP] = ACTION_HELP,
		[OPT_COMPLETE] = ACTION_COMPLETE,
	};

	cli->action = actions[id];
	cli->shell = arg;
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
	case SECTION_TRACE:
		return take_tracing(cli, (enum opt_id)id, arg);
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
		return fail(cli, "out of memory");
	memcpy(lxrun_opt.envp, envp, (n + 1) * sizeof(*envp));
	return 0;
}

/* What follows from several options together, and from LXRUN_TRACE. */
static int conclude(struct cli *cli)
{
	const char *env = getenv("LXRUN_TRACE");
	bool about_trace = lxrun_opt.trace_file || lxrun_opt.trace_path ||
			   lxrun_opt.trace_filter != TRACE_ALL;

	if (!lxrun_opt.trace && env && *env && set_channels(cli, "LXRUN_TRACE=", env))
		return -1;
	if (!lxrun_opt.trace && about_trace)
		lxrun_opt.trace = TR_SYS;
	if (cli->action == ACTION_RUN && !cli->argv[0])
		return fail(cli, "no program given; lxrun --help says more");
	return 0;
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
			return fail(cli, "%s: an argument is missing; lxrun --help says more",
				    argv[optind - 1]);
		id = c >= OPT_LONG ? c - OPT_LONG : by_letter(c);
		if (c == '?' || id < 0)
			return optopt && optopt < OPT_LONG
				       ? fail(cli, "-%c: no such option; lxrun --help says more",
					      optopt)
				       : fail(cli, "%s: no such option; lxrun --help says more",
					      argv[optind - 1]);
		if (take(cli, id, optarg))
			return -1;
		if (cli->action != ACTION_RUN)
			return 0;
	}
	cli->argv = argv + optind;
	return conclude(cli);
}
