/* SPDX-License-Identifier: MIT */
/* need.h - private to --need and --need-plan: what a program was found to need. */
#ifndef COMPARE_NEED_H
#define COMPARE_NEED_H
#include "compare.h"

enum need_kind { NEED_CALL, NEED_FLAG, NEED_NT };
struct need_item {
	enum need_kind kind;
	char call[48]; /* Linux call or NT call */
	char flag[64]; /* of a flag or value: its name */
	bool is_value; /* one of several values, not a flag of a set */
	unsigned arg;  /* ... of this argument, from 1 */
	uint64_t value;
	uint64_t times;
	bool without;  /* the program does the same when it fails */
	int pretended; /* ... when it does nothing successfully: 1, 0; -1: could not be tried */
};
#define NEED_MAX 2048
struct need_report {
	struct need_item items[NEED_MAX];
	int count;
};
/*
 * Runs argv again and again; tells each item of the report as soon as it is known (tell may be NULL).
 * COMPARE_EQUAL, or COMPARE_TROUBLE, said.
 */
int need_measure(const struct compare_options *o, char *const argv[], struct need_report *report,
		 void (*tell)(const struct need_item *item, void *context), void *context);
/* Whether it can neither be left out nor pretended. */
static inline bool need_is_needed(const struct need_item *i)
{
	return !i->without && i->pretended != 1;
}
/* "openat", "openat O_CLOEXEC", "NtClose": into name. Returns name. */
const char *need_name(const struct need_item *item, char name[128]);
#endif
