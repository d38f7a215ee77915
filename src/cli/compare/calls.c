/* SPDX-License-Identifier: MIT */
/*
 * The calls that a program makes natively, by strace, and under lxrun, by --trace=sys, both in strace's format:
 * process by process, what the host or chance decides out of the way, the first call that differs. A process
 * is known by the calls that made it: the first child of the first program is 1.1, its second 1.2.
 */
#include "compare.h"
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT 3
#define SHOWN   160 /* bytes of a line */

struct process {
	char name[64];
	long pid;
	unsigned children;
	char **lines, *half; /* half: of a call that has not ended */
	size_t count, room;
};
struct trace {
	struct process *processes;
	size_t count;
	bool failed; /* no memory */
};

/* ---- reading ---- */

static struct process *find(struct trace *t, long pid)
{
	size_t i;

	for (i = t->count; i > 0; i--) /* a number that was used again is the last one's */
		if (t->processes[i - 1].pid == pid)
			return &t->processes[i - 1];
	return NULL;
}

/* Its parent's call may be told later: then it has no name yet. */
static struct process *add(struct trace *t, long pid)
{
	struct process *more = realloc(t->processes, (t->count + 1) * sizeof(*more));

	if (!more) {
		t->failed = true;
		return NULL;
	}
	t->processes = more;
	more[t->count] = (struct process){ .pid = pid };
	if (!t->count)
		strcpy(more[0].name, "1");
	return &more[t->count++];
}

static void add_line(struct trace *t, struct process *p, const char *text)
{
	char **more = p->lines;

	if (p->count == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		more = realloc(p->lines, p->room * sizeof(*more));
	}
	if (more)
		p->lines = more;
	if (!more || !(p->lines[p->count] = strdup(text))) {
		t->failed = true;
		return;
	}
	p->count++;
}

static bool is_birth(const char *text)
{
	return !strncmp(text, "clone", 5) || !strncmp(text, "fork(", 5) ||
	       !strncmp(text, "vfork(", 6);
}

static void name_child(struct trace *t, size_t parent, const char *text)
{
	const char *result = strrchr(text, '=');
	long pid = result && is_birth(text) ? strtol(result + 1, NULL, 10) : 0;
	struct process *child = pid > 0 ? find(t, pid) : NULL;
	struct process *p;

	if (pid <= 0)
		return;
	if (!child || child->name[0])
		child = add(t, pid);
	p = &t->processes[parent];
	if (child)
		snprintf(child->name, sizeof(child->name), "%.48s.%u", p->name, ++p->children);
}

/* "<... read resumed>rest" is put behind what was said before. Returns malloc()ed text, or NULL: not whole. */
static char *whole(struct process *p, const char *text)
{
	static const char unfinished[] = " <unfinished ...>";
	size_t len = strlen(text), end = sizeof(unfinished) - 1;
	const char *rest = strstr(text, " resumed>");
	char *all;

	if (len > end && !strcmp(text + len - end, unfinished)) {
		free(p->half);
		p->half = strndup(text, len - end);
		return NULL;
	}
	if (strncmp(text, "<... ", 5) || !rest || !p->half)
		return strdup(text);
	rest += strlen(" resumed>");
	all = malloc(strlen(p->half) + strlen(rest) + 1);
	if (all)
		strcat(strcpy(all, p->half), rest);
	free(p->half);
	p->half = NULL;
	return all;
}

/* Without the time that it took, and one blank before the result. */
static void trim(char *text)
{
	char *end = strrchr(text, '<'), *eq = strstr(text, ") ");

	text[strcspn(text, "\n")] = 0;
	if (end && end > text && end[-1] == ' ' && strchr(end, '>') && end[1] >= '0' &&
	    end[1] <= '9')
		end[-1] = 0;
	for (; eq; eq = strstr(eq + 1, ") ")) {
		size_t blanks = strspn(eq + 1, " ");

		if (eq[1 + blanks] == '=' && blanks > 1)
			memmove(eq + 2, eq + 1 + blanks, strlen(eq + 1 + blanks) + 1);
	}
}

