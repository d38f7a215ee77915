/* SPDX-License-Identifier: MIT */
/*
 * lock.c - a futex lock of three states, and the check of the one lock order.
 *
 * A lock that nobody waits for costs one atomic exchange to take and one to release (lock.h). A
 * waiter sets the word to 2 before it sleeps, so that the holder knows whom to wake; a thread that
 * has slept takes the lock as 2, because it cannot know whether others still sleep.
 *
 * Debug builds keep, per thread, the locks it holds. Ranks must rise, except within a pair; lk_try()
 * cannot deadlock and may break the order.
 */
#include "base/lock.h"
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SPINS 100 /* about as long as the short critical sections here last */

void lk_acquire_slow(struct lk *l)
{
	for (int i = 0; i < SPINS; i++) {
		uint32_t free = 0;

		if (__atomic_compare_exchange_n((uint32_t *)&l->word, &free, 1, 0, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
		if (free == 2)
			break;
		__builtin_ia32_pause();
	}
	while (__atomic_exchange_n((uint32_t *)&l->word, 2, __ATOMIC_ACQUIRE) != 0)
		syscall(SYS_futex, &l->word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

void lk_wake(struct lk *l)
{
	syscall(SYS_futex, &l->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#ifndef LXRUN_DEBUG

void lk_assert_held(const struct lk *l) {}

void lk_assert_none(void) {}

static void acquire_second(struct lk *l)
{
	lk_acquire(l);
}

#else

#define MAX_HELD   32

static const char *const rank_names[] = { "NONE",
#define LR_NAME(r) #r,
					  LOCK_RANKS(LR_NAME)
#undef LR_NAME
};

static _Thread_local const struct lk *held[MAX_HELD];
static _Thread_local unsigned held_count;

static const char *rank_name(uint32_t rank)
{
	return rank < sizeof(rank_names) / sizeof(rank_names[0]) ? rank_names[rank] : "?";
}

__attribute__((noreturn)) static void bad(const char *what, const struct lk *l)
{
	fprintf(stderr, "lxrun: lock %s: %s; held:", rank_name(l->rank), what);
	for (unsigned i = 0; i < held_count; i++)
		fprintf(stderr, " %s", rank_name(held[i]->rank));
	fputc('\n', stderr);
	abort();
}

static void push(const struct lk *l)
{
	if (held_count == MAX_HELD)
		bad("too many locks", l);
	held[held_count++] = l;
}

void lk_check_order(const struct lk *l, int try)
{
	for (unsigned i = 0; i < held_count && !try; i++)
		if (held[i]->rank >= l->rank)
			bad(held[i] == l ? "taken twice" : "out of order", l);
	push(l);
}

void lk_check_release(const struct lk *l)
{
	unsigned i = held_count;

	while (i && held[i - 1] != l)
		i--;
	if (!i)
		bad("released by a thread that does not hold it", l);
	for (held_count--; i <= held_count; i++)
		held[i - 1] = held[i];
}

void lk_assert_held(const struct lk *l)
{
	for (unsigned i = 0; i < held_count; i++)
		if (held[i] == l)
			return;
	bad("should be held", l);
}

void lk_assert_none(void)
{
	if (held_count)
		bad("held across a wait", held[held_count - 1]);
}

/* The second lock of a pair: its rank equals the first's. */
static void acquire_second(struct lk *l)
{
	uint32_t free = 0;

	push(l);
	if (!__atomic_compare_exchange_n((uint32_t *)&l->word, &free, 1, 0, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		lk_acquire_slow(l);
}

#endif

void lk_acquire_pair(struct lk *a, struct lk *b)
{
	lk_acquire(a < b ? a : b);
	if (a != b)
		acquire_second(a < b ? b : a);
}

void lk_release_pair(struct lk *a, struct lk *b)
{
	lk_release(a);
	if (a != b)
		lk_release(b);
}
