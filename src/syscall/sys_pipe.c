/* SPDX-License-Identifier: MIT */
/* sys_pipe.c - pipe, pipe2. */
#include "lxrun/task.h"
#include "lxrun/vfs.h"

static int64_t do_pipe(struct task *t, gaddr_t addr, uint32_t flags)
{
	struct file *ends[2];
	int32_t fds[2];
	bool cloexec = flags & LX_O_CLOEXEC;
	int err;

	if (flags & LX_O_DIRECT)
		return unsupported(t, "pipe2", "flags", LX_O_DIRECT, -LX_EINVAL);
	if (flags & ~(uint32_t)(LX_O_CLOEXEC | LX_O_NONBLOCK))
		return -LX_EINVAL;
	err = pipe_create(t, flags & LX_O_NONBLOCK, ends);
	if (err)
		return err;
	fds[0] = fd_install_plain(t, ends[0], cloexec);
	if (fds[0] < 0) {
		file_put(ends[1]);
		return fds[0];
	}
	fds[1] = fd_install_plain(t, ends[1], cloexec);
	if (fds[1] < 0) {
		fd_close(t, fds[0]);
		return fds[1];
	}
	err = guest_copyout(t, addr, fds, sizeof(fds));
	if (err) {
		fd_close(t, fds[0]);
		fd_close(t, fds[1]);
	}
	return err;
}

int64_t sys_pipe(struct task *t, const struct sc_args *a)
{
	return do_pipe(t, SC_GPTR(a, 0), 0);
}

int64_t sys_pipe2(struct task *t, const struct sc_args *a)
{
	return do_pipe(t, SC_GPTR(a, 0), SC_U32(a, 1));
}
