/* SPDX-License-Identifier: MIT */
/*
 * --stats: what was called on both sides, how often, how long, with what success. Counters are added
 * without a lock. What is below a call is counted from its trace lines, so that what the statistics
 * say is what the trace shows. Numbers of all the text, JSON and HTML reports are taken here.
 */
#include "stats.h"
#include "trace_event.h"
#include "lxrun/options.h"
#include "lxrun/trace.h"
#include "base/lock.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct sc_stat sc_stats[SC_TABLE_SIZE];
struct nt_stat nt_stats[STATS_NT_MAX];
struct cell_stat cell_stats[SC_TABLE_SIZE][STATS_NT_MAX];
static _Atomic uint32_t nt_count;
static struct lk names_lock = LK_INIT(TRACE); /* guards adding to nt_stats */
static _Thread_local uint64_t slept_ns;

static void add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static uint32_t row(uint32_t nr)
{
	return nr < SC_TABLE_SIZE ? nr : SC_TABLE_SIZE - 1;
}

/* Four buckets to each power of two. */
static uint32_t bucket(uint64_t ns)
{
	uint32_t log;

	if (ns < 4)
		return (uint32_t)ns;
	log = 63 - (uint32_t)__builtin_clzll(ns);
	return log * 4 + (uint32_t)(ns >> (log - 2) & 3);
}

/* The middle of a bucket. */
static uint64_t bucket_ns(uint32_t b)
{
	uint32_t log = b / 4;

	if (b < 8)
		return b & 3;
	return ((uint64_t)(4 + b % 4) << (log - 2)) + ((uint64_t)1 << (log - 2)) / 2;
}

void trace_slept(uint64_t ns)
{
	slept_ns += ns;
}

void stats_begin(void)
{
	slept_ns = 0;
}

void stats_count(uint32_t nr, int64_t result, uint64_t ns)
{
	struct sc_stat *s = &sc_stats[row(nr)];

	add(&s->calls, 1);
	add(&s->ns, ns);
	add(&s->blocked_ns, slept_ns < ns ? slept_ns : ns);
	__atomic_fetch_add(&s->times[bucket(ns)], 1, __ATOMIC_RELAXED);
	if (result < 0 && result >= -4095)
		add(&s->errors, 1);
	slept_ns = 0;
}

static int find_name(const char *name, size_t len, uint32_t from)
{
	uint32_t i;

	for (i = from; i < nt_count; i++)
		if (!strncmp(nt_stats[i].name, name, len) && !nt_stats[i].name[len])
			return (int)i;
	return -1;
}

/* The row of an NT call by its name; -1: the table is full. */
static int nt_row(const char *name, size_t len)
{
	uint32_t n = nt_count;
	int i = find_name(name, len, 0);

	if (i >= 0 || len >= sizeof(nt_stats[0].name))
		return i;
	lk_acquire(&names_lock);
	i = find_name(name, len, n);
	if (i < 0 && nt_count < STATS_NT_MAX) {
		i = (int)nt_count;
		memcpy(nt_stats[i].name, name, len);
		nt_count++;
	}
	lk_release(&names_lock);
	return i;
}

void stats_below(uint32_t nr, uint32_t channel, const char *line, uint64_t ns)
{
	size_t len;
	const char *status = trace_below_status(line, &len);
	int i;

	if (channel == TR_HOST)
		add(&sc_stats[row(nr)].host_calls, 1);
	if (channel != TR_NT || !status)
		return;
	i = nt_row(line, strcspn(line, "("));
	if (i < 0)
		return;
	add(&nt_stats[i].calls, 1);
	add(&nt_stats[i].ns, ns);
	add(&cell_stats[row(nr)][i].calls, 1);
	add(&cell_stats[row(nr)][i].ns, ns);
	if (!(len == 14 && !memcmp(status, "STATUS_SUCCESS", 14)))
		add(&nt_stats[i].errors, 1);
}

/* ---- for those who print ---- */

static int by_time(const void *a, const void *b)
{
	const struct sc_stat *x = &sc_stats[*(const uint32_t *)a],
			     *y = &sc_stats[*(const uint32_t *)b];

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return (x->calls < y->calls) - (x->calls > y->calls);
}

uint32_t stats_order(uint32_t order[SC_TABLE_SIZE])
{
	uint32_t n = 0, i;

	for (i = 0; i < SC_TABLE_SIZE; i++)
		if (sc_stats[i].calls)
			order[n++] = i;
	qsort(order, n, sizeof(order[0]), by_time);
	return n;
}

static int by_nt_time(const void *a, const void *b)
{
	const struct nt_stat *x = &nt_stats[*(const uint32_t *)a],
			     *y = &nt_stats[*(const uint32_t *)b];

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return (x->calls < y->calls) - (x->calls > y->calls);
}

uint32_t stats_nt_order(uint32_t order[STATS_NT_MAX])
{
	uint32_t n = nt_count, i;

	for (i = 0; i < n; i++)
		order[i] = i;
	qsort(order, n, sizeof(order[0]), by_nt_time);
	return n;
}

