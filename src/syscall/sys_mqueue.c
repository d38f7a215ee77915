/* SPDX-License-Identifier: MIT */
/* sys_mqueue.c - POSIX message queues. */
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/mqueue.h"
#include "lxrun/process.h"

/* A name; as of every path, none is ENOENT. */
static int copy_name(struct task *t, gaddr_t from, char **out)
{
	char *name = mem_alloc(LX_PATH_MAX);
	int err = name ? guest_copyin_path(t, name, from) : -LX_ENOMEM;

	if (!err && !*name)
		err = -LX_ENOENT;
	if (err)
		mem_free(name);
	else
		*out = name;
	return err;
}

int64_t sys_mq_open(struct task *t, const struct sc_args *a)
{
	gaddr_t at = SC_GPTR(a, 3);
	struct lx_mq_attr attr;
	char *name;
	int64_t res = gaddr_null(at) ? 0 : guest_copyin(t, &attr, at, sizeof(attr));

	if (!res)
		res = copy_name(t, SC_GPTR(a, 0), &name);
	if (res)
		return res;
	res = mqueue_open(t, name, SC_U32(a, 1), SC_U32(a, 2), gaddr_null(at) ? NULL : &attr);
	mem_free(name);
	return res;
}

int64_t sys_mq_unlink(struct task *t, const struct sc_args *a)
{
	char *name;
	int err = copy_name(t, SC_GPTR(a, 0), &name);

	if (err)
		return err;
	err = mqueue_unlink(t, name);
	mem_free(name);
	return err;
}

/* A point of the realtime clock; NULL: for ever. */
static int copy_deadline(struct task *t, gaddr_t from, uint64_t *deadline)
{
	struct lx_timespec ts;
	int err;

	*deadline = WAIT_FOREVER;
	if (gaddr_null(from))
		return 0;
	err = guest_copyin(t, &ts, from, sizeof(ts));
	if (err)
		return err;
	if (!timespec_valid(&ts))
		return -LX_EINVAL;
	return clock_deadline(LX_CLOCK_REALTIME, timespec_to_ns(&ts), deadline);
}

int64_t sys_mq_timedsend(struct task *t, const struct sc_args *a)
{
	uint64_t deadline;
	int err = copy_deadline(t, SC_GPTR(a, 4), &deadline);

	if (err)
		return err;
	return mqueue_send(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U64(a, 2), SC_U32(a, 3), deadline);
}

int64_t sys_mq_timedreceive(struct task *t, const struct sc_args *a)
{
	uint64_t deadline;
	int err = copy_deadline(t, SC_GPTR(a, 4), &deadline);

	if (err)
		return err;
	return mqueue_receive(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U64(a, 2), SC_GPTR(a, 3),
			      deadline);
}

int64_t sys_mq_notify(struct task *t, const struct sc_args *a)
{
	struct lx_sigevent ev;
	gaddr_t at = SC_GPTR(a, 1);
	int err = gaddr_null(at) ? 0 : guest_copyin(t, &ev, at, sizeof(ev));

	return err ? err : mqueue_notify(t, SC_I32(a, 0), gaddr_null(at) ? NULL : &ev);
}

int64_t sys_mq_getsetattr(struct task *t, const struct sc_args *a)
{
	gaddr_t from = SC_GPTR(a, 1), to = SC_GPTR(a, 2);
	struct lx_mq_attr new, old;
	int err = gaddr_null(from) ? 0 : guest_copyin(t, &new, from, sizeof(new));

	if (!err)
		err = mqueue_getsetattr(t, SC_I32(a, 0), gaddr_null(from) ? NULL : &new, &old);
	if (!err && !gaddr_null(to))
		err = guest_copyout(t, to, &old, sizeof(old));
	return err;
}
