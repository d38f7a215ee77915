/* SPDX-License-Identifier: MIT */
/* fault.c - counts passes through the doors of base/fault.h. */
#include "base/fault.h"

_Atomic uint64_t fault_left[FAULT_DOORS];

void fault_arm(enum fault_door door, uint64_t n)
{
	fault_left[door] = n;
}

bool fault_armed(enum fault_door door)
{
	return fault_left[door] != 0;
}

bool fault_count(enum fault_door door)
{
	uint64_t left = fault_left[door];

	while (left && !__atomic_compare_exchange_n((uint64_t *)&fault_left[door], &left, left - 1,
						    false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return left == 1;
}
