/* SPDX-License-Identifier: MIT */
/*
 * fx_task.h - fixture: processes and threads without a host. The engine's routines are replaced by
 * ones that note what they are asked and answer from a table; what the engine would report (deaths,
 * stops, deliveries) the test reports itself.
 */
#ifndef FX_TASK_H
#define FX_TASK_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../src/task/task_impl.h"

/* Before and after each test: an /init and nothing else; afterwards nothing may be left. */
int fx_tasks_start(void **state);
int fx_tasks_stop(void **state);

/* A child process of parent (NULL: of /init, a session of its own) with one thread, which handles SIGCHLD. Borrowed. */
#define FX_HANDLER 0x1000u
struct task *fx_process(struct task *parent);
/* One thread more in t's group. */
struct task *fx_thread(struct task *t);
/* The thread's host thread ends; with its last one the process, with wait status status. */
void fx_exit(struct task *t, int status);

/* The host's view of t's signals. */
PICO_SIGNAL_STATE *fx_signals(struct task *t);
/* Its mask, also while timers or other threads look. */
void fx_block(struct task *t, uint64_t mask);
/* What the host was told to pend so far, oldest first; fx_forget() empties the list. */
struct fx_sent {
	struct task *t;
	int sig;
};
extern struct fx_sent fx_sent[64];
extern int fx_nr_sent;
void fx_forget(void);
/* Called in each SendSignal; NULL: nothing. */
extern void (*fx_on_send)(struct task *t, int sig);
/* The host delivers the lowest pending signal: what the guest would see; 0 if there is none or it was swallowed. */
int fx_deliver(struct task *t, struct lx_siginfo *info);
/* Runs fn(t) on a service thread attached to t, inside a call. Joined by fx_join(). */
void fx_run(struct task *t, void (*fn)(struct task *t));
void fx_join(void);
#endif
