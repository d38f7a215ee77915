/* SPDX-License-Identifier: MIT */
/* alloc.h - the one door to the heap, so that tests can fail every allocation in turn. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H
#include <stddef.h>
#include <stdint.h>

/* Returns zeroed memory, or NULL. Freed with mem_free(). */
void *mem_alloc(size_t size);
/* As realloc(3); the new part is not cleared. On failure returns NULL and leaves p alone. */
void *mem_realloc(void *p, size_t size);
char *mem_strdup(const char *s);
void  mem_free(void *p);

/* For tests: the n-th allocation from now on fails, once. 0 disarms. */
void mem_fail_nth(uint64_t n);
/* Whether it is still to come. */
int  mem_fail_armed(void);
#endif
