/* SPDX-License-Identifier: MIT */
/*
 * trace.h - what lxcore tells the tracer and the statistics beside the calls themselves, which
 * sc_dispatch() shows. Everything here is cheap and silent when neither --trace nor --stats is on.
 */
#ifndef LXRUN_TRACE_H
#define LXRUN_TRACE_H
#include "base/trace.h"
#include "lx/signal.h"
#include "lxrun/options.h"
#include "lxrun/syscall.h"
#include <stdio.h>

struct task;

/*
 * True if every call is to come through sc_dispatch(), those of route HOST too (it answers
 * SC_CONTINUE for them), and its result through trace_returned(): the engine is told to watch.
 */
bool trace_wants_all(void);
/* t's call returned with result; says how a call ended that was answered SC_CONTINUE or SC_EXEC. */
void trace_returned(struct task *t, int64_t result);

/* The current call slept so long, for the statistics. */
void trace_slept(uint64_t ns);
/* The number of guests that sleep in a call has changed. */
void trace_sleepers(void);
/* Result of a life-cycle call that is about to answer SC_CLONE (the child's number). */
void trace_result(int64_t value);
/* A signal is about to be delivered to t, with the siginfo that the guest will see. */
void trace_signal(struct task *t, const struct lx_siginfo *info);
/* t's host thread is gone; wait_status as wait4 gives it. Once per task, threads included. */
void trace_exit(struct task *t, int wait_status);

/*
 * Called by the command line before the instance starts. out, called name: where the trace goes, in the
 * format of lxrun_opt. prompt: somebody is watching. wall_offset: to be added to trace_now() for the
 * time of day. The caller starts the writer's thread (base/trace_queue.h) when it may.
 */
void trace_start(FILE *out, const char *name, bool prompt, uint64_t wall_offset_ns);
/*
 * --break-on: every NT call that ends with the status comes here, on the thread that made it; line is what a
 * trace shows. It does nothing: it is a place for a debugger's breakpoint, and its name stays.
 */
void lxrun_break_here(const char *line);
/*
 * Somebody who comes later. What he wants to see, in one piece as it travels between processes of the same
 * lxrun; nothing in it is trusted.
 */
struct trace_wish {
	uint64_t slower_ns;
	uint32_t trace, format, filter, strlen, pid_count;
	int32_t pids[TRACE_MAX_PIDS];
	uint8_t fd_names, has_calls, calls[SC_TABLE_SIZE];
	char path[4096], from[64]; /* "": all */
};
/* out, borrowed until trace_detach(), gets the trace. 0; -LX_EBUSY: there is a trace already; -LX_ENOMEM, -LX_EAGAIN. */
int trace_attach(const struct trace_wish *wish, FILE *out, bool prompt, uint64_t wall_offset_ns);
/* Other channels and filters from now on; the format stays. 0, -LX_ENOMEM, -LX_EINVAL: nobody is attached. */
int trace_change(const struct trace_wish *wish);
/* Returns how many records were lost. */
uint64_t trace_detach(void);

/* After the last guest is gone: the tables of --stats on out; flushes the trace. */
void stats_print(FILE *out);
void trace_finish(void);
#endif
