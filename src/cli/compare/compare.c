/* SPDX-License-Identifier: MIT */
/* --compare: both runs of a program, or of each program of a directory, and the verdict. */
#include "compare.h"
#include "base/trace.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put_status(struct text *t, const struct compare_side *s)
{
	text_printf(t, "  %-8s ", s->name);
	if (s->timed_out)
		text_str(t, "did not end in time and was killed\n");
	else if (WIFSIGNALED(s->status))
		text_printf(t, "killed by SIG%s\n", sigabbrev_np(WTERMSIG(s->status)));
	else
		text_printf(t, "exit status %d\n", WEXITSTATUS(s->status));
}

static bool status_differs(const struct compare_side *n, const struct compare_side *l,
			   const struct compare_rules *rules, struct text *why)
{
	bool ended = n->timed_out == l->timed_out && (n->timed_out || n->status == l->status);

	if (ended || (rules_skip_status(rules) && n->timed_out == l->timed_out))
		return false;
	text_str(why, "the end differs:\n");
	put_status(why, n);
	put_status(why, l);
	return true;
}

/* All that differs, in the order in which a person would look. */
static bool sides_differ(const struct compare_side *n, const struct compare_side *l,
			 const struct compare_rules *rules, struct text *why)
{
	bool differs = status_differs(n, l, rules, why);

	differs |= output_differs("stdout", n->out, l->out, rules, why);
	differs |= output_differs("stderr", n->err, l->err, rules, why);
	differs |= tree_differs(n->tree, l->tree, rules, why);
	return differs;
}

char **compare_command(const struct compare_options *o, char *const extra[], char *const argv[])
{
	size_t n = 0, m = 0, k = 0;
	char **all;

	while (o->lxrun_argv[n])
		n++;
	while (extra && extra[m])
		m++;
	while (argv[k])
		k++;
	all = calloc(n + m + k + 2, sizeof(*all));
	if (!all)
		return NULL;
	memcpy(all, o->lxrun_argv, n * sizeof(*all));
	if (m)
		memcpy(all + n, extra, m * sizeof(*all));
	all[n + m] = (char *)"--";
	memcpy(all + n + m + 1, argv, k * sizeof(*all));
	return all;
}

/* Whether strace is here to see the native calls; said once if not. */
static bool has_strace(void)
{
	static int known = -1;

	if (known < 0) {
		known = !system("command -v strace >/dev/null 2>&1");
		if (!known)
			lxrun_warn("strace is not installed: calls are not compared");
	}
	return known > 0;
}

static int run_traced(const struct compare_options *o, const char *base, char *const argv[],
		      bool native, char file[160])
{
	struct compare_side side = { .name = native ? "native-calls" : "lxrun-calls" };
	char *const by_lxrun[] = { (char *)"--trace=sys", (char *)"-o", file, NULL };
	char *const by_strace[] = { (char *)"strace",
				    (char *)"-f",
				    (char *)"-ttt",
				    (char *)"-T",
				    (char *)"-o",
				    file,
				    NULL };
	struct compare_options strace = { .start_dir = o->start_dir,
					  .timeout_ms = o->timeout_ms,
					  .lxrun_argv = by_strace };
	char **wrapped = compare_command(native ? &strace : o, native ? NULL : by_lxrun, argv);
	int err;

	snprintf(file, 160, "%s/%s", base, native ? "native.calls" : "lxrun.calls");
	err = wrapped ? compare_run(o, base, wrapped, &side) : -1;
	compare_remove(side.tree);
	free(wrapped);
	return err || side.timed_out ? -1 : 0;
}

/*
 * Both runs once more, traced. What is there twice is no chance: who runs first, and when a signal comes, is.
 */
static bool do_calls_differ(const struct compare_options *o, const char *base, char *const argv[],
			    const struct compare_rules *rules, struct text *why)
{
	char native[160], lxrun[160];
	struct text found = { 0 };
	bool differs = true;
	int i;

	for (i = 0; i < 2 && differs; i++) {
		text_free(&found);
		if (run_traced(o, base, argv, true, native) ||
		    run_traced(o, base, argv, false, lxrun)) {
			text_str(&found, "calls: a traced run did not end\n");
			break;
		}
		differs = calls_differ(native, lxrun, rules, &found);
	}
	if (differs && found.data)
		text_str(why, found.data);
	text_free(&found);
	return differs;
}

