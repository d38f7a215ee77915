/* SPDX-License-Identifier: MIT */
/*
 * --stats: which flags and values calls were made with, how often. A hash table without locks: a row is
 * claimed once, by compare and exchange of its key, and counted from then on.
 */
#include "stats.h"
#include "trace_event.h"
#include "lxrun/flags.h"
#include <inttypes.h>
#include <string.h>

#define ROWS 4096
#define ARGS 6

static struct {
	_Atomic uint64_t key; /* 0: free; call, argument and value, from 1 */
	_Atomic uint64_t calls;
} rows[ROWS];
static _Atomic uint64_t lost;

static uint64_t key_of(uint32_t nr, int arg, uint32_t value)
{
	return (((uint64_t)nr * ARGS + (uint64_t)arg) << 32 | value) + 1;
}

static void count(uint32_t nr, int arg, uint32_t value)
{
	uint64_t key = key_of(nr, arg, value), at = key * 0x9e3779b97f4a7c15u >> 52;
	uint32_t tries;

	for (tries = 0; tries < ROWS; tries++, at++) {
		uint64_t seen = 0;

		if (rows[at % ROWS].key != key &&
		    !__atomic_compare_exchange_n((uint64_t *)&rows[at % ROWS].key, &seen, key,
						 false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
		    seen != key)
			continue;
		rows[at % ROWS].calls++;
		return;
	}
	lost++;
}

/* Each flag that is set; names of several bits come first in the tables. */
static void count_set(uint32_t nr, int arg, const struct flag_kind *k, uint32_t value)
{
	const struct flag_name *n;

	for (n = k->names; n->name; n++)
		if (n->value && (value & n->value) == n->value) {
			count(nr, arg, (uint32_t)n->value);
			value &= ~(uint32_t)n->value;
		}
	for (; value; value &= value - 1)
		count(nr, arg, value & -value);
}

void stats_count_flags(const struct sc_args *a)
{
	const struct flag_kind *k;
	int i;

	for (i = 0; i < ARGS; i++) {
		uint32_t value = SC_U32(a, i);

		k = sc_flag_kind(a->nr, i);
		if (!k)
			continue;
		if (k->mask)
			value &= k->mask;
		if (k->zero)
			count_set(a->nr, i, k, value);
		else
			count(a->nr, i, value);
	}
}

static void put_row(struct text *out, uint32_t nr, int arg, uint32_t value, uint64_t calls)
{
	const struct flag_kind *k = sc_flag_kind(nr, arg);
	const char *name = sc_flag_name(k, value);

	text_printf(out, "{\"arg\":%d,\"kind\":\"%s\",\"value\":%" PRIu32 ",\"name\":", arg + 1,
		    k->zero ? "flag" : "value", value);
	if (name)
		trace_json_string(out, name, strlen(name));
	else
		text_printf(out, "\"%#" PRIx32 "\"", value);
	text_printf(out, ",\"calls\":%" PRIu64 "}", calls);
}

void stats_json_flags(struct text *out, uint32_t nr)
{
	const char *comma = "";
	uint32_t i;

	for (i = 0; i < ROWS; i++) {
		uint64_t key = rows[i].key, call = key ? (key - 1) >> 32 : 0;

		if (!key || call / ARGS != nr)
			continue;
		text_str(out, comma);
		put_row(out, nr, (int)(call % ARGS), (uint32_t)(key - 1), rows[i].calls);
		comma = ",";
	}
}
