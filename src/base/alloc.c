/* SPDX-License-Identifier: MIT */
/*
 * alloc.c - the one door to the heap. A test that calls mem_fail_nth(n) for n = 1, 2, ... sees every
 * allocation of a piece of code fail once.
 */
#include "base/alloc.h"
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t fail_in; /* 0: never; 1: the next allocation fails */

static int must_fail(void)
{
	return __builtin_expect(fail_in != 0, 0) && --fail_in == 0;
}

void mem_fail_nth(uint64_t n)
{
	fail_in = n;
}

int mem_fail_armed(void)
{
	return fail_in != 0;
}

void *mem_alloc(size_t size)
{
	return must_fail() ? NULL : calloc(1, size ? size : 1);
}

void *mem_realloc(void *p, size_t size)
{
	return must_fail() ? NULL : realloc(p, size ? size : 1);
}

char *mem_strdup(const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = must_fail() ? NULL : malloc(size);

	return copy ? memcpy(copy, s, size) : NULL;
}

void mem_free(void *p)
{
	free(p);
}
