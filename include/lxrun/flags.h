/* SPDX-License-Identifier: MIT */
/*
 * flags.h - the arguments of a system call that are a set of flags, or one of several values, by name: for
 * the trace, the statistics and everything that says how far a call is supported. From the kinds column of
 * lx/syscalls.def and the tables of names that the trace prints from.
 */
#ifndef LXRUN_FLAGS_H
#define LXRUN_FLAGS_H
#include <stdbool.h>
#include <stdint.h>

struct flag_name {
	uint64_t value;
	const char *name;
};

struct flag_kind {
	const char *kind;             /* the word in lx/syscalls.def */
	const struct flag_name *names; /* ended by a NULL name, in the order in which strace prints them */
	const char *zero;             /* of a set: what it is without a flag; NULL: one of several values */
	const char *prefix;           /* of what a value without a name is; may be NULL */
	uint32_t mask;                /* the bits that are it; 0: all */
	const struct flag_name *also; /* more names, which strace prints by a rule of their own; may be NULL */
	const struct flag_name *others; /* names of what lxrun has nothing of, for the trace; may be NULL */
};

/* The name of value, one flag or one choice; NULL: none. */
const char *sc_flag_name(const struct flag_kind *k, uint64_t value);

/* What argument i (from 0) of call nr is; NULL: neither a set of flags nor a choice. */
const struct flag_kind *sc_flag_kind(uint32_t nr, int i);

/*
 * What lxrun does not support of a call that it has: the table lx/flags.def. call: its name; flag: a name as in
 * the tables above. Returns what happens, or NULL: it is supported.
 */
const char *sc_flag_missing(const char *call, const char *flag);
#endif
