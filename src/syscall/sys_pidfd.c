/* SPDX-License-Identifier: MIT */
/* sys_pidfd.c - calls on files that stand for a process, and signalfd. */
#include "lxrun/ns.h"
#include "lxrun/pidfd.h"
#include "lxrun/guestmem.h"

/* What descriptor fd stands for. With fflags: of pidfds only, and the file's flags. */
static int get_target(struct task *t, int fd, struct pidfd_target *p, uint32_t *fflags)
{
	struct file *f;
	int err = fd_get(t, fd, &f);

	if (err)
		return err;
	*p = (struct pidfd_target){ 0 };
	err = -LX_EBADF;
	/* older than pidfds: a directory in /proc */
	if (!pidfd_target(f, p) && !fflags && proc_dir_group(f, &p->tg))
		err = -LX_ESRCH;
	if (fflags)
		*fflags = f->flags;
	file_put(f);
	return p->tg ? 0 : err;
}

int64_t sys_pidfd_open(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err = pidfd_open_pid(SC_I32(a, 0), SC_U32(a, 1), &f);

	return err ? err : fd_install_plain(t, f, true);
}

#define SIGNAL_SCOPES \
	(LX_PIDFD_SIGNAL_THREAD | LX_PIDFD_SIGNAL_THREAD_GROUP | LX_PIDFD_SIGNAL_PROCESS_GROUP)

int64_t sys_pidfd_send_signal(struct task *t, const struct sc_args *a)
{
	uint32_t scope = SC_U32(a, 3);
	struct lx_siginfo info;
	bool given = SC_U64(a, 2) != 0;
	struct pidfd_target p;
	int err;

	if (scope & ~SIGNAL_SCOPES || scope & (scope - 1))
		return -LX_EINVAL;
	err = get_target(t, SC_I32(a, 0), &p, NULL);
	if (err)
		return err;
	if (given)
		err = guest_copyin_siginfo(t, &info, SC_GPTR(a, 2), SC_I32(a, 1));
	if (!err)
		err = pidfd_signal(t, &p, scope, SC_I32(a, 1), given ? &info : NULL);
	pidfd_target_put(&p);
	return err;
}

int64_t sys_pidfd_getfd(struct task *t, const struct sc_args *a)
{
	struct pidfd_target p;
	struct file *f;
	int err = SC_U32(a, 2) ? -LX_EINVAL : get_target(t, SC_I32(a, 0), &p, NULL);

	if (err)
		return err;
	err = pidfd_take_file(t, &p, SC_I32(a, 1), &f);
	pidfd_target_put(&p);
	return err ? err : fd_install(t, f, 0, true);
}

/* waitid's P_PIDFD: the number to wait for, and whether the call may block. */
int pidfd_wait_target(struct task *t, int fd, bool *nonblock)
{
	struct pidfd_target p;
	uint32_t flags;
	int err = get_target(t, fd, &p, &flags), pid;

	if (err)
		return err;
	pid = pid_seen(t, p.thread ? p.thread->tid : p.tg->pid);
	if (p.tg->state == TG_DEAD)
		pid = -LX_ECHILD;
	*nonblock = flags & LX_O_NONBLOCK;
	pidfd_target_put(&p);
	return pid;
}

/* ---- signalfd ---- */

static int64_t do_signalfd(struct task *t, const struct sc_args *a, uint32_t flags)
{
	lx_sigset_t mask;
	struct file *f;
	int err;

	if (SC_U64(a, 2) != sizeof(mask) || flags & ~(uint32_t)(LX_O_CLOEXEC | LX_O_NONBLOCK))
		return -LX_EINVAL;
	if (guest_copyin(t, &mask, SC_GPTR(a, 1), sizeof(mask)))
		return -LX_EFAULT;
	if (SC_I32(a, 0) == -1) {
		f = signalfd_file(mask, flags);
		return f ? fd_install_plain(t, f, flags & LX_O_CLOEXEC) : -LX_ENOMEM;
	}
	err = fd_get(t, SC_I32(a, 0), &f);
	if (err)
		return err;
	err = signalfd_set_mask(f, mask);
	file_put(f);
	return err ? err : SC_I32(a, 0);
}

int64_t sys_signalfd(struct task *t, const struct sc_args *a)
{
	return do_signalfd(t, a, 0);
}

int64_t sys_signalfd4(struct task *t, const struct sc_args *a)
{
	return do_signalfd(t, a, SC_U32(a, 3));
}
