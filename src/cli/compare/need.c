/* SPDX-License-Identifier: MIT */
/*
 * --need: which system calls a program needs. It runs once as it is, which also tells what it calls; then,
 * for each call, without it (ENOSYS: it could be left out) and with it doing nothing (0: it could be a
 * pretence). What ends as the first run did is not needed.
 */
#include "compare.h"
#include "base/trace.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define CALLS_MAX 512

struct need {
	const struct compare_options *o;
	char *const *argv;
	char base[100], stats[128];
	struct compare_side plain;
	struct compare_rules *rules;
	char calls[CALLS_MAX][40];
	uint64_t times[CALLS_MAX];
	int ncalls;
	uint32_t needed, left_out, pretended;
	FILE *out;
};

static int run(struct need *n, const char *option, const char *value, struct compare_side *side)
{
	char *const extra[] = { (char *)option, (char *)value, NULL };
	char **argv = compare_command(n->o, extra, n->argv);
	int err = argv ? compare_run(n->o, n->base, argv, side) : -1;

	free(argv);
	return err;
}

/* The names in what --stats-format=json wrote: a call a line. */
static int read_calls(struct need *n)
{
	FILE *f = fopen(n->stats, "re");
	char *line = NULL;
	size_t size = 0;

	if (!f) {
		lxrun_warn("%s: %s", n->argv[0], "cannot be run");
		return -1;
	}
	while (getline(&line, &size, f) > 0 && n->ncalls < CALLS_MAX)
		if (sscanf(line, "{\"name\":\"%39[a-z0-9_]\",\"nr\":%*u,\"calls\":%" SCNu64,
			   n->calls[n->ncalls], &n->times[n->ncalls]) == 2)
			n->ncalls++;
	free(line);
	fclose(f);
	return 0;
}

static bool same(const struct need *n, const struct compare_side *side)
{
	struct text why = { 0 };
	bool equal = !side->timed_out && side->status == n->plain.status &&
		     !output_differs("stdout", n->plain.out, side->out, n->rules, &why) &&
		     !tree_differs(n->plain.tree, side->tree, n->rules, &why);

	text_free(&why);
	return equal;
}

/* Whether the program does the same with this option. */
static bool does(struct need *n, const char *option, const char *value)
{
	struct compare_side side = { .name = "less" };
	bool equal = !run(n, option, value, &side) && same(n, &side);

	compare_remove(side.tree);
	return equal;
}

static void one_call(struct need *n, int i)
{
	const char *call = n->calls[i];
	char fake[80];
	bool without, pretence;

	snprintf(fake, sizeof(fake), "%s:retval=0", call);
	without = does(n, "--without", call);
	pretence = does(n, "--inject", fake);
	n->left_out += without;
	n->pretended += !without && pretence;
	n->needed += !without && !pretence;
	fprintf(n->out, "%-24s %8" PRIu64 "  %s\n", call, n->times[i],
		without && pretence ? "may be left out, or pretended"
		: without           ? "may be left out"
		: pretence          ? "may be pretended"
				    : "needed");
	fflush(n->out);
}

static int need_all(struct need *n)
{
	char stats[160];
	char *const extra[] = { stats, (char *)"--stats-format=json", NULL };
	char **argv;
	int err, i;

	snprintf(stats, sizeof(stats), "--stats=%s", n->stats);
	argv = compare_command(n->o, extra, n->argv);
	err = argv ? compare_run(n->o, n->base, argv, &n->plain) : -1;
	free(argv);
	if (err || n->plain.timed_out || read_calls(n))
		return COMPARE_TROUBLE;
	fprintf(n->out, "%-24s %8s\n", "call", "times");
	for (i = 0; i < n->ncalls; i++)
		one_call(n, i);
	fprintf(n->out, "%d calls: %u needed, %u may be left out, %u more may be pretended\n",
		n->ncalls, n->needed, n->left_out, n->pretended);
	return COMPARE_EQUAL;
}

int need_main(const struct compare_options *o, char *const argv[], FILE *out)
{
	const char *tmp = getenv("TMPDIR");
	struct need *n = calloc(1, sizeof(*n));
	size_t count = 0;
	char **copy = NULL;
	int verdict = COMPARE_TROUBLE;

	while (argv[count])
		count++;
	copy = calloc(count + 1, sizeof(*copy));
	if (!n || !copy)
		goto out;
	memcpy(copy, argv, count * sizeof(*copy));
	copy[0] = compare_program(argv[0]);
	*n = (struct need){ .o = o, .argv = copy, .out = out, .plain = { .name = "plain" } };
	n->rules = rules_read(o->rules_file);
	snprintf(n->base, sizeof(n->base), "%.60s/lxrun-need.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!copy[0] || !n->rules || !mkdtemp(n->base))
		goto out;
	snprintf(n->stats, sizeof(n->stats), "%s/stats", n->base);
	verdict = need_all(n);
	compare_remove(n->base);
out:
	if (n)
		rules_free(n->rules);
	if (copy)
		free(copy[0]);
	free(copy);
	free(n);
	return fflush(out) || ferror(out) ? COMPARE_TROUBLE : verdict;
}
