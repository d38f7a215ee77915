/* SPDX-License-Identifier: MIT */
/* cpu_clock.h - clocks of CPU time, for timers, sleeps and clock_gettime(2). */
#ifndef TASK_CPU_CLOCK_H
#define TASK_CPU_CLOCK_H
#include <stdbool.h>
#include <stdint.h>

struct task;
struct tgroup;

struct cpu_clock {
	struct tgroup *tg; /* reference; NULL: not open */
	struct task *task; /* reference; NULL: the whole process */
	int which;
	uint64_t last, idle; /* cpu_clock_pause() */
};
/* 0 with references in *c, or -LX_EINVAL. */
int cpu_clock_open(struct task *t, int id, struct cpu_clock *c);
void cpu_clock_close(struct cpu_clock *c);
/* Nanoseconds used. */
uint64_t cpu_clock_read(const struct cpu_clock *c);
/* How long to wait, in real nanoseconds, before the clock that shows now can show at. */
uint64_t cpu_clock_pause(struct cpu_clock *c, uint64_t now, uint64_t at);
#endif
