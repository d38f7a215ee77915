/* SPDX-License-Identifier: MIT */
/* observe.h - private to dispatch, trace and statistics: how a call is watched. */
#ifndef SYSCALL_OBSERVE_H
#define SYSCALL_OBSERVE_H
#include "lxrun/syscall.h"

/* Set when --trace=sys, a channel below it or --stats is on, or somebody is attached. */
extern _Atomic bool sc_observed;

/* Runs the call in a, unobserved. */
int64_t sc_call(struct task *t, const struct sc_args *a);
/* As sc_call, with trace and statistics: src/syscall/trace.c. */
int64_t sc_dispatch_observed(struct task *t, const struct sc_args *a);

/* src/syscall/stats.c, unsupported.c */
/* On the thread that is about to serve a call. */
void stats_begin(void);
void stats_count(uint32_t nr, int64_t result, uint64_t ns);
/* stats_flags.c: the flags and values that the call is made with. */
void stats_count_flags(const struct sc_args *a);
/* A line of a lower layer below call nr, "NtClose(...) = STATUS_SUCCESS"; ns 0: not known. */
void stats_below(uint32_t nr, uint32_t channel, const char *line, uint64_t ns);
struct missing {
	char call[24], what[24], program[16];
	uint64_t value, count;
	int tid; /* first seen in */
};
/* Copies at most max records, oldest first; *lost counts what was not recorded. Returns how many. */
uint32_t missing_snapshot(struct missing *out, uint32_t max, uint64_t *lost);
#define MISSING_MAX 256
#endif
