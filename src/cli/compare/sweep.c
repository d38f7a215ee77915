/* SPDX-License-Identifier: MIT */
/*
 * --fault-sweep: the program under lxrun again and again, each time with another NT call failing, and how
 * it ended each time beside how it ends when nothing fails.
 */
#include "compare.h"
#include "base/trace.h"
#include "nt/fault.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum outcome { SAME, CLEAN_ERROR, SILENT, CRASH, HANG, OUTCOMES };
static const char *const words[OUTCOMES] = {
	[SAME] = "no difference",
	[CLEAN_ERROR] = "an error",
	[SILENT] = "success, but something else came out",
	[CRASH] = "a crash",
	[HANG] = "did not end",
};

struct sweep {
	const struct compare_options *o;
	char *const *argv;
	const char *status; /* that calls fail with */
	char base[100], hits[128], rule[256];
	struct compare_side plain; /* the run without failures */
	struct compare_rules *rules;
	uint32_t counts[OUTCOMES];
	FILE *out;
};

static int run(struct sweep *s, struct compare_side *side)
{
	char *const fault[] = { (char *)"--nt-fault", s->rule, (char *)"--fault-hits", s->hits,
				NULL };
	char **argv = compare_command(s->o, s->rule[0] ? fault : NULL, s->argv);
	int err = argv ? compare_run(s->o, s->base, argv, side) : -1;

	free(argv);
	return err;
}

/* Whether the rule acted in the last run. A lxrun that was killed has not said. */
static bool acted(const struct sweep *s, const struct compare_side *side)
{
	FILE *f = fopen(s->hits, "re");
	unsigned long long hits = 0;

	if (!f)
		return side->timed_out;
	if (fscanf(f, "%llu", &hits) != 1)
		hits = 0;
	fclose(f);
	remove(s->hits);
	return hits > 0;
}

static enum outcome judge(const struct sweep *s, const struct compare_side *side, struct text *why)
{
	const struct compare_side *p = &s->plain;

	if (side->timed_out)
		return HANG;
	if (WIFSIGNALED(side->status) && !WIFSIGNALED(p->status)) {
		text_printf(why, "killed by SIG%s\n", sigabbrev_np(WTERMSIG(side->status)));
		return CRASH;
	}
	if (side->status != p->status) {
		text_printf(why, "exit status %d\n", WEXITSTATUS(side->status));
		return CLEAN_ERROR;
	}
	if (output_differs("stdout", p->out, side->out, s->rules, why) ||
	    tree_differs(p->tree, side->tree, s->rules, why))
		return SILENT;
	return SAME;
}

/* "native" is the run without failures here. */
static void print(const struct sweep *s, enum outcome outcome, const struct text *why)
{
	const char *p = why->data ? why->data : "";

	fprintf(s->out, "%s: %s\n", s->rule, words[outcome]);
	while (*p) {
		size_t n = strcspn(p, "\n");
		bool native = !strncmp(p, "  native", 8), lxrun = !strncmp(p, "  lxrun ", 8);

		fprintf(s->out, "  %s%.*s\n",
			native  ? "  without"
			: lxrun ? "  with   "
				: "",
			(int)(n - (native || lxrun ? 8 : 0)), p + (native || lxrun ? 8 : 0));
		p += n + (p[n] == '\n');
	}
	fflush(s->out);
}

/* One run with call's n-th failing. False: there is no n-th, or trouble. */
static bool one_failure(struct sweep *s, const char *call, uint64_t n)
{
	struct compare_side side = { .name = "faulty" };
	struct text why = { 0 };
	enum outcome outcome;
	bool did;

	snprintf(s->rule, sizeof(s->rule), "%s:%s:when=%llu", call, s->status,
		 (unsigned long long)n);
	if (run(s, &side))
		return false;
	did = acted(s, &side);
	if (did) {
		outcome = judge(s, &side, &why);
		s->counts[outcome]++;
		if (outcome != SAME)
			print(s, outcome, &why);
	}
	text_free(&why);
	compare_remove(side.tree);
	return did;
}

/* The first four, then each that is twice as far. */
static void one_call(struct sweep *s, const char *call)
{
	uint64_t n;

	for (n = 1; n <= 1ull << 20; n = n < 4 ? n + 1 : n * 2)
		if (!one_failure(s, call, n))
			return;
}

static int sweep_all(struct sweep *s)
{
	extern NT_CALL __start_nt_calls[], __stop_nt_calls[];
	const NT_CALL *c;
	int i;

	if (run(s, &s->plain))
		return COMPARE_TROUBLE;
	if (s->plain.timed_out) {
		lxrun_warn("the program does not end even when nothing fails");
		return COMPARE_TROUBLE;
	}
	for (c = __start_nt_calls; c < __stop_nt_calls; c++)
		one_call(s, c->Name);
	for (i = 0; i < OUTCOMES; i++)
		fprintf(s->out, "%6u %s\n", s->counts[i], words[i]);
	return s->counts[SILENT] || s->counts[CRASH] || s->counts[HANG] ? COMPARE_DIFFERENT
									: COMPARE_EQUAL;
}

int sweep_main(const struct compare_options *o, const char *status, char *const argv[], FILE *out)
{
	const char *tmp = getenv("TMPDIR");
	struct sweep s = { .o = o,
			   .argv = argv,
			   .out = out,
			   .plain = { .name = "plain" },
			   .status = status ? status : "STATUS_INSUFFICIENT_RESOURCES" };
	int verdict = COMPARE_TROUBLE;
	size_t n = 0;
	char **copy;

	while (argv[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	if (!copy)
		return COMPARE_TROUBLE;
	memcpy(copy, argv, n * sizeof(*copy));
	copy[0] = compare_program(argv[0]);
	s.argv = copy;
	s.rules = rules_read(o->rules_file);
	if (!s.rules || !copy[0])
		goto out;
	snprintf(s.base, sizeof(s.base), "%.60s/lxrun-sweep.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (mkdtemp(s.base)) {
		snprintf(s.hits, sizeof(s.hits), "%s/hits", s.base);
		verdict = sweep_all(&s);
		compare_remove(s.base);
	} else {
		lxrun_warn("%s: %s", s.base, strerror(errno));
	}
out:
	rules_free(s.rules);
	free(copy[0]);
	free(copy);
	return fflush(out) || ferror(out) ? COMPARE_TROUBLE : verdict;
}
