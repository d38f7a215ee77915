/* SPDX-License-Identifier: MIT */
/*
 * trace.h - what lxcore tells the tracer and the statistics beside the calls themselves, which
 * sc_dispatch() shows. Everything here is cheap and silent when neither --trace nor --stats is on.
 */
#ifndef LXRUN_TRACE_H
#define LXRUN_TRACE_H
#include "base/trace.h"
#include "lx/signal.h"
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
/* After the last guest is gone: the tables of --stats on out; flushes the trace. */
void stats_print(FILE *out);
void trace_finish(void);
#endif