uint32_t stats_nt_count(void)
{
	return nt_count;
}

void stats_total(struct sc_stat *total)
{
	uint32_t i, b;

	memset(total, 0, sizeof(*total));
	for (i = 0; i < SC_TABLE_SIZE; i++) {
		total->calls += sc_stats[i].calls;
		total->errors += sc_stats[i].errors;
		total->ns += sc_stats[i].ns;
		total->blocked_ns += sc_stats[i].blocked_ns;
		total->host_calls += sc_stats[i].host_calls;
		for (b = 0; b < STATS_BUCKETS; b++)
			total->times[b] += sc_stats[i].times[b];
	}
}

uint64_t stats_percentile(const struct sc_stat *s, unsigned percent)
{
	uint64_t want = (s->calls * percent + 99) / 100, seen = 0;
	uint32_t b;

	for (b = 0; b < STATS_BUCKETS; b++) {
		seen += s->times[b];
		if (seen && seen >= want)
			return bucket_ns(b);
	}
	return 0;
}

const char *stats_call_name(uint32_t nr)
{
	return sc_table[nr].name ? sc_table[nr].name : "(no such call)";
}

static uint64_t nt_calls_of(uint32_t nr)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < nt_count; i++)
		n += cell_stats[nr][i].calls;
	return n;
}

static void put_row(struct text *out, const struct sc_stat *s, uint64_t all_ns, uint64_t nt,
		    const char *name)
{
	char errors[24] = "";

	if (s->errors)
		snprintf(errors, sizeof(errors), "%" PRIu64, s->errors);
	text_printf(out, "%6.2f %11.6f %11.1f %9" PRIu64 " %9s %9.1f %9.1f %10.6f %6.1f %6.1f %s\n",
		    all_ns ? 100.0 * (double)s->ns / (double)all_ns : 0.0, (double)s->ns / 1e9,
		    s->calls ? (double)s->ns / 1e3 / (double)s->calls : 0.0, s->calls, errors,
		    (double)stats_percentile(s, 50) / 1e3, (double)stats_percentile(s, 99) / 1e3,
		    (double)s->blocked_ns / 1e9, s->calls ? (double)nt / (double)s->calls : 0.0,
		    s->calls ? (double)s->host_calls / (double)s->calls : 0.0, name);
}

static void put_nt(struct text *out)
{
	uint32_t order[STATS_NT_MAX], n = stats_nt_order(order), i;

	if (!n)
		return;
	text_str(out, "\n    seconds  usecs/call     calls    errors NT call\n"
		      "----------- ----------- --------- --------- ----------------\n");
	for (i = 0; i < n; i++) {
		const struct nt_stat *s = &nt_stats[order[i]];
		char errors[24] = "";

		if (s->errors)
			snprintf(errors, sizeof(errors), "%" PRIu64, s->errors);
		text_printf(out, "%11.6f %11.1f %9" PRIu64 " %9s %s\n", (double)s->ns / 1e9,
			    s->calls ? (double)s->ns / 1e3 / (double)s->calls : 0.0, s->calls,
			    errors, s->name);
	}
}

static void put_missing(struct text *out)
{
	static struct missing list[MISSING_MAX];
	uint64_t lost;
	uint32_t n = missing_snapshot(list, MISSING_MAX, &lost), i;

	for (i = 0; i < n; i++) {
		text_printf(out, "unsupported: %s", list[i].call);
		if (list[i].what[0])
			text_printf(out, " %s 0x%" PRIx64, list[i].what, list[i].value);
		text_printf(out, " x%" PRIu64 " (first: pid %d ", list[i].count, list[i].tid);
		trace_plain_string(out, list[i].program);
		text_str(out, ")\n");
	}
	if (lost)
		text_printf(out, "unsupported: %" PRIu64 " more that were not recorded\n", lost);
}

void stats_text(struct text *out)
{
	static const char rule[] = "------ ----------- ----------- --------- --------- --------- "
				   "--------- ---------- ------ ------ ----------------";
	static struct sc_stat total;
	uint32_t order[SC_TABLE_SIZE], n = stats_order(order), i;
	uint64_t nt = 0;

	stats_total(&total);
	text_printf(out,
		    "%% time     seconds  usecs/call     calls    errors    p50 us    p99 us  "
		    "  blocked     nt   host syscall\n%s\n",
		    rule);
	for (i = 0; i < n; i++) {
		nt += nt_calls_of(order[i]);
		put_row(out, &sc_stats[order[i]], total.ns, nt_calls_of(order[i]),
			stats_call_name(order[i]));
	}
	text_printf(out, "%s\n", rule);
	put_row(out, &total, total.ns, nt, "total");
	put_nt(out);
	put_missing(out);
}

void stats_print(FILE *out)
{
	static void (*const printers[])(struct text *) = {
		[STATS_TEXT] = stats_text,
		[STATS_JSON] = stats_json,
		[STATS_HTML] = stats_html,
	};
	struct text t = { 0 };

	printers[lxrun_opt.stats_format](&t);
	if (t.data)
		fwrite(t.data, 1, t.len, out);
	fflush(out);
	text_free(&t);
}
