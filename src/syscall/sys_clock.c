/* SPDX-License-Identifier: MIT */
/* sys_clock.c - reading CPU-time clocks, sleeping on any clock, and why clocks cannot be set. */
#include "lx/timex.h"
#include "lxrun/process.h"
#include "lxrun/guestmem.h"

/* ---- CPU-time clocks with a number in their name; the others are the host's ---- */

int64_t sys_clock_gettime(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts;
	uint64_t ns;
	int err = task_cpu_clock(t, SC_I32(a, 0), &ns);

	if (err)
		return err;
	ts = timespec_from_ns(ns);
	return guest_copyout(t, SC_GPTR(a, 1), &ts, sizeof(ts));
}

int64_t sys_clock_getres(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts = { 0, 1 };
	uint64_t ns;
	int err = task_cpu_clock(t, SC_I32(a, 0), &ns);

	if (err || !SC_U64(a, 1))
		return err;
	return guest_copyout(t, SC_GPTR(a, 1), &ts, sizeof(ts));
}

/* ---- setting: the clock is the host's, as for the unprivileged ---- */

int64_t sys_clock_settime(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts;

	if (SC_I32(a, 0) != LX_CLOCK_REALTIME)
		return -LX_EINVAL;
	if (guest_copyin(t, &ts, SC_GPTR(a, 1), sizeof(ts)))
		return -LX_EFAULT;
	return timespec_valid(&ts) ? -LX_EPERM : -LX_EINVAL;
}

int64_t sys_settimeofday(struct task *t, const struct sc_args *a)
{
	struct lx_timeval tv = { 0 };
	int32_t zone[2];

	if (SC_U64(a, 0)) {
		if (guest_copyin(t, &tv, SC_GPTR(a, 0), sizeof(tv)))
			return -LX_EFAULT;
		if (tv.tv_usec < 0 || tv.tv_usec > 1000000)
			return -LX_EINVAL;
	}
	if (SC_U64(a, 1) && guest_copyin(t, zone, SC_GPTR(a, 1), sizeof(zone)))
		return -LX_EFAULT;
	return SC_U64(a, 0) && tv.tv_sec < 0 ? -LX_EINVAL : -LX_EPERM;
}

#define NTP_PHASE_MAX 16000000
#define ADJ_READONLY  (LX_ADJ_SINGLESHOT | 0x2000u) /* ADJ_OFFSET_SS_READ */

/* What an undisciplined clock says. */
static int64_t read_timex(struct task *t, gaddr_t at)
{
	struct lx_timex tx;
	uint64_t now;

	if (guest_copyin(t, &tx, at, sizeof(tx)))
		return -LX_EFAULT;
	if (tx.modes && (tx.modes & ADJ_READONLY) != ADJ_READONLY)
		return -LX_EPERM;
	clock_now(LX_CLOCK_REALTIME, &now);
	tx = (struct lx_timex){
		.modes = tx.modes,
		.maxerror = NTP_PHASE_MAX,
		.esterror = NTP_PHASE_MAX,
		.status = LX_STA_UNSYNC,
		.constant = 2,
		.precision = 1,
		.tolerance = 500ll << 16,
		.time = { now / 1000000000, now % 1000000000 / 1000 },
		.tick = 10000,
	};
	return guest_copyout(t, at, &tx, sizeof(tx)) ? -LX_EFAULT : LX_TIME_ERROR;
}

int64_t sys_adjtimex(struct task *t, const struct sc_args *a)
{
	return read_timex(t, SC_GPTR(a, 0));
}

int64_t sys_clock_adjtime(struct task *t, const struct sc_args *a)
{
	int clock = SC_I32(a, 0);
	struct lx_timex tx;
	uint64_t now;

	if (guest_copyin(t, &tx, SC_GPTR(a, 1), sizeof(tx)))
		return -LX_EFAULT;
	if (clock != LX_CLOCK_REALTIME)
		return clock < 0 || clock_now(clock, &now) == -LX_EINVAL ? -LX_EINVAL
									 : -LX_EOPNOTSUPP;
	return read_timex(t, SC_GPTR(a, 1));
}
