/* SPDX-License-Identifier: MIT */
/* sys_fd.c - descriptors: close, dup, fcntl, locks, flushing, hints. */
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "lxrun/quirks.h"

#define SETFL_FLAGS (LX_O_APPEND | LX_O_NONBLOCK | LX_O_ASYNC | LX_O_DIRECT | LX_O_NOATIME)

int64_t sys_close(struct task *t, const struct sc_args *a)
{
	return fd_close(t, SC_I32(a, 0));
}

int64_t sys_close_range(struct task *t, const struct sc_args *a)
{
	return fd_close_range(t, SC_U32(a, 0), SC_U32(a, 1), SC_U32(a, 2));
}

int64_t sys_dup(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	return err ? err : fd_install(t, f, 0, false);
}

static int64_t dup_to(struct task *t, int from, int to, bool cloexec)
{
	struct file *f;
	int err = fd_get(t, from, &f);

	return err ? err : fd_install_at(t, f, to, cloexec);
}

int64_t sys_dup2(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int err;

	if (SC_I32(a, 0) != SC_I32(a, 1))
		return dup_to(t, SC_I32(a, 0), SC_I32(a, 1), false);
	err = fd_get(t, SC_I32(a, 0), &f);
	if (err)
		return err;
	file_put(f);
	return SC_I32(a, 1);
}

int64_t sys_dup3(struct task *t, const struct sc_args *a)
{
	uint32_t flags = SC_U32(a, 2);

	if ((flags & ~LX_O_CLOEXEC) || SC_I32(a, 0) == SC_I32(a, 1))
		return -LX_EINVAL;
	return dup_to(t, SC_I32(a, 0), SC_I32(a, 1), flags & LX_O_CLOEXEC);
}

/* ---- calls that the host executes on the slot ---- */

/*
 * Lets the host execute the call on fd: SC_CONTINUE. A direct file without a slot gets one. other: what
 * to answer for a file that is not the host's.
 */
static int64_t on_host(struct task *t, int fd, int64_t other)
{
	struct file *f;
	int64_t ret;

	if (fd_is_slot(t, fd))
		return SC_CONTINUE;
	ret = fd_get_slot(t, fd, false, &f, NULL);
	if (ret)
		return ret;
	ret = other;
	if (f->direct) {
		ret = fd_make_slot(t, fd, f);
		if (!ret)
			ret = SC_CONTINUE;
	}
	file_put(f);
	return ret;
}

int64_t sys_flock(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int64_t ret = on_host(t, SC_I32(a, 0), 1);

	if (ret != 1)
		return ret;
	ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);
	if (ret)
		return ret;
	ret = vfs_flock(t, f, SC_U32(a, 1));
	file_put(f);
	return ret;
}

/* Non-regular files answer hints as Linux does: a pipe has no positions to advise about. */
static int64_t hint(struct task *t, int fd, int64_t pipe_err)
{
	struct file *f;
	int64_t ret = on_host(t, fd, 1);

	if (ret != 1)
		return ret;
	ret = fd_get_slot(t, fd, false, &f, NULL);
	if (ret)
		return ret;
	ret = f->fop && f->fop->llseek ? 0 : pipe_err;
	file_put(f);
	return ret;
}

int64_t sys_readahead(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int64_t ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);
	bool pages;

	if (ret)
		return ret;
	pages = file_readable(f) && f->inode && LX_S_ISREG(f->inode->mode);
	ret = file_readable(f) ? -LX_EINVAL : -LX_EBADF;
	file_put(f);
	if (!pages)
		return ret;
	return hint(t, SC_I32(a, 0), -LX_EINVAL);
}

int64_t sys_fadvise64(struct task *t, const struct sc_args *a)
{
	int64_t ret = hint(t, SC_I32(a, 0), -LX_ESPIPE);

	return ret == 0 && (SC_U32(a, 3) > 5 || SC_I64(a, 2) < 0) ? -LX_EINVAL : ret;
}

int64_t sys_sync_file_range(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int64_t ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);

	if (ret)
		return ret;
	/* A null device has positions, and nothing to write back. */
	if (!f->inode || (!LX_S_ISREG(f->inode->mode) && !LX_S_ISDIR(f->inode->mode)))
		ret = -LX_ESPIPE;
	file_put(f);
	return ret ? ret : hint(t, SC_I32(a, 0), -LX_ESPIPE);
}

int64_t sys_cachestat(struct task *t, const struct sc_args *a)
{
	return on_host(t, SC_I32(a, 0), -LX_EOPNOTSUPP);
}

int64_t sys_fallocate(struct task *t, const struct sc_args *a)
{
	struct file *f;
	int64_t ret = on_host(t, SC_I32(a, 0), 1);

	if (ret != 1)
		return ret;
	ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);
	if (ret)
		return ret;
	ret = vfs_fallocate(t, f, SC_I32(a, 1), SC_I64(a, 2), SC_I64(a, 3));
	file_put(f);
	return ret;
}

static int64_t do_fsync(struct task *t, int fd, bool data_only)
{
	struct file *f;
	int64_t ret;

	if (fd_is_slot(t, fd))
		return SC_CONTINUE;
	ret = fd_get_slot(t, fd, false, &f, NULL);
	if (ret)
		return ret;
	ret = vfs_fsync(f, data_only);
	file_put(f);
	return ret;
}

int64_t sys_fsync(struct task *t, const struct sc_args *a)
{
	return do_fsync(t, SC_I32(a, 0), false);
}

