/* SPDX-License-Identifier: MIT */
/* sys_pidfd.c - calls on files that stand for a process, and signalfd. */
#include "lxrun/pidfd.h"
#include "lxrun/guestmem.h"

/* The process of descriptor fd: a reference in *tg. With fflags: of pidfds only, and the file's flags. */
static int get_process(struct task *t, int fd, struct tgroup **tg, uint32_t *fflags)
{
	struct file *f;
	int err = fd_get(t, fd, &f), pid;

	if (err)
		return err;
	*tg = pidfd_tgroup(f);
	pid = *tg || fflags ? 0 : proc_dir_pid(f); /* older than pidfds: a directory in /proc */
	if (pid) {
		*tg = tgroup_find(pid);
		err = -LX_ESRCH;
	} else {
		err = -LX_EBADF;
	}
	if (fflags)
		*fflags = f->flags;
	file_put(f);
	return *tg ? 0 : err;
}

int64_t sys_pidfd_open(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err = pidfd_open_pid(SC_I32(a, 0), SC_U32(a, 1), &f);

	return err ? err : fd_install_plain(t, f, true);
}

int64_t sys_pidfd_send_signal(struct task *t, const struct sc_args *a)
{
	struct lx_siginfo info;
	bool given = SC_U64(a, 2) != 0;
	struct tgroup *tg;
	int err;

	if (SC_U32(a, 3))
		return SC_U32(a, 3) < 8 ? unsupported(t, "pidfd_send_signal", "flags", SC_U32(a, 3),
						      -LX_EINVAL)
					: -LX_EINVAL;
	err = get_process(t, SC_I32(a, 0), &tg, NULL);
	if (err)
		return err;
	if (given)
		err = guest_copyin_siginfo(t, &info, SC_GPTR(a, 2), SC_I32(a, 1));
	if (!err)
		err = pidfd_signal(t, tg, SC_I32(a, 1), given ? &info : NULL);
	tgroup_put(tg);
	return err;
}

int64_t sys_pidfd_getfd(struct task *t, const struct sc_args *a)
{
	struct tgroup *tg;
	struct file *f;
	int err = SC_U32(a, 2) ? -LX_EINVAL : get_process(t, SC_I32(a, 0), &tg, NULL);

	if (err)
		return err;
	err = pidfd_take_file(t, tg, SC_I32(a, 1), &f);
	tgroup_put(tg);
	return err ? err : fd_install(t, f, 0, true);
}

/* waitid's P_PIDFD: the number to wait for, and whether the call may block. */
int pidfd_wait_target(struct task *t, int fd, bool *nonblock)
{
	struct tgroup *tg;
	uint32_t flags;
	int err = get_process(t, fd, &tg, &flags), pid;

	if (err)
		return err;
	pid = tg->state == TG_DEAD ? -LX_ECHILD : tg->pid;
	*nonblock = flags & LX_O_NONBLOCK;
	tgroup_put(tg);
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
