/* SPDX-License-Identifier: MIT */
/* sys_time.c - sleeping, interval timers, POSIX timers, process times. */
#include "lxrun/process.h"
#include "lxrun/guestmem.h"
#include "lxrun/quirks.h"

/* ---- sleeping ---- */

/*
 * Sleeps until deadline. An interruption stores the rest at rem and is continued, when no handler
 * ran, by restart_syscall(2) with the deadline kept.
 */
static int64_t sleep_until(struct task *t, uint64_t deadline, gaddr_t rem);

static int64_t sleep_again(struct task *t, const struct sc_args *a)
{
	return sleep_until(t, t->restart_deadline_ns, SC_GPTR(a, 0));
}

static int64_t sleep_until(struct task *t, uint64_t deadline, gaddr_t rem)
{
	struct lx_timespec left;
	uint64_t now;
	int err;

	do
		err = task_sleep(t, deadline);
	while (!err);
	if (err == -LX_ETIMEDOUT)
		return 0;
	clock_now(LX_CLOCK_MONOTONIC, &now);
	if (now >= deadline)
		return 0;
	left = timespec_from_ns(deadline - now);
	if (!gaddr_null(rem) && guest_copyout(t, rem, &left, sizeof(left)))
		return -LX_EFAULT;
	t->restart_deadline_ns = deadline;
	t->restart_args = (struct sc_args){ .a = { rem.va } };
	t->restart_fn = sleep_again;
	return -LX_ERESTART_RESTARTBLOCK;
}

static uint64_t deadline_after(const struct lx_timespec *ts)
{
	uint64_t now, wait = timespec_to_ns(ts);

	clock_now(LX_CLOCK_MONOTONIC, &now);
	return wait > INT64_MAX - now ? INT64_MAX : now + wait;
}

int64_t sys_nanosleep(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts;

	if (guest_copyin(t, &ts, SC_GPTR(a, 0), sizeof(ts)))
		return -LX_EFAULT;
	if (!timespec_valid(&ts))
		return -LX_EINVAL;
	return sleep_until(t, deadline_after(&ts), SC_GPTR(a, 1));
}

static int64_t sleep_absolute(struct task *t, int clock, const struct lx_timespec *ts)
{
	uint64_t deadline;
	int err = clock_deadline(clock, timespec_to_ns(ts), &deadline);

	while (!err)
		err = task_sleep(t, deadline);
	if (err == -LX_ETIMEDOUT)
		return 0;
	return err == -LX_ERESTARTSYS ? -LX_ERESTARTNOHAND : err;
}

/* A relative sleep is continued from the value that it was to last until. */
static int64_t sleep_cpu_until(struct task *t, int clock, uint64_t at, gaddr_t rem, bool absolute);

static int64_t sleep_cpu_again(struct task *t, const struct sc_args *a)
{
	return sleep_cpu_until(t, SC_I32(a, 1), t->restart_deadline_ns, SC_GPTR(a, 0), false);
}

static int64_t sleep_cpu_until(struct task *t, int clock, uint64_t at, gaddr_t rem, bool absolute)
{
	struct lx_timespec left;
	uint64_t now;
	int err = task_cpu_sleep(t, clock, at);

	if (err != -LX_ERESTARTSYS)
		return err;
	if (absolute)
		return -LX_ERESTARTNOHAND;
	if (task_cpu_clock(t, clock, &now))
		now = 0;
	left = timespec_from_ns(at > now ? at - now : 0);
	if (!gaddr_null(rem) && guest_copyout(t, rem, &left, sizeof(left)))
		return -LX_EFAULT;
	t->restart_deadline_ns = at;
	t->restart_args = (struct sc_args){ .a = { rem.va, (uint32_t)clock } };
	t->restart_fn = sleep_cpu_again;
	return -LX_ERESTART_RESTARTBLOCK;
}

static int64_t sleep_cpu(struct task *t, int clock, bool absolute, const struct lx_timespec *ts,
			 gaddr_t rem)
{
	uint64_t now, at = timespec_to_ns(ts);
	int err = task_cpu_clock(t, clock, &now);

	if (err)
		return err;
	if (!absolute)
		at = at > INT64_MAX - now ? INT64_MAX : now + at;
	return sleep_cpu_until(t, clock, at, rem, absolute);
}

#define CLOCK_OF_THREAD 4

int64_t sys_clock_nanosleep(struct task *t, const struct sc_args *a)
{
	int clock = SC_I32(a, 0);
	bool cpu = cpu_clock_is(clock), absolute = SC_I32(a, 1) & LX_TIMER_ABSTIME;
	struct lx_timespec ts;
	uint64_t now;
	int err = cpu ? task_cpu_clock(t, clock, &now) : clock_now(clock, &now);

	if (clock == LX_CLOCK_THREAD_CPUTIME_ID)
		return -LX_EOPNOTSUPP;
	if (err)
		return err;
	if (guest_copyin(t, &ts, SC_GPTR(a, 2), sizeof(ts)))
		return -LX_EFAULT;
	if (!timespec_valid(&ts))
		return -LX_EINVAL;
	/* Who sleeps uses no CPU time of its own: it would never wake. */
	if (clock < 0 && clock & CLOCK_OF_THREAD && (~(clock >> 3) == t->tid || clock >> 3 == -1))
		return -LX_EINVAL;
	if (cpu)
		return sleep_cpu(t, clock, absolute, &ts, SC_GPTR(a, 3));
	if (absolute)
		return sleep_absolute(t, clock, &ts);
	return sleep_until(t, deadline_after(&ts), SC_GPTR(a, 3));
}