int64_t sys_fdatasync(struct task *t, const struct sc_args *a)
{
	return do_fsync(t, SC_I32(a, 0), true);
}

/* The volumes are the host's, and so is their cache. */
int64_t sys_sync(struct task *t, const struct sc_args *a)
{
	return SC_CONTINUE;
}

int64_t sys_syncfs(struct task *t, const struct sc_args *a)
{
	return on_host(t, SC_I32(a, 0), 0);
}

/* ---- fcntl ---- */

static int64_t set_flags(struct task *t, int fd, struct file *f, uint32_t arg)
{
	uint32_t flags;
	int64_t ret = 0;

	lk_acquire(&f->lock);
	flags = (f->flags & ~SETFL_FLAGS) | (arg & SETFL_FLAGS);
	lk_release(&f->lock);
	if (!f->fop || !f->fop->async || !f->fop->async(f))
		flags &= ~LX_O_ASYNC;
	else if ((flags ^ f->flags) & LX_O_ASYNC)
		ret = file_set_async(t, f, fd, flags & LX_O_ASYNC);
	if (ret)
		return ret;
	if (f->fop && f->fop->set_flags)
		ret = f->fop->set_flags(f, flags);
	if (!ret && f->direct) {
		ret = fd_make_slot(t, fd, f);
		if (!ret)
			ret = SC_CONTINUE;
	}
	if (!ret || ret == SC_CONTINUE) {
		lk_acquire(&f->lock);
		f->flags = flags;
		lk_release(&f->lock);
	}
	return ret;
}

/* What WSL 1 found: no lock, ever. */
static int64_t no_lock(struct task *t, gaddr_t ufl)
{
	struct lx_flock fl;

	if (guest_copyin(t, &fl, ufl, sizeof(fl)))
		return -LX_EFAULT;
	fl.l_type = LX_F_UNLCK;
	return guest_copyout(t, ufl, &fl, sizeof(fl));
}

static int64_t record_lock(struct task *t, int fd, struct file *f, uint32_t cmd, gaddr_t ufl)
{
	bool get = cmd == LX_F_GETLK || cmd == LX_F_OFD_GETLK;
	bool ofd = cmd == LX_F_OFD_GETLK || cmd == LX_F_OFD_SETLK || cmd == LX_F_OFD_SETLKW;
	struct lx_flock fl;
	int64_t ret;

	if (ofd && quirk_on(QUIRK_OFD_LOCKS))
		return -LX_EINVAL;
	if (cmd == LX_F_GETLK && quirk_on(QUIRK_LOCK_QUERY))
		return no_lock(t, ufl);
	/* Whose lock it is the host would tell by its own numbers. */
	ret = get && f->direct ? 1 : on_host(t, fd, 1);
	if (ret != 1)
		return ret;
	ret = guest_copyin(t, &fl, ufl, sizeof(fl));
	if (!ret)
		ret = vfs_lock_record(t, f, cmd, &fl);
	if (!ret && get)
		ret = guest_copyout(t, ufl, &fl, sizeof(fl));
	return ret;
}

/* Commands that need the open file. */
static int64_t fcntl_file(struct task *t, int fd, struct file *f, uint32_t cmd, uint64_t arg)
{
	if (cmd == LX_F_GETFL)
		return f->flags;
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	switch (cmd) {
	case LX_F_SETFL:
		return set_flags(t, fd, f, (uint32_t)arg);
	case LX_F_GETLK:
	case LX_F_SETLK:
	case LX_F_SETLKW:
	case LX_F_OFD_GETLK:
	case LX_F_OFD_SETLK:
	case LX_F_OFD_SETLKW:
		return record_lock(t, fd, f, cmd, GADDR(arg));
	case LX_F_SETPIPE_SZ:
	case LX_F_GETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	case LX_F_SETOWN:
	case LX_F_GETOWN:
	case LX_F_SETOWN_EX:
	case LX_F_GETOWN_EX:
	case LX_F_SETSIG:
	case LX_F_GETSIG:
		return file_owner_fcntl(t, f, cmd, arg);
	case LX_F_SETLEASE:
		return lease_set(t, f, fd, (int)arg);
	case LX_F_GETLEASE:
		return lease_get(f);
	case LX_F_NOTIFY:
		return dnotify_set(t, f, fd, (uint32_t)arg);
	case LX_F_CREATED_QUERY:
		return f->created;
	case LX_F_ADD_SEALS:
	case LX_F_GET_SEALS:
		return f->direct ? on_host(t, fd, -LX_EINVAL) : -LX_EINVAL;
	default:
		return unsupported(t, "fcntl", "cmd", cmd, -LX_EINVAL);
	}
}

int64_t sys_fcntl(struct task *t, const struct sc_args *a)
{
	int fd = SC_I32(a, 0);
	uint64_t arg = SC_U64(a, 2);
	struct file *f;
	int64_t ret;

	switch (SC_U32(a, 1)) {
	case LX_F_DUPFD:
		return fd_dup(t, fd, (int32_t)arg, false);
	case LX_F_DUPFD_CLOEXEC:
		return fd_dup(t, fd, (int32_t)arg, true);
	case LX_F_GETFD:
		return fd_get_cloexec(t, fd);
	case LX_F_SETFD:
		return fd_set_cloexec(t, fd, arg & LX_FD_CLOEXEC);
	}
	ret = fd_get(t, fd, &f);
	if (ret)
		return ret;
	ret = fcntl_file(t, fd, f, SC_U32(a, 1), arg);
	file_put(f);
	return ret;
}
