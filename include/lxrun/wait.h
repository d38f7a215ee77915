/* SPDX-License-Identifier: MIT */
/*
 * wait.h - the one wait idiom of lxcore: register, re-check, sleep.
 *
 *	waitq_add(&q, &w, t);                  register first ...
 *	while (!err && !condition)             ... then re-check
 *		err = task_sleep(t, deadline);
 *	waitq_del(&w);
 *
 * task_attempt() is that loop for everything that is tried again when a queue is woken.
 * A sleep is an alertable NT wait (KeWaitForSingleObject) on the task's own event; a signal that
 * the guest would take ends it with -LX_ERESTARTSYS. No lock may be held across task_sleep().
 */
#ifndef LXRUN_WAIT_H
#define LXRUN_WAIT_H
#include "base/list.h"
#include "base/lock.h"
#include <stdbool.h>
#include <stdint.h>

struct task;

struct waitq {
	struct lk   lock;    /* LR_WAITQ */
	struct list waiters;
};

struct waiter {
	struct list   link;
	struct waitq *q;
	struct task  *task;     /* woken; NULL when func is used */
	/*
	 * Called with q->lock held instead of waking task (epoll). Must not take a lock above WAITQ. *claimed: events
	 * that somebody before in the queue has taken upon himself alone (EPOLLEXCLUSIVE).
	 */
	void (*func)(struct waiter *w, uint32_t *claimed);
};

#define WAIT_FOREVER UINT64_MAX

void waitq_init(struct waitq *q);
void waitq_add(struct waitq *q, struct waiter *w, struct task *t);
void waitq_add_func(struct waitq *q, struct waiter *w, void (*func)(struct waiter *, uint32_t *));
/* Returns when whoever is in waitq_wake() of w's queue is through. Whoever calls keeps w and its queue as they are. */
void waitq_settle(struct waiter *w);
void waitq_del(struct waiter *w); /* harmless when not queued (w zeroed or deleted before) */
/* Wakes every waiter. Cheap when there is none. */
void waitq_wake(struct waitq *q);
/* Wakes the first waiter only (accept-like queues). */
void waitq_wake_one(struct waitq *q);

/*
 * Sleeps until task_wake(t), or deadline (KeQueryMonotonicNs() scale; WAIT_FOREVER), or a signal.
 * Returns 0, -LX_ETIMEDOUT, -LX_ERESTARTSYS. Wake-ups are not counted: re-check the condition.
 */
int task_sleep(struct task *t, uint64_t deadline_ns);
/*
 * Calls attempt(arg) until it says something else than -LX_EAGAIN, asleep on q in between. nonblock: once.
 * Returns what the last attempt said; -LX_EAGAIN when the deadline has passed; -LX_ERESTARTSYS.
 */
int64_t task_attempt(struct task *t, struct waitq *q, uint64_t deadline_ns, bool nonblock,
		     int64_t (*attempt)(void *arg), void *arg);
/* As task_sleep, but only SIGKILL-like endings (group exit) end it: returns 0 or -LX_ERESTARTSYS. */
int  task_sleep_killable(struct task *t);
void task_wake(struct task *t);
/* How many tasks are in task_sleep(). */
uint32_t task_sleepers(void);
#endif