/* "PID SECONDS TEXT" */
static void read_line(struct trace *t, char *line)
{
	char *text;
	long pid = strtol(line, &text, 10);
	struct process *p = find(t, pid);
	char *all;
	size_t i;

	text += strspn(text, " ");
	text += strspn(text, "0123456789.");
	text += strspn(text, " ");
	if (!pid || (!p && !(p = add(t, pid))))
		return;
	trim(text);
	/* when a signal comes, and how its handler returns, is chance; the ends of processes are no calls */
	if (!strncmp(text, "---", 3) || !strncmp(text, "+++", 3) ||
	    !strncmp(text, "rt_sigreturn", 12))
		return;
	i = (size_t)(p - t->processes);
	all = whole(p, text);
	if (!all)
		return;
	trim(all);
	add_line(t, p, all);
	name_child(t, i, all);
	free(all);
}

static bool read_trace(struct trace *t, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	while (f && !t->failed && getline(&line, &size, f) > 0)
		read_line(t, line);
	free(line);
	if (f)
		fclose(f);
	return f && !t->failed && t->count;
}

static void free_trace(struct trace *t)
{
	size_t i, k;

	for (i = 0; i < t->count; i++) {
		for (k = 0; k < t->processes[i].count; k++)
			free(t->processes[i].lines[k]);
		free(t->processes[i].lines);
		free(t->processes[i].half);
	}
	free(t->processes);
}

/* ---- what does not count ---- */

#define PID_CALLS                                                                                \
	"^(wait4|waitid|kill|tkill|tgkill|setpgid|getpgid|getsid|prlimit64|sched_[a-z_]+|pidfd_" \
	"open)\\("
static struct {
	const char *when; /* of lines that match; NULL: all */
	const char *what; /* its first group becomes ... */
	const char *with;
	regex_t when_regex, what_regex;
} chances[] = {
	{ .what = "(0x[0-9a-f]{5,})", .with = "ADDRESS" },
	{ .what = "(/\\* [0-9]+ vars)", .with = "/* N vars" },
	{ .what = "(/\\* [0-9]{4}-[0-9]{2}-[^*]*\\*/)", .with = "/* DATE */" },
	{ .what = "(tv_n?u?sec=[0-9]+)", .with = "TIME" },
	{ .what = "(st_(ino|dev)=[^,}]*)", .with = "FILE" },
	{ .what = "(si_pid=[0-9]+)", .with = "si_pid=PID" },
	{ .what = "(si_[us]time=[0-9]+( /\\*[^*]*\\*/)?)", .with = "TIME" },
	{ .what = "((tms_[a-z]+|uptime|loads|totalram|freeram|sharedram|bufferram|procs|f_bfree|"
		  "f_bavail|f_ffree)=(\\[[^]]*\\]|[0-9]+))",
	  .with = "AMOUNT" },
	{ "^getrandom\\(", "(\"[^\"]*\")", "BYTES", { 0 }, { 0 } },
	{ "^(set_tid_address|get(pid|ppid|tid|pgrp|pgid|sid)|setsid|v?fork|clone3?|wait4)\\(",
	  "= ([1-9][0-9]*)$",
	  "PID",
	  { 0 },
	  { 0 } },
	{ PID_CALLS, "\\(([1-9][0-9]*)", "PID", { 0 }, { 0 } },
	{ "^(tgkill|setpgid)\\(", ", ([1-9][0-9]*)", "PID", { 0 }, { 0 } },
};
#define CHANCES (sizeof(chances) / sizeof(chances[0]))

static void compile(void)
{
	size_t i;

	for (i = 0; i < CHANCES; i++) {
		regcomp(&chances[i].what_regex, chances[i].what, REG_EXTENDED);
		if (chances[i].when)
			regcomp(&chances[i].when_regex, chances[i].when, REG_EXTENDED | REG_NOSUB);
	}
}

static void discard(void)
{
	size_t i;

	for (i = 0; i < CHANCES; i++) {
		regfree(&chances[i].what_regex);
		if (chances[i].when)
			regfree(&chances[i].when_regex);
	}
}

