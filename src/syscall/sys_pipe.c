/* SPDX-License-Identifier: MIT */
/* sys_pipe.c - pipe, pipe2. */
#include "lxrun/task.h"
#include "lxrun/vfs.h"

static int64_t do_pipe(struct task *t, gaddr_t addr, uint32_t flags)
{
	struct file *ends[2];
	int err;

	if (flags & ~(uint32_t)(LX_O_CLOEXEC | LX_O_NONBLOCK | LX_O_DIRECT))
		return -LX_EINVAL;
	err = pipe_create(t, flags & (LX_O_NONBLOCK | LX_O_DIRECT), ends);
	return err ? err : fd_install_pair(t, ends, flags & LX_O_CLOEXEC, addr);
}

int64_t sys_pipe(struct task *t, const struct sc_args *a)
{
	return do_pipe(t, SC_GPTR(a, 0), 0);
}

int64_t sys_pipe2(struct task *t, const struct sc_args *a)
{
	return do_pipe(t, SC_GPTR(a, 0), SC_U32(a, 1));
}
