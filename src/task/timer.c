/* SPDX-License-Identifier: MIT */
/*
 * timer.c - ITIMER_REAL, alarm and POSIX timers: an NT timer whose DPC sends the signal.
 *
 * An expiry while the signal of the one before is still pending sends nothing and counts an overrun,
 * as on Linux. The NT timer is one-shot and set again by its own DPC, at most MIN_PERIOD_NS apart: a
 * guest's 1 ns interval becomes overruns, not load. Times are on the monotonic clock; a timer on
 * CLOCK_REALTIME is converted when it is set and does not follow later steps of that clock.
 *
 * tg->lock guards every timer of the group. KeCancelTimer waits for a running DPC, which takes that
 * lock, so it is called without it; a timer out of the list with expires 0 is inert meanwhile.
 */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "cpu_clock.h"
#include "base/alloc.h"
#include "base/text.h"

#define NSEC_PER_SEC  1000000000ull
#define MIN_PERIOD_NS 100000ull
#define TIMERS_MAX    4096 /* of one group */
#define ID_REAL       -1   /* ITIMER_REAL */

struct itimer {
	struct list link;    /* tg->timers */
	struct tgroup *tg;   /* borrows: ends with it */
	struct task *target; /* SIGEV_THREAD_ID; holds a reference */
	int id, clock;
	struct cpu_clock cpu; /* its clock, if that shows CPU time; else the monotonic one */
	struct lx_sigevent ev;
	uint64_t expires; /* on that clock; 0: not set */
	uint64_t behind;  /* set to a time that lay so far back: expires is the moment it was set */
	uint64_t interval; /* 0: once */
	uint64_t overrun;  /* expiries since the pending signal was sent */
	uint64_t overrun_last;
	KTIMER ktimer;
};

/* ---- clocks ---- */

