/* SPDX-License-Identifier: MIT */
/* dump.h - private to what says what the instance is doing: dump.c, dump_wait.c. */
#ifndef TASK_DUMP_H
#define TASK_DUMP_H
#include "lxrun/task.h"

#define NR_FUTEX 202

struct text;
void dump_name(struct text *out, const char *s); /* with control characters escaped */
void dump_file(struct text *out, struct task *t, struct file *f); /* as /proc/PID/fd has it */
void dump_futex(struct text *out, struct task *t,
		uint64_t address); /* word, and its owner if it names one */
void dump_locks(struct text *out); /* who has them, who waits */
#endif
