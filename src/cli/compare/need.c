/* SPDX-License-Identifier: MIT */
/*
 * --need: what a program needs. It runs once as it is, which also tells what it uses; then again for each
 * system call, without it (ENOSYS: it could be left out) and with it doing nothing (0: it could be a
 * pretence). For the calls that are needed likewise each flag and value (EINVAL; the flag taken out), and
 * at last each NT call. What ends as the first run did is not needed.
 */
#include "need.h"
#include "base/trace.h"
#include "nt/fault.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct need {
	struct compare_options o;
	char *const *argv;
	char base[100], stats[128], hits[128];
	struct compare_side plain;
	struct compare_rules *rules;
	struct need_report *report;
};

const char *need_name(const struct need_item *item, char name[128])
{
	snprintf(name, 128, "%s%s%s", item->call, item->flag[0] ? " " : "", item->flag);
	return name;
}

/* ---- what it uses, from what --stats-format=json wrote: a call a line ---- */

static struct need_item *add(struct need *n, enum need_kind kind, const char *call, uint64_t times)
{
	struct need_item *item = &n->report->items[n->report->count];

	if (n->report->count == NEED_MAX)
		return NULL;
	n->report->count++;
	*item = (struct need_item){ .kind = kind, .times = times };
	snprintf(item->call, sizeof(item->call), "%s", call);
	return item;
}

static void read_flags(struct need *n, const char *call, const char *line)
{
	static const char begin[] = "{\"arg\":";
	char kind[8], name[64];
	struct need_item *item;
	uint64_t value, times;
	unsigned arg;

	for (; (line = strstr(line, begin)); line++) {
		if (sscanf(line,
			   "{\"arg\":%u,\"kind\":\"%7[a-z]\",\"value\":%" SCNu64
			   ",\"name\":\"%63[^\"]\",\"calls\":%" SCNu64,
			   &arg, kind, &value, name, &times) != 5)
			continue;
		item = add(n, NEED_FLAG, call, times);
		if (!item)
			return;
		item->arg = arg;
		item->value = value;
		item->is_value = *kind == 'v';
		snprintf(item->flag, sizeof(item->flag), "%s", name);
	}
}

static int read_uses(struct need *n)
{
	FILE *f = fopen(n->stats, "re");
	char *line = NULL, name[48];
	size_t size = 0;
	uint64_t times;

	if (!f) {
		lxrun_warn("%s: cannot be run", n->argv[0]);
		return -1;
	}
	while (getline(&line, &size, f) > 0)
		if (sscanf(line, "{\"name\":\"%47[a-z0-9_]\",\"nr\":%*u,\"calls\":%" SCNu64, name,
			   &times) == 2) {
			add(n, NEED_CALL, name, times);
			read_flags(n, name, line);
		} else if (sscanf(line, "{\"name\":\"%47[A-Za-z0-9]\",\"calls\":%" SCNu64, name,
				  &times) == 2) {
			add(n, NEED_NT, name, times);
		}
	free(line);
	fclose(f);
	return 0;
}

/* ---- one run with a rule ---- */

