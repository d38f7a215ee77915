/* SPDX-License-Identifier: MIT */
/*
 * --stats: calls, errors and time by call, and what was missing. Counters are added without a lock;
 * the table has the columns of `strace -c`, so that eyes and scripts know it.
 */
#include "observe.h"
#include "lxrun/trace.h"
#include <inttypes.h>
#include <stdlib.h>

static struct sc_stat {
	_Atomic uint64_t calls, errors, ns;
} stats[SC_TABLE_SIZE];

void stats_count(uint32_t nr, int64_t result, uint64_t ns)
{
	struct sc_stat *s = &stats[nr < SC_TABLE_SIZE ? nr : SC_TABLE_SIZE - 1];

	__atomic_fetch_add((uint64_t *)&s->calls, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add((uint64_t *)&s->ns, ns, __ATOMIC_RELAXED);
	if (result < 0 && result >= -4095)
		__atomic_fetch_add((uint64_t *)&s->errors, 1, __ATOMIC_RELAXED);
}

static int by_time(const void *a, const void *b)
{
	const struct sc_stat *x = &stats[*(const uint32_t *)a], *y = &stats[*(const uint32_t *)b];

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return (x->calls < y->calls) - (x->calls > y->calls);
}

static void print_row(FILE *out, const struct sc_stat *s, uint64_t all_ns, const char *name)
{
	char errors[24] = "";

	if (s->errors)
		snprintf(errors, sizeof(errors), "%" PRIu64, s->errors);
	fprintf(out, "%6.2f %11.6f %11.1f %9" PRIu64 " %9s %s\n",
		all_ns ? 100.0 * (double)s->ns / (double)all_ns : 0.0, (double)s->ns / 1e9,
		s->calls ? (double)s->ns / 1e3 / (double)s->calls : 0.0, s->calls, errors, name);
}

static void print_missing(FILE *out)
{
	static struct missing list[MISSING_MAX];
	uint64_t lost;
	uint32_t n = missing_snapshot(list, MISSING_MAX, &lost), i;

	for (i = 0; i < n; i++) {
		fprintf(out, "unsupported: %s", list[i].call);
		if (list[i].what[0])
			fprintf(out, " %s 0x%" PRIx64, list[i].what, list[i].value);
		fprintf(out, " x%" PRIu64 " (first: pid %d %s)\n", list[i].count, list[i].tid,
			list[i].program);
	}
	if (lost)
		fprintf(out, "unsupported: %" PRIu64 " more that were not recorded\n", lost);
}

void stats_print(FILE *out)
{
	static const char rule[] =
		"------ ----------- ----------- --------- --------- ----------------";
	uint32_t order[SC_TABLE_SIZE], n = 0, i;
	struct sc_stat total = { 0 };

	for (i = 0; i < SC_TABLE_SIZE; i++) {
		if (!stats[i].calls)
			continue;
		order[n++] = i;
		total.calls += stats[i].calls;
		total.errors += stats[i].errors;
		total.ns += stats[i].ns;
	}
	qsort(order, n, sizeof(order[0]), by_time);
	fprintf(out, "%% time     seconds  usecs/call     calls    errors syscall\n%s\n", rule);
	for (i = 0; i < n; i++)
		print_row(out, &stats[order[i]], total.ns,
			  sc_table[order[i]].name ? sc_table[order[i]].name : "(no such call)");
	fprintf(out, "%s\n", rule);
	print_row(out, &total, total.ns, "total");
	print_missing(out);
	fflush(out);
}
