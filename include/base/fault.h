/* SPDX-License-Identifier: MIT */
/*
 * fault.h - failures on purpose, for tests: the n-th pass through a door fails, once.
 *
 * The doors are the only ways out of the project's own code: the heap (src/base/alloc.c) and the host
 * calls of src/ntshim/host. A test that arms a door for n = 1, 2, ... until it no longer fires has seen
 * every failure of a piece of code. Not armed, a door costs one load and a branch that is never
 * taken. What fails NT calls by name and rule is nt/fault.h.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H
#include <stdbool.h>
#include <stdint.h>

enum fault_door { FAULT_ALLOC, FAULT_HOST, FAULT_DOORS };

extern _Atomic uint64_t fault_left[FAULT_DOORS]; /* 0: not armed; 1: the next pass fails */

/* The n-th pass from now on fails, whichever thread makes it. 0 disarms. */
void fault_arm(enum fault_door door, uint64_t n);
/* Whether it is still to come. */
bool fault_armed(enum fault_door door);
/* Not for direct use. */
bool fault_count(enum fault_door door);

/* Asked by each door: whether this pass has to fail. */
static inline bool fault_due(enum fault_door door)
{
	return __builtin_expect(__atomic_load_n((uint64_t *)&fault_left[door], __ATOMIC_RELAXED) != 0,
				0) &&
	       fault_count(door);
}
#endif
