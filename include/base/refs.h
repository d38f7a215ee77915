/* SPDX-License-Identifier: MIT */
/* refs.h - reference counts. `x_get()` takes a reference, `x_put()` drops one; the last frees. */
#ifndef BASE_REFS_H
#define BASE_REFS_H
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct refs {
	_Atomic uint32_t n;
};

static inline void refs_init(struct refs *r)
{
	r->n = 1;
}

static inline void refs_get(struct refs *r)
{
	uint32_t old = r->n++;

	assert(old > 0);
	(void)old;
}

/* Takes a reference unless the count is already zero (object found in a table while it dies). */
static inline bool refs_get_live(struct refs *r)
{
	uint32_t n = r->n;

	while (n)
		if (__atomic_compare_exchange_n((uint32_t *)&r->n, &n, n + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

/* Returns true for the caller that dropped the last reference and must free. */
static inline bool refs_put(struct refs *r)
{
	uint32_t old = r->n--;

	assert(old > 0);
	return old == 1;
}
#endif
