/* SPDX-License-Identifier: MIT */
/*
 * sys_aio.c - asynchronous I/O of Linux (io_submit and kin). A context is a ring of pages that libaio reads
 * without a call, and its requests are memory of the guest: both are the host kernel's, as page tables
 * are. lxcore sees to it that the files asked for are in the guest's slots. What is no file of the host has
 * no slot, so the host refuses it (EBADF); it cannot reach an eventfd of ours either.
 */
#include "lx/aio.h"
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define SUBMIT_LOOK 1024 /* requests of one call whose files are given slots */

int64_t sys_io_setup(struct task *t, const struct sc_args *a)
{
	return SC_CONTINUE;
}

int64_t sys_io_destroy(struct task *t, const struct sc_args *a)
{
	return SC_CONTINUE;
}

int64_t sys_io_getevents(struct task *t, const struct sc_args *a)
{
	return SC_CONTINUE;
}

int64_t sys_io_pgetevents(struct task *t, const struct sc_args *a)
{
	return SC_CONTINUE;
}

int64_t sys_io_cancel(struct task *t, const struct sc_args *a)
{
	return SC_CONTINUE;
}

static void give_slot(struct task *t, int fd)
{
	struct file *f;

	if (fd_is_slot(t, fd) || fd_get_slot(t, fd, false, &f, NULL))
		return;
	if (f->direct)
		fd_make_slot(t, fd, f);
	file_put(f);
}

/* What the host will object to is left to the host. */
int64_t sys_io_submit(struct task *t, const struct sc_args *a)
{
	int64_t nr = SC_I64(a, 1);
	struct lx_iocb cb;
	uint64_t ptr;

	for (int64_t i = 0; i < nr && i < SUBMIT_LOOK; i++) {
		if (guest_copyin(t, &ptr, GADDR(SC_U64(a, 2) + (uint64_t)i * sizeof(ptr)),
				 sizeof(ptr)) ||
		    guest_copyin(t, &cb, GADDR(ptr), sizeof(cb)))
			break;
		if (cb.flags & LX_IOCB_FLAG_RESFD)
			return i ? SC_CONTINUE
				 : unsupported(t, "io_submit", "LX_IOCB_FLAG_RESFD", cb.flags,
					       -LX_EINVAL);
		give_slot(t, (int)cb.fildes);
	}
	return SC_CONTINUE;
}
