/* SPDX-License-Identifier: MIT */
/* occasion.c - conditions of rules that make calls go wrong: parsing and counting. */
#include "base/occasion.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtoull(text, &end, 10);
	return !*end;
}

/* N, N+, N+S, N..M, N..M+S: as strace has it. */
static const char *set_when(struct occasion *o, const char *value)
{
	static const char why[] = "when=N, N+, N+STEP, N..M or N..M+STEP is wanted, from 1";
	char *end;

	if (!isdigit((unsigned char)*value))
		return why;
	o->first = o->last = strtoull(value, &end, 10);
	o->step = 1;
	if (!strncmp(end, "..", 2)) {
		if (!isdigit((unsigned char)end[2]))
			return why;
		o->last = strtoull(end + 2, &end, 10);
	} else if (*end == '+') {
		o->last = UINT64_MAX;
	}
	if (*end == '+' && isdigit((unsigned char)end[1]))
		o->step = strtoull(end + 1, &end, 10);
	else if (*end == '+')
		end++;
	return *end || !o->first || !o->step || o->last < o->first ? why : NULL;
}

static const char *set_every(struct occasion *o, const char *value)
{
	if (!number(value, &o->first) || !o->first)
		return "every=N is wanted, N from 1";
	o->step = o->first;
	o->last = UINT64_MAX;
	return NULL;
}

/* 0.25 or 25%, then ,seed=S */
static const char *set_chance(struct occasion *o, const char *value)
{
	char *end;
	double p = strtod(value, &end);
	uint64_t seed = 0;

	if (*end == '%') {
		p /= 100;
		end++;
	}
	if (end == value || !(p > 0) || p > 1)
		return "a probability is wanted: prob=0.25 or prob=25%";
	if (!strncmp(end, ",seed=", 6) && (!number(end + 6, &seed) || !seed))
		return "a seed from 1 is wanted";
	if (*end && *end != ',')
		return "prob=P or prob=P,seed=S is wanted";
	o->chance = p >= 1 ? UINT32_MAX : (uint32_t)(p * UINT32_MAX);
	o->random = seed;
	return NULL;
}

static const char *set_max(struct occasion *o, const char *value)
{
	return number(value, &o->max) && o->max ? NULL : "max=N is wanted, N from 1";
}

static const struct {
	const char *key;
	const char *(*set)(struct occasion *o, const char *value);
} parts[] = {
	{ "when=", set_when },
	{ "every=", set_every },
	{ "prob=", set_chance },
	{ "max=", set_max },
};

static int find(const char *part)
{
	for (int i = 0; i < (int)(sizeof(parts) / sizeof(parts[0])); i++)
		if (!strncmp(part, parts[i].key, strlen(parts[i].key)))
			return i;
	return -1;
}

bool occasion_is(const char *part)
{
	return find(part) >= 0;
}

const char *occasion_parse(struct occasion *o, const char *part)
{
	int i = find(part);

	return i < 0 ? "when=, every=, prob= or max= is wanted"
		     : parts[i].set(o, part + strlen(parts[i].key));
}

/* xorshift64*: the same seed gives the same course of a program without races. */
static bool lucky(struct occasion *o)
{
	uint64_t old = o->random, x;

	do {
		x = old ? old : 1;
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
	} while (!__atomic_compare_exchange_n((uint64_t *)&o->random, &old, x, false,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return (uint32_t)(x * 0x2545f4914f6cdd1dull >> 32) < o->chance;
}

bool occasion_due(struct occasion *o)
{
	uint64_t n = ++o->seen;

	if (o->first && (n < o->first || n > o->last || (n - o->first) % o->step))
		return false;
	if (o->chance && !lucky(o))
		return false;
	return !o->max || o->hits < o->max;
}
