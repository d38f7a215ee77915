/* SPDX-License-Identifier: MIT */
/* stats.h - private to the statistics: what was counted, for those who print it. */
#ifndef SYSCALL_STATS_H
#define SYSCALL_STATS_H
#include "observe.h"
#include "base/text.h"

#define STATS_BUCKETS 256 /* of times: four to each power of two */
#define STATS_NT_MAX  128 /* distinct NT calls */

struct sc_stat {
	uint64_t calls, errors, ns, blocked_ns, host_calls;
	uint32_t times[STATS_BUCKETS];
};
struct nt_stat {
	char name[48];
	uint64_t calls, errors, ns; /* errors: statuses that are no success */
};
struct cell_stat {
	uint64_t calls, ns;
};
extern struct sc_stat sc_stats[SC_TABLE_SIZE]; /* the last: numbers beyond the table */
extern struct nt_stat nt_stats[STATS_NT_MAX];
extern struct cell_stat cell_stats[SC_TABLE_SIZE][STATS_NT_MAX];

/* Numbers of the calls that were made, most time first. Returns how many. */
uint32_t stats_order(uint32_t order[SC_TABLE_SIZE]);
/* NT calls likewise. */
uint32_t stats_nt_order(uint32_t order[STATS_NT_MAX]);
uint32_t stats_nt_count(void);
void stats_total(struct sc_stat *total);
/* The time that percent of the calls did not exceed, to an eighth of it. */
uint64_t stats_percentile(const struct sc_stat *s, unsigned percent);
const char *stats_call_name(uint32_t nr);

/* stats_flags.c: the elements of an array, {"arg":4,"kind":"flag","value":64,"name":"O_CREAT","calls":3},... */
void stats_json_flags(struct text *out, uint32_t nr);

void stats_text(struct text *out);
void stats_json(struct text *out);
void stats_html(struct text *out);
#endif
