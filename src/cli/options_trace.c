/* SPDX-License-Identifier: MIT */
/* Options about what is seen: traces, statistics, failures on purpose. */
#include "cli.h"
#include "lxrun/vfs.h"
#include "base/trace.h"
#include "lxrun/syscall.h"
#include "nt/fault.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int set_channels(struct cli *cli, const char *where, const char *text)
{
	if (options_parse_channels(text, &lxrun_opt.trace))
		return cli_fail(
			cli, "%s%s: channels are sys vfs nt host pico sig sched all, with commas",
			where, text);
	return 0;
}

static const char *const format_names[] = {
	[TRACE_TEXT] = "text",     [TRACE_STRACE] = "strace", [TRACE_JSON] = "json",
	[TRACE_CHROME] = "chrome", [TRACE_FOLDED] = "folded",
};
static bool format_given;

static int set_format(struct cli *cli, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++)
		if (!strcmp(name, format_names[i])) {
			lxrun_opt.trace_format = (enum trace_format_id)i;
			format_given = true;
			return 0;
		}
	return cli_fail(cli, "--trace-format=%s: formats are text strace json chrome folded", name);
}

static int set_strlen(struct cli *cli, const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || n > 1u << 20)
		return cli_fail(cli, "-s %s: a number up to 1048576 is wanted", text);
	lxrun_opt.trace_strlen = (uint32_t)n;
	return 0;
}

static int set_calls(struct cli *cli, const char *text)
{
	static uint8_t set[SC_TABLE_SIZE];
	const char *why = callset_parse(text, set);

	lxrun_opt.trace_calls = set;
	return why ? cli_fail(cli, "--trace-calls=%s: %s", text, why) : 0;
}

/* "openat" or "openat:3": a trace of that call through all layers, as a drawing. */
static int set_card(struct cli *cli, const char *text)
{
	static char call[64], file[64 + 4];
	size_t len = strcspn(text, ":");
	char *end = NULL;

	if (len >= sizeof(call))
		return cli_fail(cli, "--card=%s: no such call", text);
	if (text[len])
		lxrun_opt.card_number = strtoull(text + len + 1, &end, 10);
	if (end && (*end || !lxrun_opt.card_number))
		return cli_fail(cli, "--card=%s: CALL or CALL:N, N from 1, is wanted", text);
	snprintf(call, sizeof(call), "%.*s", (int)len, text);
	snprintf(file, sizeof(file), "%s.svg", call + (*call == '%' || *call == '/'));
	if (!lxrun_opt.trace_file)
		lxrun_opt.trace_file = strchr(file, '/') ? "card.svg" : file;
	lxrun_opt.trace |= TR_SYS | TR_VFS | TR_NT | TR_HOST;
	lxrun_opt.trace_format = TRACE_CARD;
	format_given = true;
	return set_calls(cli, call);
}

static int add_pids(struct cli *cli, const char *text)
{
	do {
		char *end;
		unsigned long pid = strtoul(text, &end, 10);

		if (!isdigit((unsigned char)*text) || (*end && *end != ',') || !pid ||
		    pid > INT32_MAX || lxrun_opt.trace_pid_count == TRACE_MAX_PIDS)
			return cli_fail(cli,
					"--trace-pid=%s: up to %d numbers with commas are wanted",
					text, TRACE_MAX_PIDS);
		lxrun_opt.trace_pids[lxrun_opt.trace_pid_count++] = (int32_t)pid;
		text = end;
	} while (*text++ == ',');
	return 0;
}

static int set_slower(struct cli *cli, const char *text)
{
	if (!options_parse_duration(text, &lxrun_opt.trace_slower_ns))
		return 0;
	return cli_fail(cli, "--trace-slower=%s: a time like 10ms, 500us or 1.5s is wanted", text);
}

static int set_status(struct cli *cli, const char *text)
{
	if (!strcmp(text, "successful"))
		lxrun_opt.trace_filter = TRACE_ONLY_SUCCESS;
	else if (!strcmp(text, "failed"))
		lxrun_opt.trace_filter = TRACE_ONLY_FAILED;
	else if (!strcmp(text, "all"))
		lxrun_opt.trace_filter = TRACE_ALL;
	else
		return cli_fail(cli, "--trace-status=%s: successful, failed or all", text);
	return 0;
}

static int set_stats_format(struct cli *cli, const char *name)
{
	static const char *const names[] = {
		[STATS_TEXT] = "text", [STATS_JSON] = "json", [STATS_HTML] = "html"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i])) {
			lxrun_opt.stats_format = (enum stats_format)i;
			return 0;
		}
	return cli_fail(cli, "--stats-format=%s: formats are text json html", name);
}

