/* SPDX-License-Identifier: MIT */
/* sys_futex.c - the operations of futex(2) that compare thread numbers; the others are the host's. */
#include "lx/futex.h"
#include "lxrun/guestmem.h"
#include "lxrun/process.h"

static int read_deadline(struct task *t, gaddr_t at, int clock, uint64_t *deadline)
{
	struct lx_timespec ts;
	int err;

	*deadline = WAIT_FOREVER;
	if (gaddr_null(at))
		return 0;
	err = guest_copyin(t, &ts, at, sizeof(ts));
	if (err)
		return err;
	return timespec_valid(&ts) ? clock_deadline(clock, timespec_to_ns(&ts), deadline)
				   : -LX_EINVAL;
}

int64_t sys_futex(struct task *t, const struct sc_args *a)
{
	uint32_t op = SC_U32(a, 1), cmd = op & LX_FUTEX_CMD_MASK;
	bool private = op & LX_FUTEX_PRIVATE_FLAG, real = op & LX_FUTEX_CLOCK_REALTIME;
	gaddr_t at = SC_GPTR(a, 0), other = SC_GPTR(a, 4);
	uint64_t deadline = WAIT_FOREVER;
	int err = 0;

	if (real && cmd != LX_FUTEX_WAIT_REQUEUE_PI && cmd != LX_FUTEX_LOCK_PI2)
		return -LX_ENOSYS;
	if (cmd == LX_FUTEX_LOCK_PI || cmd == LX_FUTEX_LOCK_PI2 || cmd == LX_FUTEX_WAIT_REQUEUE_PI)
		err = read_deadline(t, SC_GPTR(a, 3),
				    real || cmd == LX_FUTEX_LOCK_PI ? LX_CLOCK_REALTIME
								    : LX_CLOCK_MONOTONIC,
				    &deadline);
	if (err)
		return err;
	switch (cmd) {
	case LX_FUTEX_LOCK_PI:
	case LX_FUTEX_LOCK_PI2:
		return pi_lock(t, at, private, deadline, false);
	case LX_FUTEX_TRYLOCK_PI:
		return pi_lock(t, at, private, deadline, true);
	case LX_FUTEX_UNLOCK_PI:
		return pi_unlock(t, at, private);
	case LX_FUTEX_WAIT_REQUEUE_PI:
		return pi_wait_requeue(t, at, SC_U32(a, 2), other, private, deadline);
	case LX_FUTEX_CMP_REQUEUE_PI:
		if (SC_I32(a, 3) < 0 || SC_I32(a, 2) != 1)
			return -LX_EINVAL;
		return pi_cmp_requeue(t, at, SC_U32(a, 5), SC_U32(a, 3), other, private);
	default:
		return unsupported(t, "futex", "op", op, -LX_ENOSYS);
	}
}
