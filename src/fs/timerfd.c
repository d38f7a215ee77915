/* SPDX-License-Identifier: MIT */
/*
 * timerfd.c - timers that are read (timerfd_create(2)), on an NT timer with a DPC.
 *
 * The NT timer is one-shot: its DPC only notes that the timer has expired. How many periods have
 * passed is reckoned from the clock when somebody looks, and that re-arms it: a timer that nobody
 * reads costs nothing however short its period, as in Linux.
 */
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "lxrun/event.h"
#include "lxrun/process.h"
#include <inttypes.h>
#include <stdio.h>

#define TFD_TIMER_ABSTIME       1u
#define TFD_TIMER_CANCEL_ON_SET 2u

struct timerfd {
	KTIMER timer;
	int clock;            /* constant */
	struct lk lock;       /* LR_INODE; guards: */
	uint64_t due, period; /* ns on clock; due 0: disarmed */
	bool absolute;        /* as it was set: due follows a clock that is set */
	bool cancel;          /* TFD_TIMER_CANCEL_ON_SET, and it applies */
	int64_t realtime;     /* then: CLOCK_REALTIME - CLOCK_MONOTONIC when it was set */
	bool expired;         /* due has passed and nobody has looked since */
	uint64_t ticks;       /* expirations not read yet, up to the last look */
	struct waitq rq;
};

static uint64_t clock_ns(int clock)
{
	return clock == LX_CLOCK_REALTIME ? (uint64_t)KeQueryRealtimeNs() : KeQueryMonotonicNs();
}

/* No guest can set the clock, so a step is the host's: nobody tells, somebody who looks sees it. */
#define STEP_NS 50000000 /* more than two looks at clocks are apart */

static int64_t clock_offset(void)
{
	return (int64_t)KeQueryRealtimeNs() - (int64_t)KeQueryMonotonicNs();
}

static bool clock_was_set(const struct timerfd *tf)
{
	int64_t moved = tf->cancel ? clock_offset() - tf->realtime : 0;

	return moved > STEP_NS || moved < -STEP_NS;
}

static void timerfd_dpc(void *context);

/* tf->lock is held. */
static void timerfd_arm(struct timerfd *tf)
{
	LARGE_INTEGER due;
	uint64_t now = clock_ns(tf->clock);

	if (tf->clock == LX_CLOCK_REALTIME && tf->absolute)
		due.QuadPart = (LONGLONG)((tf->due + 99) / 100) + NT_TIME_UNIX_EPOCH;
	else
		due.QuadPart = tf->due > now ? -(LONGLONG)((tf->due - now + 99) / 100) : -1;
	KeSetTimerEx(&tf->timer, due, 0, timerfd_dpc, tf);
}

static void timerfd_dpc(void *context)
{
	struct timerfd *tf = context;
	bool wake = false;

	lk_acquire(&tf->lock);
	if (tf->due && !tf->expired) {
		if (clock_ns(tf->clock) >= tf->due)
			wake = tf->expired = true;
		else
			timerfd_arm(tf);
	}
	lk_release(&tf->lock);
	if (wake)
		waitq_wake(&tf->rq);
}

/* Takes the clock into account: counts what has expired, re-arms. tf->lock is held. */
static void timerfd_advance(struct timerfd *tf)
{
	uint64_t now = clock_ns(tf->clock), n = 1;

	if (!tf->due || now < tf->due)
		return;
	if (tf->period)
		n += (now - tf->due) / tf->period;
	tf->ticks += n;
	tf->expired = false;
	if (!tf->period) {
		tf->due = 0;
		return;
	}
	tf->due += n * tf->period;
	timerfd_arm(tf);
}

static int timerfd_take(void *priv, uint64_t *ticks)
{
	struct timerfd *tf = priv;
	bool set;

	lk_acquire(&tf->lock);
	set = clock_was_set(tf);
	if (set) {
		tf->realtime = clock_offset();
		tf->ticks = 0;
		tf->expired = false;
	} else {
		timerfd_advance(tf);
	}
	*ticks = tf->ticks;
	tf->ticks = 0;
	lk_release(&tf->lock);
	return set ? -LX_ECANCELED : *ticks ? 0 : -LX_EAGAIN;
}

static int64_t timerfd_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	struct timerfd *tf = f->priv;
	uint64_t ticks;
	int err;

	if (it->left < sizeof(ticks))
		return -LX_EINVAL;
	err = anon_attempt(f, t, &tf->rq, file_nowait(f, it), timerfd_take, &ticks);
	if (err)
		return err;
	return iter_write(it, &ticks, sizeof(ticks)) == sizeof(ticks) ? (int64_t)sizeof(ticks)
								      : -LX_EFAULT;
}

