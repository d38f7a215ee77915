/* SPDX-License-Identifier: MIT */
/*
 * trace_control.h - private to the tracer: what is traced at the moment, and the filters. One trace is on at a
 * time: the command line's, or that of somebody who is attached; it is one session, and its options may be
 * exchanged for others while guests run.
 */
#ifndef SYSCALL_TRACE_CONTROL_H
#define SYSCALL_TRACE_CONTROL_H
#include "trace_impl.h"
#include "lxrun/options.h"

/* The options of the trace; valid until the instance ends, but soon old. */
const struct lxrun_options *trace_opt(void);
/* Changes with each beginning and end of a trace. */
uint32_t trace_session(void);
/* Whether calls are shown when they have ended, with what is below them. */
bool trace_is_staged(void);
/* Before the call: is it one to show, as far as that is known now? */
bool trace_wants_call(struct trace_args *ta);
/* After it. */
bool trace_wants_result(int64_t result, uint64_t ns);
/* Whether t's signals and end are shown. */
bool trace_shows(const struct task *t);
/* Whether the format has a use for TE_COUNTS. */
bool trace_wants_counts(void);
/* Whether ends of asynchronous work are shown that no call sees. */
bool trace_wants_end(void);
/* The sink of all channels: below the current call of this thread, or on its own when there is none. */
void trace_below(uint32_t channel, struct trace_async async, const char *line);
#endif
