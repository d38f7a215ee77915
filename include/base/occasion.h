/* SPDX-License-Identifier: MIT */
/*
 * occasion.h - when a rule of --inject or --nt-fault acts: the conditions that both have, one grammar.
 *
 *   when=N  when=N+  when=N+STEP  when=N..M  when=N..M+STEP    by number, from 1
 *   every=N                                                   when=N+N
 *   prob=P  prob=P%  prob=P,seed=S                            with a probability
 *   max=N                                                     at most N times
 */
#ifndef BASE_OCCASION_H
#define BASE_OCCASION_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct occasion {
	uint64_t first, last, step; /* first 0: all */
	uint32_t chance;	    /* of 2^32 - 1; 0: always */
	uint64_t max;		    /* hits; 0: any number */
	_Atomic uint64_t random;    /* 0: no seed was given */
	_Atomic uint64_t seen, hits;
};

/* Whether the part, up to a NUL, is one of these conditions. */
bool occasion_is(const char *part);
/* Takes the part. NULL, or what is wanted instead. */
const char *occasion_parse(struct occasion *o, const char *part);
/* Counts one more that the rest of the rule matches; whether it is its turn. */
bool occasion_due(struct occasion *o);
#endif
