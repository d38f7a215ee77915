/* SPDX-License-Identifier: MIT */
/*
 * --need-plan: --need for several programs, and in which order to implement what they need: next comes the
 * program that is short of the least, so that each step makes one more run.
 */
#include "need.h"
#include "base/trace.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wordexp.h>

#define PROGRAMS_MAX 256

struct program {
	char *line;
	struct need_report *report; /* NULL: it could not be run */
	bool done;
};
struct plan {
	struct program programs[PROGRAMS_MAX];
	int count;
};

/* ---- the programs ---- */

static bool add_line(struct plan *p, const char *line)
{
	if (p->count == PROGRAMS_MAX)
		return false;
	p->programs[p->count].line = strdup(line);
	return p->programs[p->count++].line != NULL;
}

static int by_line(const void *a, const void *b)
{
	return strcmp(((const struct program *)a)->line, ((const struct program *)b)->line);
}

static void read_dir(struct plan *p, const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char path[PATH_MAX];
	struct stat st;

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "'%s/%s'", dir, e->d_name);
		path[strlen(path) - 1] = 0; /* as the system has it */
		if (e->d_name[0] != '.' && !strchr(path + 1, '\'') && !stat(path + 1, &st) &&
		    S_ISREG(st.st_mode) && !access(path + 1, X_OK)) {
			strcat(path, "'");
			add_line(p, path);
		}
	}
	if (d)
		closedir(d);
	qsort(p->programs, (size_t)p->count, sizeof(p->programs[0]), by_line);
}

static void read_list(struct plan *p, FILE *f)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, f)) > 0) {
		line[n - (line[n - 1] == '\n')] = 0;
		if (line[strspn(line, " \t")] && line[0] != '#')
			add_line(p, line);
	}
	free(line);
}

/* A file with a command a line, quoted as for a shell, or a directory of programs. 0; -1: said. */
static int read_programs(struct plan *p, const char *list)
{
	struct stat st;
	FILE *f;

	if (!stat(list, &st) && S_ISDIR(st.st_mode)) {
		read_dir(p, list);
	} else {
		f = fopen(list, "re");
		if (!f) {
			lxrun_warn("--need-plan %s: %s", list, strerror(errno));
			return -1;
		}
		read_list(p, f);
		fclose(f);
	}
	if (p->count)
		return 0;
	lxrun_warn("--need-plan %s: no programs in it", list);
	return -1;
}

static void measure(const struct compare_options *o, struct program *p)
{
	wordexp_t words = { 0 };

	if (wordexp(p->line, &words, WRDE_NOCMD) || !words.we_wordc) {
		lxrun_warn("%s: not a command with arguments", p->line);
		return;
	}
	p->report = calloc(1, sizeof(*p->report));
	if (p->report && need_measure(o, words.we_wordv, p->report, NULL, NULL) != COMPARE_EQUAL) {
		free(p->report);
		p->report = NULL;
	}
	wordfree(&words);
}

/* ---- the order ---- */

static bool has(const struct program *p, const struct need_item *item, bool needed)
{
	int i;

	for (i = 0; p->report && i < p->report->count; i++) {
		const struct need_item *other = &p->report->items[i];

		if (!strcmp(other->call, item->call) && !strcmp(other->flag, item->flag) &&
		    (!needed || need_is_needed(other)))
			return true;
	}
	return false;
}

/* Whether a program of an earlier step needed it. */
static bool is_there(const struct plan *plan, const struct need_item *item)
{
	int k;

	for (k = 0; k < plan->count; k++)
		if (plan->programs[k].done && has(&plan->programs[k], item, true))
			return true;
	return false;
}

static int missing(const struct plan *plan, const struct program *p)
{
	int i, n = 0;

	for (i = 0; i < p->report->count; i++)
		n += need_is_needed(&p->report->items[i]) && !is_there(plan, &p->report->items[i]);
	return n;
}

static struct program *next_program(struct plan *plan)
{
	struct program *best = NULL;
	int k, least = INT_MAX;

	for (k = 0; k < plan->count; k++) {
		struct program *p = &plan->programs[k];
		int n = p->report && !p->done ? missing(plan, p) : INT_MAX;

		if (n < least) {
			least = n;
			best = p;
		}
	}
	return best;
}

static void put_kind(const struct plan *plan, const struct program *p, enum need_kind kind,
		     const char *title, FILE *out)
{
	char name[128];
	int i, n = 0;

	for (i = 0; i < p->report->count; i++) {
		const struct need_item *item = &p->report->items[i];

		if (item->kind != kind || !need_is_needed(item) || is_there(plan, item))
			continue;
		fprintf(out, "%s%s", n++ ? ", " : title, need_name(item, name));
	}
	if (n)
		fputc('\n', out);
}

/* What programs use and none needs, by how it may be treated in all of them. */
static void put_rest(const struct plan *plan, bool without, const char *title, FILE *out)
{
	char name[128];
	int k, i, m, n = 0;

	for (k = 0; k < plan->count; k++)
		for (i = 0; plan->programs[k].report && i < plan->programs[k].report->count; i++) {
			const struct need_item *item = &plan->programs[k].report->items[i];
			bool first = true;

			for (m = 0; m < k; m++)
				first &= !has(&plan->programs[m], item, false);
			if (!first || item->kind == NEED_FLAG || is_there(plan, item) ||
			    item->without != without)
				continue;
			fprintf(out, "%s%s", n++ ? ", " : title, need_name(item, name));
		}
	if (n)
		fputc('\n', out);
}

static int print_plan(struct plan *plan, FILE *out)
{
	struct program *p;
	int step = 0, k, trouble = 0;

	while ((p = next_program(plan))) {
		int n = missing(plan, p);

		if (n)
			fprintf(out, "step %d: %d more, then it runs: %s\n", ++step, n, p->line);
		else
			fprintf(out, "        nothing more for: %s\n", p->line);
		put_kind(plan, p, NEED_CALL, "  calls     ", out);
		put_kind(plan, p, NEED_FLAG, "  flags     ", out);
		put_kind(plan, p, NEED_NT, "  NT calls  ", out);
		p->done = true;
	}
	put_rest(plan, true, "may be left out: ", out);
	put_rest(plan, false, "may be pretended: ", out);
	for (k = 0; k < plan->count; k++)
		trouble += !plan->programs[k].report;
	if (trouble)
		fprintf(out, "%d of %d programs could not be run\n", trouble, plan->count);
	return trouble ? COMPARE_TROUBLE : COMPARE_EQUAL;
}

int need_plan_main(const struct compare_options *o, const char *list, FILE *out)
{
	struct plan *plan = calloc(1, sizeof(*plan));
	int k, verdict = COMPARE_TROUBLE;

	if (!plan)
		return verdict;
	if (!read_programs(plan, list)) {
		for (k = 0; k < plan->count; k++)
			measure(o, &plan->programs[k]);
		verdict = print_plan(plan, out);
	}
	for (k = 0; k < plan->count; k++) {
		free(plan->programs[k].line);
		free(plan->programs[k].report);
	}
	free(plan);
	return fflush(out) || ferror(out) ? COMPARE_TROUBLE : verdict;
}