int options_add_nt_fault(struct cli *cli, const char *option, const char *rule)
{
	static char why[NT_FAULT_ERROR];
	NTSTATUS status = NtFaultAdd(rule, why);

	lxrun_opt.nt_fault = true;
	if (NT_SUCCESS(status))
		return 0;
	return cli_fail(cli, "%s %s: %s", option, rule, why[0] ? why : "out of memory");
}

/* "status=STATUS_X", with or without STATUS_. */
static int set_break(struct cli *cli, const char *text)
{
	static char name[64];
	bool prefix = !strncmp(text, "status=STATUS_", 14);
	struct nt_meaning m;

	if (strncmp(text, "status=", 7) != 0)
		return cli_fail(cli, "--break-on %s: status=STATUS is wanted", text);
	snprintf(name, sizeof(name), "%s%s", prefix ? "" : "STATUS_", text + 7);
	if (!nt_status_meaning(name, strlen(name), &m))
		return cli_fail(cli, "--break-on %s: no such status; --list-status names them",
				text);
	lxrun_opt.break_status = name;
	return 0;
}

int options_take_trace(struct cli *cli, enum opt_id id, char *arg)
{
	switch (id) {
	case OPT_TRACE:
		return set_channels(cli, "--trace=", arg ? arg : "sys,nt");
	case OPT_OUTPUT:
		lxrun_opt.trace_file = arg;
		return 0;
	case OPT_FORMAT:
		return set_format(cli, arg);
	case OPT_CALLS:
		return set_calls(cli, arg);
	case OPT_CARD:
		return set_card(cli, arg);
	case OPT_PATH:
		lxrun_opt.trace_path = arg;
		return 0;
	case OPT_PIDS:
		return add_pids(cli, arg);
	case OPT_FROM:
		lxrun_opt.trace_from = arg;
		return 0;
	case OPT_SLOWER:
		return set_slower(cli, arg);
	case OPT_STATUS:
		return set_status(cli, arg);
	case OPT_STRLEN:
		return set_strlen(cli, arg);
	case OPT_FD_NAMES:
		lxrun_opt.trace_fd_names = true;
		return 0;
	case OPT_SUCCESS:
		return set_status(cli, "successful");
	case OPT_FAILED:
		return set_status(cli, "failed");
	case OPT_INJECT:
		return options_add_inject(cli, arg);
	case OPT_WITHOUT:
		return options_add_without(cli, arg);
	case OPT_KERNEL:
		return options_set_kernel(cli, arg);
	case OPT_NT_FAULT:
		return options_add_nt_fault(cli, "--nt-fault", arg);
	case OPT_BREAK_ON:
		return set_break(cli, arg);
	case OPT_STATS_FORMAT:
		lxrun_opt.stats = true;
		return set_stats_format(cli, arg);
	case OPT_STRICT:
		lxrun_opt.strict = true;
		return 0;
	case OPT_ATTACH:
	case OPT_NTSIDE:
		cli->action = id == OPT_ATTACH ? ACTION_ATTACH : ACTION_NTSIDE;
		cli->arg = arg;
		return 0;
	default: /* OPT_STATS */
		lxrun_opt.stats = true;
		lxrun_opt.stats_file = arg;
		return 0;
	}
}

int options_conclude_trace(struct cli *cli)
{
	const char *env = getenv("LXRUN_TRACE");
	bool about_trace = lxrun_opt.trace_file || lxrun_opt.trace_path || lxrun_opt.trace_calls ||
			   lxrun_opt.trace_from || lxrun_opt.trace_pid_count ||
			   lxrun_opt.trace_slower_ns || format_given ||
			   lxrun_opt.trace_filter != TRACE_ALL;

	if (!lxrun_opt.trace && env && *env && set_channels(cli, "LXRUN_TRACE=", env))
		return -1;
	if (!lxrun_opt.trace && (about_trace || cli->action == ACTION_ATTACH))
		lxrun_opt.trace = about_trace ? TR_SYS : TR_SYS | TR_NT;
	if (!format_given)
		lxrun_opt.trace_format = lxrun_opt.trace_file ? TRACE_STRACE : TRACE_TEXT;
	if (lxrun_opt.trace_format == TRACE_TEXT && !lxrun_opt.trace_file)
		lxrun_opt.trace_fd_names = true;
	return 0;
}

int options_check_status(struct cli *cli, const char *status)
{
	static char why[NT_FAULT_ERROR];
	char rule[128];
	NTSTATUS answer;

	snprintf(rule, sizeof(rule), "NtClose:%.100s", status);
	answer = NtFaultAdd(rule, why);
	NtFaultClear();
	return NT_SUCCESS(answer) ? 0 : cli_fail(cli, "--fault-sweep=%s: %s", status, why);
}
