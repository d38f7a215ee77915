/* SPDX-License-Identifier: MIT */
/* sys_event.c - eventfd, timerfd_*, epoll_*, memfd_create, inotify_*. */
#include "lxrun/event.h"
#include "base/alloc.h"
#include "lxrun/process.h"
#include "wait_mask.h"

/* Installs a new file that err says was made. */
static int64_t install(struct task *t, int err, struct file *f, uint32_t flags)
{
	return err ? err : fd_install_plain(t, f, flags & LX_O_CLOEXEC);
}

/* ---- eventfd, memfd ---- */

static int64_t do_eventfd(struct task *t, uint32_t init, uint32_t flags)
{
	struct file *f = NULL;
	int err = eventfd_create(t, init, flags, &f);

	return install(t, err, f, flags);
}

int64_t sys_eventfd(struct task *t, const struct sc_args *a)
{
	return do_eventfd(t, SC_U32(a, 0), 0);
}

int64_t sys_eventfd2(struct task *t, const struct sc_args *a)
{
	return do_eventfd(t, SC_U32(a, 0), SC_U32(a, 1));
}

int64_t sys_memfd_create(struct task *t, const struct sc_args *a)
{
	char name[256];
	struct file *f = NULL;
	int err = guest_copyin_str(t, name, sizeof(name), SC_GPTR(a, 0));

	if (err)
		return err == -LX_E2BIG ? -LX_EINVAL : err;
	err = memfd_create_file(t, name, SC_U32(a, 1), &f);
	return err ? err : fd_install(t, f, 0, SC_U32(a, 1) & 1 /* MFD_CLOEXEC */);
}

/* ---- inotify ---- */

static int64_t do_inotify(struct task *t, uint32_t flags)
{
	struct file *f = NULL;
	int err = inotify_create(t, flags, &f);

	return install(t, err, f, flags);
}

int64_t sys_inotify_init(struct task *t, const struct sc_args *a)
{
	return do_inotify(t, 0);
}

int64_t sys_inotify_init1(struct task *t, const struct sc_args *a)
{
	return do_inotify(t, SC_U32(a, 0));
}

int64_t sys_inotify_add_watch(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	struct file *f;
	int64_t ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);

	if (ret)
		return ret;
	ret = inotify_check(f, SC_U32(a, 2));
	if (!ret)
		ret = guest_copyin_path(t, path, SC_GPTR(a, 1));
	if (!ret)
		ret = inotify_add(t, f, path, SC_U32(a, 2));
	file_put(f);
	return ret;
}

int64_t sys_inotify_rm_watch(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int64_t ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);

	if (ret)
		return ret;
	ret = inotify_remove(f, SC_I32(a, 1));
	file_put(f);
	return ret;
}

/* ---- timerfd ---- */

int64_t sys_timerfd_create(struct task *t, const struct sc_args *a)
{
	struct file *f = NULL;
	int err = timerfd_create_file(t, SC_I32(a, 0), SC_U32(a, 1), &f);

	return install(t, err, f, SC_U32(a, 1));
}

int64_t sys_timerfd_settime(struct task *t, const struct sc_args *a)
{
	struct lx_itimerspec value, old;
	struct file *f;
	int err = guest_copyin(t, &value, SC_GPTR(a, 2), sizeof(value));

	if (!err)
		err = fd_get(t, SC_I32(a, 0), &f);
	if (err)
		return err;
	err = timerfd_settime_file(f, SC_U32(a, 1), &value, &old);
	file_put(f);
	if (!err && !gaddr_null(SC_GPTR(a, 3)))
		err = guest_copyout(t, SC_GPTR(a, 3), &old, sizeof(old));
	return err;
}

int64_t sys_timerfd_gettime(struct task *t, const struct sc_args *a)
{
	struct lx_itimerspec value;
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = timerfd_gettime_file(f, &value);
	file_put(f);
	return err ? err : guest_copyout(t, SC_GPTR(a, 1), &value, sizeof(value));
}

/* ---- epoll ---- */

int64_t sys_epoll_create(struct task *t, const struct sc_args *a)
{
	struct file *f = NULL;
	int err = SC_I32(a, 0) <= 0 ? -LX_EINVAL : epoll_create_file(t, &f);

	return install(t, err, f, 0);
}

int64_t sys_epoll_create1(struct task *t, const struct sc_args *a)
{
	struct file *f = NULL;
	uint32_t flags = SC_U32(a, 0);
	int err = flags & ~(uint32_t)LX_O_CLOEXEC ? -LX_EINVAL : epoll_create_file(t, &f);

	return install(t, err, f, flags);
}

int64_t sys_epoll_ctl(struct task *t, const struct sc_args *a)
{
	struct lx_epoll_event event = { 0 };
	struct file *f, *target;
	int op = SC_I32(a, 1), err = 0;

	if (op != LX_EPOLL_CTL_DEL)
		err = guest_copyin(t, &event, SC_GPTR(a, 3), sizeof(event));
	if (!err)
		err = fd_get(t, SC_I32(a, 0), &f);
	if (err)
		return err;
	err = fd_get(t, SC_I32(a, 2), &target);
	if (!err) {
		err = target->flags & LX_O_PATH
			      ? -LX_EBADF
			      : epoll_control(f, op, SC_I32(a, 2), target, &event);
		file_put(target);
	}
	file_put(f);
	return err;
}

static int64_t do_epoll_wait(struct task *t, const struct sc_args *a, uint64_t deadline)
{
	int32_t max = SC_I32(a, 2);
	struct file *f;
	struct iter to;
	int64_t n;

	if (max <= 0 || (uint32_t)max > INT32_MAX / sizeof(struct lx_epoll_event))
		return -LX_EINVAL;
	n = fd_get(t, SC_I32(a, 0), &f);
	if (n)
		return n;
	iter_guest(&to, t, SC_GPTR(a, 1), (uint64_t)max * sizeof(struct lx_epoll_event));
	n = epoll_wait_events(f, t, &to, (uint32_t)max, deadline);
	file_put(f);
	return n;
}

static uint64_t ms_deadline(int32_t ms)
{
	if (ms < 0)
		return WAIT_FOREVER;
	return ms ? KeQueryMonotonicNs() + (uint64_t)ms * 1000000 : 0;
}

int64_t sys_epoll_wait(struct task *t, const struct sc_args *a)
{
	return do_epoll_wait(t, a, ms_deadline(SC_I32(a, 3)));
}

int64_t sys_epoll_pwait(struct task *t, const struct sc_args *a)
{
	int err = wait_mask_begin(t, SC_GPTR(a, 4), SC_U64(a, 5));

	return err ? err : wait_mask_end(t, do_epoll_wait(t, a, ms_deadline(SC_I32(a, 3))));
}

int64_t sys_epoll_pwait2(struct task *t, const struct sc_args *a)
{
	struct lx_timespec ts;
	uint64_t deadline = WAIT_FOREVER;
	int err = 0;

	if (!gaddr_null(SC_GPTR(a, 3))) {
		err = guest_copyin(t, &ts, SC_GPTR(a, 3), sizeof(ts));
		if (!err && !timespec_valid(&ts))
			err = -LX_EINVAL;
		if (!err)
			deadline = poll_deadline(&ts);
	}
	if (!err)
		err = wait_mask_begin(t, SC_GPTR(a, 4), SC_U64(a, 5));
	return err ? err : wait_mask_end(t, do_epoll_wait(t, a, deadline));
}