/* ---- interval timers ---- */

int64_t sys_alarm(struct task *t, const struct sc_args *a)
{
	struct lx_itimerval new = { .it_value = { .tv_sec = SC_U32(a, 0) } }, old;
	int err = itimer_set(t, &new, &old);

	if (err)
		return err;
	/* As Linux: rounded to the nearest second, but never to 0 while it is set. */
	if ((!old.it_value.tv_sec && old.it_value.tv_usec) || old.it_value.tv_usec >= 500000)
		old.it_value.tv_sec++;
	return old.it_value.tv_sec;
}

int64_t sys_getitimer(struct task *t, const struct sc_args *a)
{
	struct lx_itimerval val;

	if (SC_I32(a, 0) != LX_ITIMER_REAL)
		return SC_CONTINUE;
	itimer_get(t, &val);
	return guest_copyout(t, SC_GPTR(a, 1), &val, sizeof(val));
}

int64_t sys_setitimer(struct task *t, const struct sc_args *a)
{
	struct lx_itimerval new = { 0 }, old;
	int err;

	if (SC_I32(a, 0) != LX_ITIMER_REAL)
		return quirk_on(QUIRK_ITIMER_CPU) ? -LX_EINVAL : SC_CONTINUE;
	if (SC_U64(a, 1) && guest_copyin(t, &new, SC_GPTR(a, 1), sizeof(new)))
		return -LX_EFAULT;
	err = itimer_set(t, &new, &old);
	if (!err && SC_U64(a, 2))
		err = guest_copyout(t, SC_GPTR(a, 2), &old, sizeof(old));
	return err;
}

/* ---- POSIX timers ---- */

int64_t sys_timer_create(struct task *t, const struct sc_args *a)
{
	struct lx_sigevent ev;
	int32_t id;
	int err;

	if (SC_U64(a, 1) && guest_copyin(t, &ev, SC_GPTR(a, 1), sizeof(ev)))
		return -LX_EFAULT;
	err = posix_timer_create(t, SC_I32(a, 0), SC_U64(a, 1) ? &ev : NULL, &id);
	if (err)
		return err;
	if (guest_copyout(t, SC_GPTR(a, 2), &id, sizeof(id))) {
		posix_timer_delete(t, id);
		return -LX_EFAULT;
	}
	return 0;
}

int64_t sys_timer_settime(struct task *t, const struct sc_args *a)
{
	struct lx_itimerspec new, old = { 0 };
	int err;

	if (!SC_U64(a, 2))
		return -LX_EINVAL;
	if (guest_copyin(t, &new, SC_GPTR(a, 2), sizeof(new)))
		return -LX_EFAULT;
	err = posix_timer_settime(t, SC_I32(a, 0), SC_I32(a, 1), &new, &old);
	if (!err && SC_U64(a, 3))
		err = guest_copyout(t, SC_GPTR(a, 3), &old, sizeof(old));
	return err;
}

int64_t sys_timer_gettime(struct task *t, const struct sc_args *a)
{
	struct lx_itimerspec val;
	int err = posix_timer_gettime(t, SC_I32(a, 0), &val);

	return err ? err : guest_copyout(t, SC_GPTR(a, 1), &val, sizeof(val));
}

int64_t sys_timer_getoverrun(struct task *t, const struct sc_args *a)
{
	return posix_timer_getoverrun(t, SC_I32(a, 0));
}

int64_t sys_timer_delete(struct task *t, const struct sc_args *a)
{
	return posix_timer_delete(t, SC_I32(a, 0));
}

/* ---- process times ---- */

#define USER_HZ 100

static int64_t ticks(const struct lx_timeval *tv)
{
	return tv->tv_sec * USER_HZ + tv->tv_usec / (1000000 / USER_HZ);
}

int64_t sys_times(struct task *t, const struct sc_args *a)
{
	struct lx_rusage self, children;
	struct lx_tms tms;
	uint64_t now;

	if (SC_U64(a, 0)) {
		rusage_of_group(t->tg, &self);
		rusage_of_children(t->tg, &children);
		tms = (struct lx_tms){ ticks(&self.ru_utime), ticks(&self.ru_stime),
				       ticks(&children.ru_utime), ticks(&children.ru_stime) };
		if (guest_copyout(t, SC_GPTR(a, 0), &tms, sizeof(tms)))
			return -LX_EFAULT;
	}
	clock_now(LX_CLOCK_MONOTONIC, &now);
	return now / (1000000000 / USER_HZ);
}