static uint32_t timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *tf = f->priv;
	bool ready;

	poll_wait(pt, &tf->rq);
	lk_acquire(&tf->lock);
	ready = tf->ticks || clock_was_set(tf) || (tf->due && clock_ns(tf->clock) >= tf->due);
	lk_release(&tf->lock);
	return ready ? LX_POLLIN | LX_POLLRDNORM : 0;
}

/* tf->lock is held. */
static void timerfd_state(struct timerfd *tf, struct lx_itimerspec *out)
{
	uint64_t now;

	timerfd_advance(tf);
	now = clock_ns(tf->clock);
	out->it_interval = timespec_from_ns(tf->period);
	out->it_value = timespec_from_ns(!tf->due ? 0 : tf->due > now ? tf->due - now : 1);
}

static int timerfd_show(struct file *f, char *buf, size_t size)
{
	struct timerfd *tf = f->priv;
	struct lx_itimerspec its;
	uint64_t ticks;

	lk_acquire(&tf->lock);
	timerfd_state(tf, &its);
	ticks = tf->ticks;
	lk_release(&tf->lock);
	return snprintf(
		buf, size,
		"clockid: %d\nticks: %" PRIu64 "\nsettime flags: 0%o\n"
		"it_value: (%" PRId64 ", %" PRId64 ")\nit_interval: (%" PRId64 ", %" PRId64 ")\n",
		tf->clock, ticks,
		(tf->absolute ? TFD_TIMER_ABSTIME : 0) | (tf->cancel ? TFD_TIMER_CANCEL_ON_SET : 0),
		its.it_value.tv_sec, its.it_value.tv_nsec, its.it_interval.tv_sec,
		its.it_interval.tv_nsec);
}

static void timerfd_release(struct file *f)
{
	struct timerfd *tf = f->priv;

	KeCancelTimer(&tf->timer);
	mem_free(tf);
}

static const struct file_ops timerfd_fop = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.show_fdinfo = timerfd_show,
	.release = timerfd_release,
	.nowait = true,
};

int timerfd_create_file(struct task *t, int clock, uint32_t flags, struct file **f)
{
	struct timerfd *tf;

	if (flags & ~(uint32_t)(LX_O_CLOEXEC | LX_O_NONBLOCK))
		return -LX_EINVAL;
	if (clock != LX_CLOCK_REALTIME && clock != LX_CLOCK_MONOTONIC && clock != LX_CLOCK_BOOTTIME)
		return -LX_EINVAL;
	tf = mem_alloc(sizeof(*tf));
	if (!tf)
		return -LX_ENOMEM;
	KeInitializeTimerEx(&tf->timer, NotificationTimer);
	lk_init(&tf->lock, LR_INODE);
	waitq_init(&tf->rq);
	tf->clock = clock;
	*f = anon_file("anon_inode:[timerfd]", &timerfd_fop, LX_O_RDWR | (flags & LX_O_NONBLOCK),
		       tf);
	if (*f)
		return 0;
	mem_free(tf);
	return -LX_ENOMEM;
}

int timerfd_settime_file(struct file *f, uint32_t flags, const struct lx_itimerspec *value,
			 struct lx_itimerspec *old)
{
	struct timerfd *tf = f->priv;
	uint64_t due;

	if (f->fop != &timerfd_fop || flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return -LX_EINVAL;
	if (!timespec_valid(&value->it_value) || !timespec_valid(&value->it_interval))
		return -LX_EINVAL;
	due = timespec_to_ns(&value->it_value);
	KeCancelTimer(&tf->timer);
	lk_acquire(&tf->lock);
	if (old)
		timerfd_state(tf, old);
	tf->absolute = flags & TFD_TIMER_ABSTIME;
	tf->cancel = tf->clock == LX_CLOCK_REALTIME && tf->absolute &&
		     flags & TFD_TIMER_CANCEL_ON_SET;
	tf->realtime = clock_offset();
	tf->period = timespec_to_ns(&value->it_interval);
	tf->ticks = 0;
	tf->expired = false;
	if (due && !tf->absolute)
		due += clock_ns(tf->clock);
	tf->due = due;
	if (due)
		timerfd_arm(tf);
	lk_release(&tf->lock);
	return 0;
}

int timerfd_gettime_file(struct file *f, struct lx_itimerspec *value)
{
	struct timerfd *tf = f->priv;

	if (f->fop != &timerfd_fop)
		return -LX_EINVAL;
	lk_acquire(&tf->lock);
	timerfd_state(tf, value);
	lk_release(&tf->lock);
	return 0;
}
