/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - the one door to the heap. A test that calls mem_fail_nth(n) for n = 1, 2, ... sees every
 * allocation of a piece of code fail once.
 */
#include "base/alloc.h"
#include "base/fault.h"
#include <stdlib.h>
#include <string.h>

void mem_fail_nth(uint64_t n)
{
	fault_arm(FAULT_ALLOC, n);
}

int mem_fail_armed(void)
{
	return fault_armed(FAULT_ALLOC);
}

/* What glibc keeps for each thread is not for calloc(), so that small things are cleared here. */
#define SMALL 1024

void *mem_alloc(size_t size)
{
	void *p;

	if (fault_due(FAULT_ALLOC))
		return NULL;
	if (size > SMALL)
		return calloc(1, size);
	p = malloc(size ? size : 1);
	return p ? memset(p, 0, size) : NULL;
}

void *mem_realloc(void *p, size_t size)
{
	return fault_due(FAULT_ALLOC) ? NULL : realloc(p, size ? size : 1);
}

char *mem_strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = fault_due(FAULT_ALLOC) ? NULL : malloc(size);

	return copy ? memcpy(copy, s, size) : NULL;
}

void mem_free(void *p)
{
	free(p);
}
