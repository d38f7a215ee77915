/* SPDX-License-Identifier: MIT */
/*
 * wait.c - wait queues, and the one place where a guest's call sleeps.
 *
 * Who sends a signal does: host signal, sig_hint |= bit, read in_call, alert (signal.c). Who sleeps
 * does: sleeping = 1, read sig_hint, wait. All four accesses are sequentially consistent, so either
 * the sleeper sees the hint or the sender sees a call to alert. An alert proves nothing by itself (it
 * may have been meant for the call before): the host's view of pending signals decides, because a
 * restart code answered without a signal to take would reach the guest as errno 512.
 */
#include "lxrun/options.h"
#include "lxrun/trace.h"
#include "task_impl.h"
#include "lxrun/wait.h"
#include <stdatomic.h>

void waitq_init(struct waitq *q)
{
	lk_init(&q->lock, LR_WAITQ);
	list_init(&q->waiters);
}

static void waitq_queue(struct waitq *q, struct waiter *w)
{
	w->q = q;
	lk_acquire(&q->lock);
	list_add_tail(&q->waiters, &w->link);
	lk_release(&q->lock);
}

void waitq_add(struct waitq *q, struct waiter *w, struct task *t)
{
	w->task = t;
	w->func = NULL;
	waitq_queue(q, w);
}

void waitq_add_func(struct waitq *q, struct waiter *w, void (*func)(struct waiter *, uint32_t *))
{
	w->task = NULL;
	w->func = func;
	waitq_queue(q, w);
}

void waitq_del(struct waiter *w)
{
	struct waitq *q = w->q;

	if (!q)
		return;
	lk_acquire(&q->lock);
	list_del(&w->link);
	lk_release(&q->lock);
	w->q = NULL;
}

static void waiter_wake(struct waiter *w, uint32_t *claimed)
{
	if (w->func)
		w->func(w, claimed);
	else
		task_wake(w->task);
}

void waitq_wake(struct waitq *q)
{
	struct waiter *w, *tmp;
	uint32_t claimed = 0;

	lk_acquire(&q->lock);
	list_for_each_safe(w, tmp, &q->waiters, link)
		waiter_wake(w, &claimed);
	lk_release(&q->lock);
}

void waitq_settle(struct waiter *w)
{
	struct waitq *q = w->q;

	if (!q)
		return;
	lk_acquire(&q->lock);
	lk_release(&q->lock);
}

void waitq_wake_one(struct waitq *q)
{
	uint32_t claimed = 0;

	lk_acquire(&q->lock);
	if (!list_empty(&q->waiters))
		waiter_wake(list_first(&q->waiters, struct waiter, link), &claimed);
	lk_release(&q->lock);
}

void task_wake(struct task *t)
{
	TRACE_SCOPE(TR_NT);
	uint64_t id = trace_on(TR_NT) ? __atomic_exchange_n(&t->wait_id, 0, __ATOMIC_ACQ_REL) : 0;

	KeSetEvent(&t->wake);
	if (id)
		trace_async(TR_NT, (struct trace_async){ .id = id, .ends = true },
			    "KeSetEvent(%llu)", (unsigned long long)id);
}

/* Whether the call must end so that the host can deliver a signal, stop the thread or bury it. */
static bool must_leave(struct task *t)
{
	return t->dying || atomic_exchange(&t->stop_kick, 0) || t->trap_wanted || signal_pending(t);
}

/* A relative NT timeout (negative, in 100 ns) that is not shorter than the time to deadline_ns. */
static LONGLONG relative_timeout(uint64_t deadline_ns)
{
	uint64_t now = KeQueryMonotonicNs();

	if (deadline_ns <= now)
		return 0;
	return -(LONGLONG)((deadline_ns - now) / 100 + 1);
}

static int sleep_alertable(struct task *t, uint64_t deadline_ns)
{
	LARGE_INTEGER timeout;
	NTSTATUS status;

	do {
		if (must_leave(t))
			return -LX_ERESTARTSYS;
		timeout.QuadPart = deadline_ns == WAIT_FOREVER ? 0 : relative_timeout(deadline_ns);
		status = KeWaitForSingleObject(&t->wake, TRUE,
					       deadline_ns == WAIT_FOREVER ? NULL : &timeout);
	} while (status == STATUS_ALERTED);
	return status == STATUS_TIMEOUT ? -LX_ETIMEDOUT : 0;
}

static _Atomic uint32_t sleepers;

uint32_t task_sleepers(void)
{
	return sleepers;
}

static void count_sleeper(int more)
{
	sleepers += (uint32_t)more;
	if (trace_on(TR_SYS))
		trace_sleepers();
}

/* The wait is over: who ended it says so, or the sleeper itself, who was not woken. */
static void trace_wait(struct task *t, uint64_t id, int err)
{
	bool woken = __atomic_exchange_n(&t->wait_id, 0, __ATOMIC_ACQ_REL) != id;
	uint32_t nr = t->cur_nr;

	trace_async(TR_NT, (struct trace_async){ .id = id, .begins = true, .ends = !woken },
		    "KeWaitForSingleObject(%llu, %s) = %s", (unsigned long long)id,
		    nr < SC_TABLE_SIZE && sc_table[nr].name ? sc_table[nr].name : "?",
		    NtStatusName(!err                   ? STATUS_SUCCESS
				 : err == -LX_ETIMEDOUT ? STATUS_TIMEOUT
							: STATUS_ALERTED));
}

int task_sleep(struct task *t, uint64_t deadline_ns)
{
	TRACE_SCOPE(TR_NT);
	uint64_t id = trace_on(TR_NT) ? trace_async_id() : 0;
	int err;

	__atomic_store_n(&t->wait_id, id, __ATOMIC_RELEASE);
	t->wait_channel_ns = KeQueryMonotonicNs();
	t->sleeping = 1;
	count_sleeper(1);
	err = sleep_alertable(t, deadline_ns);
	t->sleeping = 0;
	count_sleeper(-1);
	if (id)
		trace_wait(t, id, err);
	if (lxrun_opt.stats)
		trace_slept(KeQueryMonotonicNs() - t->wait_channel_ns);
	return err;
}

int64_t task_attempt(struct task *t, struct waitq *q, uint64_t deadline_ns, bool nonblock,
		     int64_t (*attempt)(void *arg), void *arg)
{
	struct waiter w = { 0 };
	int64_t res;
	int err;

	while ((res = attempt(arg)) == -LX_EAGAIN && !nonblock) {
		if (!w.q) {
			waitq_add(q, &w, t);
			continue;
		}
		err = task_sleep(t, deadline_ns);
		if (err) {
			res = err == -LX_ETIMEDOUT ? -LX_EAGAIN : err;
			break;
		}
	}
	waitq_del(&w);
	return res;
}

int task_sleep_killable(struct task *t)
{
	if (t->dying)
		return -LX_ERESTARTSYS;
	KeWaitForSingleObject(&t->wake, FALSE, NULL);
	return t->dying ? -LX_ERESTARTSYS : 0;
}