static int judge(const struct compare_options *o, const char *base, char *const argv[],
		 const struct compare_rules *rules, struct compare_result *r, struct text *why)
{
	struct compare_side native = { .name = "native" }, lxrun = { .name = "lxrun" };
	char **wrapped = compare_command(o, NULL, argv);
	int verdict = COMPARE_TROUBLE;

	if (wrapped && !compare_run(o, base, argv, &native) &&
	    !compare_run(o, base, wrapped, &lxrun)) {
		bool differs = sides_differ(&native, &lxrun, rules, why);

		/* asked for, or as the explanation of what differs */
		if ((o->calls || differs) && !native.timed_out && !lxrun.timed_out && has_strace())
			differs |= do_calls_differ(o, base, argv, rules, why) && o->calls;
		verdict = differs ? COMPARE_DIFFERENT : COMPARE_EQUAL;
		if (o->calls && !has_strace())
			verdict = COMPARE_TROUBLE;
		if (native.timed_out && lxrun.timed_out) {
			text_str(why, "neither run ended in time; both were killed\n");
			verdict = COMPARE_TROUBLE;
		}
		if (native.left_behind > native.timed_out)
			text_printf(why, "natively %u processes were left behind and killed\n",
				    native.left_behind - native.timed_out);
		r->native_seconds = native.seconds;
		r->lxrun_seconds = lxrun.seconds;
	}
	free(wrapped);
	return verdict;
}

char *compare_program(const char *program)
{
	char full[PATH_MAX];

	if (!strchr(program, '/'))
		return strdup(program);
	if (realpath(program, full))
		return strdup(full);
	lxrun_warn("%s: %s", program, strerror(errno));
	return NULL;
}

static int one(const struct compare_options *o, char *const argv[], unsigned number,
	       const struct compare_rules *rules, FILE *out)
{
	const char *tmp = getenv("TMPDIR");
	struct compare_result r = { .verdict = COMPARE_TROUBLE };
	struct text why = { 0 }, name = { 0 };
	char base[100];
	char **copy;
	size_t n = 0;

	while (argv[n])
		n++;
	snprintf(base, sizeof(base), "%.60s/lxrun-compare.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	copy = calloc(n + 1, sizeof(*copy));
	if (!copy || !mkdtemp(base)) {
		lxrun_warn("%s: %s", base, strerror(errno));
		free(copy);
		return COMPARE_TROUBLE;
	}
	memcpy(copy, argv, n * sizeof(*copy));
	copy[0] = compare_program(argv[0]);
	if (copy[0])
		r.verdict = judge(o, base, copy, rules, &r, &why);
	if (o->keep)
		text_printf(&why, "both runs are in %s\n", base);
	else
		compare_remove(base);
	compare_put_plain(&name, argv[0], strlen(argv[0]));
	r.name = name.data ? name.data : "?";
	r.why = why.data ? why.data : "";
	report_one(o->format, number, &r, out);
	free(copy[0]);
	free(copy);
	text_free(&why);
	text_free(&name);
	return r.verdict;
}

static int is_program(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Each program of a directory, by name. */
static int many(const struct compare_options *o, const char *dir, const struct compare_rules *rules,
		FILE *out)
{
	struct dirent **names = NULL;
	char(*paths)[PATH_MAX] = NULL;
	int n = scandir(dir, &names, is_program, alphasort), count = 0, i, verdict, worst = 0;
	struct stat st;

	paths = n > 0 ? calloc((size_t)n, sizeof(*paths)) : NULL;
	for (i = 0; i < n && paths; i++) {
		snprintf(paths[count], sizeof(*paths), "%s/%s", dir, names[i]->d_name);
		if (!stat(paths[count], &st) && S_ISREG(st.st_mode) && !access(paths[count], X_OK))
			count++;
	}
	report_begin(o->format, (unsigned)count, out);
	for (i = 0; i < count; i++) {
		verdict = one(o, (char *const[]){ paths[i], NULL }, (unsigned)i + 1, rules, out);
		worst = verdict > worst ? verdict : worst;
	}
	report_end(o->format, out);
	for (i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(paths);
	if (count)
		return worst;
	lxrun_warn("%s: no programs in it", dir);
	return COMPARE_TROUBLE;
}

int compare_main(const struct compare_options *o, char *const argv[], FILE *out)
{
	struct compare_rules *rules = rules_read(o->rules_file);
	struct stat st;
	int verdict;

	if (!rules)
		return COMPARE_TROUBLE;
	if (!argv[1] && !stat(argv[0], &st) && S_ISDIR(st.st_mode)) {
		verdict = many(o, argv[0], rules, out);
	} else {
		report_begin(o->format, 1, out);
		verdict = one(o, argv, 1, rules, out);
		report_end(o->format, out);
	}
	rules_free(rules);
	if (!fflush(out) && !ferror(out))
		return verdict;
	lxrun_warn("standard output: %s", strerror(errno));
	return COMPARE_TROUBLE;
}