static void replace(struct text *line, const regex_t *what, const char *with)
{
	struct text out = { 0 };
	const char *at = line->data;
	regmatch_t m[2];

	while (!regexec(what, at, 2, m, at == line->data ? 0 : REG_NOTBOL) && m[1].rm_eo > 0) {
		text_put(&out, at, (size_t)m[1].rm_so);
		text_str(&out, with);
		at += m[1].rm_eo;
	}
	text_str(&out, at);
	text_free(line);
	*line = out;
}

/* The line as it is compared. */
static void normal(struct text *out, const char *line, const struct compare_rules *rules)
{
	size_t i;

	text_free(out);
	text_str(out, line);
	for (i = 0; i < CHANCES && out->data; i++)
		if (!chances[i].when || !regexec(&chances[i].when_regex, out->data, 0, NULL, 0))
			replace(out, &chances[i].what_regex, chances[i].with);
	rules_apply(rules, "calls", out);
}

/* ---- comparing ---- */

/* The next line that counts, from *at on: one that a rule makes nothing of does not. */
static const char *next(const struct process *p, size_t *at, struct text *text,
			const struct compare_rules *rules)
{
	while (*at < p->count) {
		const char *line = p->lines[(*at)++];

		normal(text, line, rules);
		if (text->data && strcmp(text->data, "~"))
			return line;
	}
	return NULL;
}

static void put(struct text *why, const char *leader, const char *line)
{
	size_t len = line ? strlen(line) : 0;

	text_str(why, leader);
	compare_put_plain(why, line ? line : "(no more calls)",
			  line ? (len < SHOWN ? len : SHOWN) : 15);
	text_str(why, len > SHOWN ? "...\n" : "\n");
}

static bool process_differs(const struct process *n, const struct process *l,
			    const struct compare_rules *rules, struct text *why)
{
	struct text a = { 0 }, b = { 0 };
	const char *native, *lxrun, *before[CONTEXT] = { 0 };
	size_t at = 0, lat = 0, number = 0, i;
	bool differs;

	do {
		native = next(n, &at, &a, rules);
		lxrun = next(l, &lat, &b, rules);
		differs = !native != !lxrun ||
			  (native && (!a.data || !b.data || strcmp(a.data, b.data)));
		if (!differs)
			before[number++ % CONTEXT] = native;
	} while (native && !differs);
	if (differs) {
		text_printf(why, "calls differ in process %s, call %zu:\n", n->name, number + 1);
		for (i = number > CONTEXT ? number - CONTEXT : 0; i < number; i++)
			put(why, "           ", before[i % CONTEXT]);
		put(why, "  native   ", native);
		put(why, "  lxrun    ", lxrun);
	}
	text_free(&a);
	text_free(&b);
	return differs;
}

static bool traces_differ(const struct trace *n, const struct trace *l,
			  const struct compare_rules *rules, struct text *why)
{
	size_t i, k;

	for (i = 0; i < n->count; i++) {
		for (k = 0; k < l->count; k++)
			if (!strcmp(l->processes[k].name, n->processes[i].name))
				break;
		if (k == l->count) {
			text_printf(why, "calls: process %s is there natively only\n",
				    n->processes[i].name);
			return true;
		}
		if (process_differs(&n->processes[i], &l->processes[k], rules, why))
			return true;
	}
	if (l->count <= n->count)
		return false;
	text_printf(why, "calls: %zu processes natively, %zu under lxrun\n", n->count, l->count);
	return true;
}

bool calls_differ(const char *native, const char *lxrun, const struct compare_rules *rules,
		  struct text *why)
{
	struct trace n = { 0 }, l = { 0 };
	bool differs = true;

	compile();
	if (!read_trace(&n, native) || !read_trace(&l, lxrun))
		text_str(why, "calls: a trace is missing\n");
	else
		differs = traces_differ(&n, &l, rules, why);
	discard();
	free_trace(&n);
	free_trace(&l);
	return differs;
}
