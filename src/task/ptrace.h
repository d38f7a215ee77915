/* SPDX-License-Identifier: MIT */
/* ptrace.h - what the rest of src/task knows of ptrace.c: where tracees are born, stop, are waited for and die. */
#ifndef TASK_PTRACE_H
#define TASK_PTRACE_H
#include "task_impl.h"
#include "lxrun/ptrace.h"

/* A traced task. tasks_lock guards all of it. */
struct ptracee {
	struct list link; /* in tracer->tracees */
	struct task *task;
	struct tgroup *tracer; /* borrows: its end detaches */
	uint32_t options;      /* LX_PTRACE_O_* */
	bool seized;
	bool from_birth; /* by its parent's options: its first stop is shown; who is attached to later has none */
	bool stopped;  /* until a resuming request */
	bool reported; /* to wait */
	PICO_STOP_KIND kind;
	int code; /* as wait gives it in status >> 8 */
	uint64_t message;
	int clone_event; /* of the clone under way: LX_PTRACE_EVENT_*; 0: not to be shown */
	bool interrupted; /* PicoDebugInterrupt was asked for, and nothing has stopped the task since */
	bool has_info;
	struct lx_siginfo info; /* of this stop */
};

/* What is left of a tracee that has ended, for its tracer to wait for. */
struct ptrace_dead {
	struct list link; /* in tracer->dead_tracees */
	int tid, pgid, status;
	uint32_t uid;
};

/* A clone with flags is about to make child: whether and how it is traced. On the trace thread. */
int ptrace_clone(struct task *t, struct task *child, uint64_t flags, int exit_signal);
/* sig is about to be delivered: true if the tracee stops for it instead. */
bool ptrace_signal(struct task *t, int sig, const struct lx_siginfo *info);
BOOLEAN task_debug_stop(PETHREAD thread, const PICO_STOP *stop);
/* t's host thread has ended. */
void ptrace_task_ended(struct task *t, int wait_status);
/* tg has ended: its tracees go on without it, or die. */
void ptrace_tracer_ended(struct tgroup *tg);

/*
 * For wait, with tasks_lock held: whether tg has a tracee that matches, and the number of one with news
 * (*res filled; 0: none). keep: the news stay.
 */
struct wait_query;
bool wait_selects(const struct wait_query *q, int tid, int pgid);
int ptrace_news(struct tgroup *tg, const struct wait_query *q, bool keep, struct wait_result *res,
		bool *any);
/* c is tg's own tracee: wait hears of its stops as such only. */
bool ptrace_hides_stop(const struct tgroup *tg, const struct tgroup *c);
#endif