uint64_t timespec_to_ns(const struct lx_timespec *ts)
{
	if (ts->tv_sec >= (int64_t)(INT64_MAX / NSEC_PER_SEC))
		return INT64_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

struct lx_timespec timespec_from_ns(uint64_t ns)
{
	return (struct lx_timespec){ ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };
}

int clock_now(int clock, uint64_t *ns)
{
	switch (clock) {
	case LX_CLOCK_REALTIME:
	case LX_CLOCK_TAI:
		*ns = KeQueryRealtimeNs();
		return 0;
	case LX_CLOCK_MONOTONIC:
	case LX_CLOCK_BOOTTIME:
		*ns = KeQueryMonotonicNs();
		return 0;
	case LX_CLOCK_MONOTONIC_RAW:
	case LX_CLOCK_REALTIME_COARSE:
	case LX_CLOCK_MONOTONIC_COARSE:
		return -LX_EOPNOTSUPP;
	}
	return -LX_EINVAL;
}

int clock_deadline(int clock, uint64_t ns, uint64_t *deadline)
{
	uint64_t now;
	int err = clock_now(clock, &now);

	if (err)
		return err;
	*deadline = KeQueryMonotonicNs() + (ns > now ? ns - now : 0);
	return 0;
}

/* ---- one timer ---- */

static void timer_dpc(PVOID context);

static uint64_t timer_now(const struct itimer *t)
{
	return t->cpu.tg ? cpu_clock_read(&t->cpu) : KeQueryMonotonicNs();
}

/* Sets the NT timer for t->expires, not before `earliest`. tg->lock held. */
static void rearm(struct itimer *t, uint64_t now, uint64_t earliest)
{
	uint64_t at = t->expires > earliest ? t->expires : earliest;
	uint64_t wait = at > now ? at - now : 0;
	LARGE_INTEGER due;

	if (t->cpu.tg && wait)
		wait = cpu_clock_pause(&t->cpu, now, at);
	due.QuadPart = -(LONGLONG)(wait / 100 + 1);

	KeSetTimerEx(&t->ktimer, due, 0, timer_dpc, t);
}

/* Moves past all expiries up to now; returns how many came after the first. tg->lock held. */
static uint64_t advance(struct itimer *t, uint64_t now)
{
	uint64_t missed = 0;

	if (t->interval) {
		uint64_t past = now - t->expires + t->behind;

		missed = past / t->interval;
		t->expires = now + t->interval - past % t->interval;
		t->behind = 0;
		rearm(t, now, now + MIN_PERIOD_NS);
	} else {
		t->expires = 0;
	}
	return missed;
}

static void expire(struct itimer *t, uint64_t missed)
{
	struct lx_siginfo info = { .si_signo = t->ev.sigev_signo, .si_code = LX_SI_TIMER };
	bool pending;

	if (t->ev.sigev_notify == LX_SIGEV_NONE)
		return;
	if (t->id == ID_REAL) {
		info.si_code = LX_SI_KERNEL;
		signal_send_group(t->tg, &info);
		return;
	}
	info.u.timer.tid = t->id;
	info.u.timer.value = t->ev.sigev_value;
	pending = signal_timer_pending(t->tg, t->target, t, info.si_signo);
	lk_acquire(&t->tg->lock);
	t->overrun += missed +
		      pending; /* 0 again once delivered: one that was forgotten is counted on */
	lk_release(&t->tg->lock);
	if (!pending)
		signal_send_timer(t->tg, t->target, t, &info);
}

static void timer_dpc(PVOID context)
{
	struct itimer *t = context;
	uint64_t now = timer_now(t), missed = 0;
	bool due = false;

	lk_acquire(&t->tg->lock);
	if (t->expires && now >= t->expires) {
		missed = advance(t, now);
		due = true;
	} else if (t->expires) {
		rearm(t, now, t->expires);
	}
	lk_release(&t->tg->lock);
	if (due)
		expire(t, missed);
}

void timer_delivered(struct itimer *t, struct lx_siginfo *info)
{
	lk_assert_held(&t->tg->lock);
	t->overrun_last = t->overrun > INT32_MAX ? INT32_MAX : t->overrun;
	t->overrun = 0;
	info->u.timer.overrun = t->overrun_last;
}

/* Remaining time; a set timer always has some. tg->lock held. */
static void timer_read(const struct itimer *t, struct lx_itimerspec *out)
{
	uint64_t now = timer_now(t), left = 0;

	if (t->expires)
		left = t->expires > now ? t->expires - now : 1;
	out->it_value = timespec_from_ns(left);
	out->it_interval = timespec_from_ns(t->interval);
}

/* expires 0: off. tg->lock held. */
static void timer_write(struct itimer *t, uint64_t expires, uint64_t interval)
{
	t->expires = expires;
	t->behind = 0;
	t->interval = interval;
	t->overrun = t->overrun_last = 0;
	if (expires)
		rearm(t, timer_now(t), 0);
}

static struct itimer *timer_new(struct tgroup *tg, int id, int clock)
{
	struct itimer *t = mem_alloc(sizeof(*t));

	if (!t)
		return NULL;
	list_init(&t->link);
	t->tg = tg;
	t->id = id;
	t->clock = clock;
	KeInitializeTimerEx(&t->ktimer, NotificationTimer);
	return t;
}

/* Waits for a running expiry. The timer is out of all lists. */
static void timer_free(struct itimer *t)
{
	KeCancelTimer(&t->ktimer);
	lk_acquire(&t->tg->lock);
	signal_forget_timer(t->tg, t);
	lk_release(&t->tg->lock);
	task_put(t->target);
	cpu_clock_close(&t->cpu);
	mem_free(t);
}

void timers_end(struct tgroup *tg, bool posix_only)
{
	struct itimer *t, *real = NULL;

	lk_acquire(&tg->lock);
	while (!list_empty(&tg->timers)) {
		t = list_first(&tg->timers, struct itimer, link);
		list_del(&t->link);
		t->expires = 0;
		lk_release(&tg->lock);
		timer_free(t);
		lk_acquire(&tg->lock);
	}
	if (!posix_only) {
		real = tg->itimer_real;
		tg->itimer_real = NULL;
		if (real)
			real->expires = 0;
	}
	lk_release(&tg->lock);
	if (real)
		timer_free(real);
}

/* ---- ITIMER_REAL ---- */

static struct lx_timeval to_timeval(const struct lx_timespec *ts)
{
	int64_t usec = (ts->tv_nsec + 999) / 1000;

	return (struct lx_timeval){ ts->tv_sec + usec / 1000000, usec % 1000000 };
}

static void real_read(struct tgroup *tg, struct lx_itimerval *out)
{
	struct lx_itimerspec spec = { 0 };

	if (tg->itimer_real)
		timer_read(tg->itimer_real, &spec);
	out->it_value = to_timeval(&spec.it_value);
	out->it_interval = to_timeval(&spec.it_interval);
}

int itimer_get(struct task *t, struct lx_itimerval *out)
{
	lk_acquire(&t->tg->lock);
	real_read(t->tg, out);
	lk_release(&t->tg->lock);
	return 0;
}

static int timeval_ns(const struct lx_timeval *tv, uint64_t *ns)
{
	struct lx_timespec ts = { tv->tv_sec, tv->tv_usec * 1000 };

	if (tv->tv_usec < 0 || tv->tv_usec >= 1000000 || tv->tv_sec < 0)
		return -LX_EINVAL;
	*ns = timespec_to_ns(&ts);
	return 0;
}

int itimer_set(struct task *task, const struct lx_itimerval *new, struct lx_itimerval *old)
{
	struct tgroup *tg = task->tg;
	struct itimer *fresh = NULL;
	uint64_t value, interval;

	if (timeval_ns(&new->it_value, &value) || timeval_ns(&new->it_interval, &interval))
		return -LX_EINVAL;
	if (value && !tg->itimer_real) {
		fresh = timer_new(tg, ID_REAL, LX_CLOCK_MONOTONIC);
		if (!fresh)
			return -LX_ENOMEM;
		fresh->ev.sigev_signo = LX_SIGALRM;
	}
	lk_acquire(&tg->lock);
	real_read(tg, old);
	if (fresh && !tg->itimer_real) {
		tg->itimer_real = fresh;
		fresh = NULL;
	}
	if (tg->itimer_real)
		timer_write(tg->itimer_real, value ? KeQueryMonotonicNs() + value : 0, interval);
	lk_release(&tg->lock);
	mem_free(fresh);
	return 0;
}

/* ---- POSIX timers ---- */

static int check_event(struct task *t, const struct lx_sigevent *ev, struct task **target)
{
	int notify = ev->sigev_notify & ~LX_SIGEV_THREAD_ID;

	*target = NULL;
	if (ev->sigev_notify == LX_SIGEV_NONE)
		return 0;
	if (notify != LX_SIGEV_SIGNAL && notify != LX_SIGEV_THREAD)
		return -LX_EINVAL;
	if (ev->sigev_signo <= 0 || ev->sigev_signo > LX_NSIG)
		return -LX_EINVAL;
	if (!(ev->sigev_notify & LX_SIGEV_THREAD_ID))
		return 0;
	*target = task_find(pid_meant(t, ev->sigev_tid));
	if (*target && (*target)->tg == t->tg)
		return 0;
	task_put(*target);
	*target = NULL;
	return -LX_EINVAL;
}

/* tg->lock held. */
static struct itimer *timer_by_id(struct tgroup *tg, int id)
{
	struct itimer *t;

	list_for_each(t, &tg->timers, link)
		if (t->id == id)
			return t;
	return NULL;
}

#define CAP_WAKE_ALARM 35

/* Whether timers can be on that clock. Nothing here wakes a machine that sleeps. */
static int check_clock(struct task *t, int clock)
{
	uint64_t now;

	if (clock == LX_CLOCK_REALTIME_ALARM || clock == LX_CLOCK_BOOTTIME_ALARM)
		return cred_capable(t->cred, CAP_WAKE_ALARM) ? -LX_EOPNOTSUPP : -LX_EPERM;
	return cpu_clock_is(clock) ? 0 : clock_now(clock, &now);
}

/* Gives t a number among its group's timers. */
static int timer_add(struct itimer *t, const struct lx_sigevent *ev, int *id)
{
	struct tgroup *tg = t->tg;
	struct itimer *other;
	int n = 0;

	lk_acquire(&tg->lock);
	list_for_each(other, &tg->timers, link)
		n++;
	if (n < TIMERS_MAX) {
		*id = t->id = tg->next_timer_id++ & INT32_MAX;
		t->ev = ev ? *ev
			   : (struct lx_sigevent){ .sigev_signo = LX_SIGALRM,
						   .sigev_value = t->id };
		list_add_tail(&tg->timers, &t->link);
	}
	lk_release(&tg->lock);
	return n < TIMERS_MAX ? 0 : -LX_EAGAIN;
}

int posix_timer_create(struct task *task, int clock, const struct lx_sigevent *ev, int *id)
{
	struct itimer *t;
	int err = check_clock(task, clock);

	if (err)
		return err;
	t = timer_new(task->tg, 0, clock);
	if (!t)
		return -LX_EAGAIN;
	if (cpu_clock_is(clock))
		err = cpu_clock_open(task, clock, &t->cpu);
	if (!err && ev)
		err = check_event(task, ev, &t->target);
	if (!err)
		err = timer_add(t, ev, id);
	if (err)
		timer_free(t);
	return err;
}

/* When a timer set to value is to expire, on its clock; a wall clock's past is kept in *behind. */
static int timer_deadline(struct itimer *t, uint64_t value, bool absolute, uint64_t *deadline,
			  uint64_t *behind)
{
	uint64_t now;
	int err = 0;

	*behind = 0;
	if (!absolute) {
		now = timer_now(t);
		*deadline = value > INT64_MAX - now ? INT64_MAX : now + value;
	} else if (t->cpu.tg) {
		*deadline = value;
	} else {
		err = clock_now(t->clock, &now);
		if (!err && now > value)
			*behind = now - value;
		if (!err)
			err = clock_deadline(t->clock, value, deadline);
	}
	return err;
}

int posix_timer_settime(struct task *task, int id, int flags, const struct lx_itimerspec *new,
			struct lx_itimerspec *old)
{
	struct tgroup *tg = task->tg;
	uint64_t value, deadline = 0, behind = 0;
	struct itimer *t;
	int err = 0;

	if (!timespec_valid(&new->it_value) || !timespec_valid(&new->it_interval))
		return -LX_EINVAL;
	value = timespec_to_ns(&new->it_value);
	lk_acquire(&tg->lock);
	t = timer_by_id(tg, id);
	if (!t)
		err = -LX_EINVAL;
	else if (value)
		err = timer_deadline(t, value, flags & LX_TIMER_ABSTIME, &deadline, &behind);
	if (!err) {
		if (old)
			timer_read(t, old);
		timer_write(t, deadline, value ? timespec_to_ns(&new->it_interval) : 0);
		t->behind = behind;
	}
	lk_release(&tg->lock);
	return err;
}

int posix_timer_gettime(struct task *task, int id, struct lx_itimerspec *out)
{
	struct tgroup *tg = task->tg;
	struct itimer *t;

	lk_acquire(&tg->lock);
	t = timer_by_id(tg, id);
	if (t)
		timer_read(t, out);
	lk_release(&tg->lock);
	return t ? 0 : -LX_EINVAL;
}

int posix_timer_getoverrun(struct task *task, int id)
{
	struct tgroup *tg = task->tg;
	struct itimer *t;
	int n = -LX_EINVAL;

	lk_acquire(&tg->lock);
	t = timer_by_id(tg, id);
	if (t)
		n = t->overrun_last;
	lk_release(&tg->lock);
	return n;
}

int posix_timer_delete(struct task *task, int id)
{
	struct tgroup *tg = task->tg;
	struct itimer *t;

	lk_acquire(&tg->lock);
	t = timer_by_id(tg, id);
	if (t) {
		list_del(&t->link);
		t->expires = 0;
	}
	lk_release(&tg->lock);
	if (!t)
		return -LX_EINVAL;
	timer_free(t);
	return 0;
}

void posix_timers_show(struct tgroup *tg, struct text *tx)
{
	static const char *const how[] = { "signal", "none", "thread" };
	struct itimer *t;

	lk_acquire(&tg->lock);
	list_for_each(t, &tg->timers, link)
		text_printf(tx, "ID: %d\nsignal: %d/%016llx\nnotify: %s/%s.%d\nClockID: %d\n",
			    t->id, t->ev.sigev_signo, (unsigned long long)t->ev.sigev_value,
			    how[t->ev.sigev_notify & 3], t->target ? "tid" : "pid",
			    pid_seen_in(tg->ns, t->target ? t->target->tid : tg->pid), t->clock);
	lk_release(&tg->lock);
}
