/* SPDX-License-Identifier: MIT */
/*
 * compare.h - --compare: the same program natively and under lxrun, in directories that are equal and have
 * the same name, one after the other; then what can be seen of both runs is compared.
 */
#ifndef COMPARE_H
#define COMPARE_H
#include "base/text.h"
#include <stdint.h>
#include <stdio.h>

enum compare_format { COMPARE_TEXT, COMPARE_TAP, COMPARE_JUNIT, COMPARE_GITHUB };
enum {
	COMPARE_EQUAL = 0,
	COMPARE_DIFFERENT = 1,
	COMPARE_TROUBLE = 2
}; /* exit statuses, as diff(1) has them */

struct compare_options {
	const char *start_dir;  /* both start in a copy of it; NULL: in an empty directory */
	const char *rules_file; /* what is not compared; NULL: everything is */
	uint64_t timeout_ms;    /* of each run; 0: a minute */
	const char *
		check; /* --check, of --need: a shell's command that judges a run; NULL: it is compared */
	enum compare_format format;
	char *const *
		lxrun_argv; /* lxrun's own path and the options that the run under it gets; NULL ends */
	bool calls;         /* the calls that both make are compared, too */
	bool keep;          /* leave the directories and say where they are */
};
/* argv: a program, or one directory of programs. Prints to out. Returns one of the statuses. */
int compare_main(const struct compare_options *o, char *const argv[], FILE *out);

/*
 * Runs argv under lxrun with each of its NT calls failing in turn with status (NULL: insufficient
 * resources) and says how it ended. DIFFERENT: it crashed, hung, or succeeded with another outcome.
 */
int sweep_main(const struct compare_options *o, const char *status, char *const argv[], FILE *out);

/*
 * Which of the calls, flags and NT calls that argv uses it needs: runs it without each, and with each doing
 * nothing successfully. EQUAL; TROUBLE.
 */
int need_main(const struct compare_options *o, bool json, char *const argv[], FILE *out);
/* The same for the commands of a file, or the programs of a directory, and in which order to implement. */
int need_plan_main(const struct compare_options *o, const char *list, FILE *out);
/* lxrun with its options and extra (may be NULL), "--", argv. malloc()ed; NULL: no memory. */
char **compare_command(const struct compare_options *o, char *const extra[], char *const argv[]);

/* ---- rules.c: "stdout|stderr|calls REGEX", "tree GLOB", "status" ---- */
struct compare_rules;
/* Empty rules when file is NULL. NULL: said why not. */
struct compare_rules *rules_read(const char *file);
void rules_free(struct compare_rules *r);
bool rules_skip_status(const struct compare_rules *r);
bool rules_skip_path(const struct compare_rules *r, const char *path);
/* Replaces what a rule for stream ("stdout") matches in line by ~. line grows as it must. */
void rules_apply(const struct compare_rules *r, const char *stream, struct text *line);

/* ---- run.c ---- */
struct compare_side {
	const char *name;                   /* "native", "lxrun" */
	char tree[128], out[128], err[128]; /* where it left what */
	int status;                         /* wait status */
	bool timed_out;
	unsigned left_behind; /* processes that had to be killed */
	double seconds;
};
/*
 * Runs argv in base/dir, a fresh one, and moves the directory to side->tree afterwards. 0; -1: trouble,
 * said. Everything the program started is dead afterwards.
 */
int compare_run(const struct compare_options *o, const char *base, char *const argv[],
		struct compare_side *side);
/* A program's name as runs in other directories find it: malloc()ed; NULL: said why not. */
char *compare_program(const char *program);
/* Removes a directory tree. */
void compare_remove(const char *path);

/* ---- tree.c, output.c, calls.c: the first difference into why; true: there is one ---- */
bool tree_differs(const char *native, const char *lxrun, const struct compare_rules *rules,
		  struct text *why);
bool output_differs(const char *stream, const char *native, const char *lxrun,
		    const struct compare_rules *rules, struct text *why);
/* calls.c: two traces in strace's format. */
bool calls_differ(const char *native, const char *lxrun, const struct compare_rules *rules,
		  struct text *why);
/* n bytes as printable ASCII. */
void compare_put_plain(struct text *t, const char *s, size_t n);

/* ---- report.c ---- */
struct compare_result {
	const char *name;
	int verdict; /* COMPARE_* */
	const char *why;
	double native_seconds, lxrun_seconds;
};
void report_begin(enum compare_format format, unsigned count, FILE *out);
void report_one(enum compare_format format, unsigned number, const struct compare_result *r,
		FILE *out);
void report_end(enum compare_format format, FILE *out);
#endif