/* --check: the user's own judgement, in the directory that the program left. */
static bool passes(const struct need *n, const struct compare_side *side)
{
	char status[16];
	int wait_status = -1;
	pid_t pid;

	snprintf(status, sizeof(status), "%d",
		 WIFEXITED(side->status) ? WEXITSTATUS(side->status)
					 : 128 + WTERMSIG(side->status));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		setenv("LXRUN_STATUS", status, 1);
		setenv("LXRUN_STDOUT", side->out, 1);
		setenv("LXRUN_STDERR", side->err, 1);
		if (chdir(side->tree) || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
		    dup2(null, 2) < 0)
			_exit(127);
		execl("/bin/sh", "sh", "-c", n->o.check, (char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &wait_status, 0) == pid && wait_status == 0;
}

static bool same(const struct need *n, const struct compare_side *side)
{
	struct text why = { 0 };
	bool equal;

	if (side->timed_out)
		return false;
	if (n->o.check)
		return passes(n, side);
	equal = side->status == n->plain.status &&
		!output_differs("stdout", n->plain.out, side->out, n->rules, &why) &&
		!tree_differs(n->plain.tree, side->tree, n->rules, &why);
	text_free(&why);
	return equal;
}

static uint64_t read_hits(const struct need *n)
{
	FILE *f = fopen(n->hits, "re");
	uint64_t hits = 0;

	if (!f)
		return 1; /* a lxrun that was killed has not said */
	if (fscanf(f, "%" SCNu64, &hits) != 1)
		hits = 0;
	fclose(f);
	remove(n->hits);
	return hits;
}

/* Whether the program does the same with this rule: 1, 0; -1: the rule never acted. */
static int does(struct need *n, const char *option, const char *rule)
{
	char *const extra[] = { (char *)option, (char *)rule, (char *)"--fault-hits", n->hits,
				NULL };
	struct compare_side side = { .name = "less" };
	char **argv = compare_command(&n->o, extra, n->argv);
	bool equal = argv && !compare_run(&n->o, n->base, argv, &side) && same(n, &side);

	free(argv);
	compare_remove(side.tree);
	return read_hits(n) ? equal : -1;
}

/* ---- an item ---- */

static void try_call(struct need *n, struct need_item *item)
{
	char rule[128];

	item->without = does(n, "--without", item->call) == 1;
	snprintf(rule, sizeof(rule), "%s:retval=0", item->call);
	item->pretended = does(n, "--inject", rule);
}

static void try_flag(struct need *n, struct need_item *item)
{
	char when[64], rule[192];

	if (item->is_value)
		snprintf(when, sizeof(when), "arg%u&0xffffffff=%" PRIu64, item->arg, item->value);
	else
		snprintf(when, sizeof(when), "arg%u&%#" PRIx64, item->arg, item->value);
	snprintf(rule, sizeof(rule), "%s:error=EINVAL:%s", item->call, when);
	item->without = does(n, "--inject", rule) == 1;
	if (item->is_value)
		snprintf(rule, sizeof(rule), "%s:retval=0:%s", item->call, when);
	else
		snprintf(rule, sizeof(rule), "%s:drop=%s:%s", item->call, when, when);
	item->pretended = does(n, "--inject", rule);
}

static void try_nt(struct need *n, struct need_item *item)
{
	char rule[128];

	snprintf(rule, sizeof(rule), "%s:STATUS_NOT_IMPLEMENTED", item->call);
	item->without = does(n, "--nt-fault", rule) == 1;
	item->pretended = -1;
	snprintf(rule, sizeof(rule), "%s:STATUS_SUCCESS", item->call);
	if (NtFaultCanPretend(item->call))
		item->pretended = does(n, "--nt-fault", rule);
}

/* Flags of a call that nobody needs say nothing: they are left out of the report. */
static void try_all(struct need *n, void (*tell)(const struct need_item *, void *), void *context)
{
	static void (*const try[])(struct need *, struct need_item *) = {
		[NEED_CALL] = try_call, [NEED_FLAG] = try_flag, [NEED_NT] = try_nt
	};
	struct need_item *from = n->report->items, *to = from, *end = from + n->report->count;
	bool call_is_needed = false;

	for (; from < end; from++) {
		if (from->kind == NEED_FLAG && !call_is_needed)
			continue;
		*to = *from;
		try[to->kind](n, to);
		if (to->kind == NEED_CALL)
			call_is_needed = need_is_needed(to);
		if (tell)
			tell(to, context);
		to++;
	}
	n->report->count = (int)(to - n->report->items);
}

static int first_run(struct need *n)
{
	char stats[160];
	char *const extra[] = { stats, (char *)"--stats-format=json", NULL };
	char **argv;
	int err;

	snprintf(stats, sizeof(stats), "--stats=%s", n->stats);
	argv = compare_command(&n->o, extra, n->argv);
	err = argv ? compare_run(&n->o, n->base, argv, &n->plain) : -1;
	free(argv);
	if (err || read_uses(n))
		return -1;
	if (n->plain.timed_out) {
		lxrun_warn("%s does not end in time as it is", n->argv[0]);
		return -1;
	}
	if (n->o.check && !passes(n, &n->plain)) {
		lxrun_warn("--check fails even when nothing is left out "
			   "(it runs in the directory that the program left)");
		return -1;
	}
	if (!n->o.timeout_ms) /* what is left out may leave a program waiting */
		n->o.timeout_ms = 5000 + (uint64_t)(n->plain.seconds * 10000);
	return 0;
}

int need_measure(const struct compare_options *o, char *const argv[], struct need_report *report,
		 void (*tell)(const struct need_item *item, void *context), void *context)
{
	const char *tmp = getenv("TMPDIR");
	struct need n = { .o = *o, .report = report, .plain = { .name = "plain" } };
	size_t count = 0;
	char **copy;
	int verdict = COMPARE_TROUBLE;

	report->count = 0;
	while (argv[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	if (!copy)
		return verdict;
	memcpy(copy, argv, count * sizeof(*copy));
	copy[0] = compare_program(argv[0]);
	n.argv = copy;
	n.rules = rules_read(o->rules_file);
	snprintf(n.base, sizeof(n.base), "%.60s/lxrun-need.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!copy[0] || !n.rules || !mkdtemp(n.base))
		goto out;
	snprintf(n.stats, sizeof(n.stats), "%s/stats", n.base);
	snprintf(n.hits, sizeof(n.hits), "%s/hits", n.base);
	if (!first_run(&n)) {
		try_all(&n, tell, context);
		verdict = COMPARE_EQUAL;
	}
	compare_remove(n.base);
out:
	rules_free(n.rules);
	free(copy[0]);
	free(copy);
	return verdict;
}

/* ---- printing ---- */

struct printer {
	FILE *out;
	bool json;
	uint32_t told, needed[3], left_out[3], pretended[3], all[3];
};

static const char *verdict_of(const struct need_item *i)
{
	return i->without && i->pretended == 1 ? "may be left out, or pretended"
	       : i->without                    ? "may be left out"
	       : i->pretended == 1 && i->kind == NEED_FLAG && !i->is_value ? "may be ignored"
	       : i->pretended == 1                                         ? "may be pretended"
	       : i->pretended < 0 && i->kind != NEED_NT ? "needed (ignoring it could not be tried)"
							: "needed";
}

static void print_json(struct printer *p, const struct need_item *i)
{
	static const char *const kinds[] = { "call", "flag", "nt" };

	fprintf(p->out, "%s{\"kind\":\"%s\",\"call\":\"%s\",", p->told ? ",\n" : "[\n",
		kinds[i->kind], i->call);
	if (i->kind == NEED_FLAG)
		fprintf(p->out, "\"flag\":\"%s\",\"arg\":%u,\"value\":%" PRIu64 ",", i->flag,
			i->arg, i->value);
	fprintf(p->out, "\"times\":%" PRIu64 ",\"left_out\":%s,\"pretended\":%s}", i->times,
		i->without ? "true" : "false",
		i->pretended < 0 ? "null"
		: i->pretended   ? "true"
				 : "false");
}

static void print_item(const struct need_item *i, void *context)
{
	struct printer *p = context;
	char name[128];

	p->all[i->kind]++;
	p->left_out[i->kind] += i->without;
	p->pretended[i->kind] += !i->without && i->pretended == 1;
	p->needed[i->kind] += need_is_needed(i);
	if (p->json) {
		print_json(p, i);
	} else {
		if (!p->told)
			fprintf(p->out, "%-28s %8s\n", "call", "times");
		snprintf(name, sizeof(name), "%s%.60s", i->kind == NEED_FLAG ? "  " : "",
			 i->kind == NEED_FLAG ? i->flag : i->call);
		fprintf(p->out, "%-28s %8" PRIu64 "  %s\n", name, i->times, verdict_of(i));
	}
	p->told++;
	fflush(p->out);
}

int need_main(const struct compare_options *o, bool json, char *const argv[], FILE *out)
{
	static const char *const words[] = { "calls", "flags of them", "NT calls" };
	struct need_report *report = calloc(1, sizeof(*report));
	struct printer p = { .out = out, .json = json };
	int verdict, k;

	if (!report)
		return COMPARE_TROUBLE;
	verdict = need_measure(o, argv, report, print_item, &p);
	for (k = 0; k < 3 && !json && verdict == COMPARE_EQUAL; k++)
		fprintf(out, "%u %s: %u needed, %u may be left out, %u more may be pretended\n",
			p.all[k], words[k], p.needed[k], p.left_out[k], p.pretended[k]);
	if (json && verdict == COMPARE_EQUAL)
		fputs(p.told ? "\n]\n" : "[]\n", out);
	free(report);
	return fflush(out) || ferror(out) ? COMPARE_TROUBLE : verdict;
}
