/* SPDX-License-Identifier: MIT */
/*
 * sys_ioctl.c - ioctl: what every file knows, then the file's own, then ENOTTY. On a direct descriptor
 * the host executes the few requests that mean the same there; nothing else reaches the host.
 */
#include "lx/ioctl.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

static int64_t set_nonblock(struct task *t, struct file *f, bool slot, gaddr_t arg)
{
	int32_t on;
	int err = guest_copyin(t, &on, arg, sizeof(on));

	if (err)
		return err;
	lk_acquire(&f->lock);
	f->flags = on ? f->flags | LX_O_NONBLOCK : f->flags & ~(uint32_t)LX_O_NONBLOCK;
	lk_release(&f->lock);
	if (slot)
		return SC_CONTINUE;
	return f->fop && f->fop->set_flags ? f->fop->set_flags(f, f->flags) : 0;
}

static int64_t set_async(struct task *t, struct file *f, int fd, gaddr_t arg)
{
	int32_t on;
	int64_t ret = guest_copyin(t, &on, arg, sizeof(on));

	if (ret || !on == !(f->flags & LX_O_ASYNC))
		return ret;
	if (!f->fop || !f->fop->async || !f->fop->async(f))
		return -LX_ENOTTY;
	ret = file_set_async(t, f, fd, on);
	if (ret)
		return ret;
	lk_acquire(&f->lock);
	f->flags = on ? f->flags | LX_O_ASYNC : f->flags & ~(uint32_t)LX_O_ASYNC;
	lk_release(&f->lock);
	return 0;
}

/* Bytes from the position to the end, for files that have both. */
static int64_t bytes_left(struct task *t, struct file *f, gaddr_t arg)
{
	struct kstat st;
	int64_t left;
	int32_t n;
	int err = vfs_fstat(f, &st);

	if (err)
		return err;
	if (!LX_S_ISREG(st.mode))
		return -LX_ENOTTY;
	left = (int64_t)st.size - f->pos;
	n = left > INT32_MAX ? INT32_MAX : left < INT32_MIN ? INT32_MIN : (int32_t)left;
	return guest_copyout(t, arg, &n, sizeof(n));
}

/* Requests that programs try on anything to learn what it is, and live without: no report. */
static bool is_probe(uint32_t cmd)
{
	switch (cmd) {
	case LX_TCGETS:
	case LX_TCGETS2:
	case LX_TCGETA:
	case LX_TIOCGWINSZ:
	case LX_TIOCGPGRP:
	case LX_TIOCGSID:
	case LX_TIOCGPTN:
	case LX_FIONREAD:
		return true;
	default:
		return false;
	}
}

/* ---- shared extents ---- */

/* Struct file_clone_range and the head of file_dedupe_range: the first field says enough. */
static int64_t clone_source(struct task *t, uint32_t cmd, uint64_t arg, int *fd)
{
	int64_t range[4];

	*fd = (int)arg;
	if (cmd == LX_FICLONE)
		return 0;
	if (guest_copyin(t, range, GADDR(arg), sizeof(range)))
		return -LX_EFAULT;
	*fd = (int)range[0];
	return 0;
}

static int clone_check(const struct file *in, const struct file *out)
{
	if (in->path.mnt != out->path.mnt)
		return -LX_EXDEV;
	if (!in->inode || !out->inode)
		return -LX_EINVAL;
	if (LX_S_ISDIR(in->inode->mode) || LX_S_ISDIR(out->inode->mode))
		return -LX_EISDIR;
	if (!LX_S_ISREG(in->inode->mode) || !LX_S_ISREG(out->inode->mode))
		return -LX_EINVAL;
	if (!file_readable(in) || !file_writable(out) || (out->flags & LX_O_APPEND))
		return -LX_EBADF;
	return -LX_EOPNOTSUPP;
}

/* Between two files of the host its file system decides; no other can share extents. */
static int64_t clone_file(struct task *t, uint32_t cmd, uint64_t arg, struct file *out, bool slot)
{
	struct file *in;
	int fd;
	int64_t ret = clone_source(t, cmd, arg, &fd);

	if (!ret)
		ret = fd_get_slot(t, fd, false, &in, NULL);
	if (ret)
		return ret;
	ret = slot && fd_is_slot(t, fd) ? SC_CONTINUE : clone_check(in, out);
	file_put(in);
	return ret;
}

static int64_t dedupe(struct file *f, bool slot)
{
	if (slot)
		return SC_CONTINUE;
	if (f->inode && LX_S_ISDIR(f->inode->mode))
		return -LX_EISDIR;
	return f->inode && LX_S_ISREG(f->inode->mode) && file_readable(f) ? -LX_EOPNOTSUPP
									  : -LX_EINVAL;
}

/* Attributes of the file system below, and where it keeps a file: only the host knows. */
static int64_t host_attributes(struct task *t, int fd, uint32_t cmd, struct file *f)
{
	bool set = cmd == LX_FS_IOC_SETFLAGS || cmd == LX_FS_IOC_FSSETXATTR;
	int64_t ret;

	if (!f->direct || !f->inode || !LX_S_ISREG(f->inode->mode))
		return cmd == LX_FS_IOC_FIEMAP ? -LX_EOPNOTSUPP : -LX_ENOTTY;
	ret = set ? vfs_may_set_flags(t, f) : 0;
	if (!ret)
		ret = fd_make_slot(t, fd, f);
	return ret ? ret : SC_CONTINUE;
}

static int64_t do_ioctl(struct task *t, const struct sc_args *a, struct file *f, bool slot)
{
	int fd = SC_I32(a, 0);
	uint32_t cmd = SC_U32(a, 1);
	int64_t res = -LX_ENOIOCTLCMD;

	switch (cmd) {
	case LX_FIOCLEX:
	case LX_FIONCLEX:
		return fd_set_cloexec(t, fd, cmd == LX_FIOCLEX);
	case LX_FIONBIO:
		return set_nonblock(t, f, slot, SC_GPTR(a, 2));
	case LX_FIOASYNC:
		return set_async(t, f, fd, SC_GPTR(a, 2));
	case LX_FICLONE:
	case LX_FICLONERANGE:
		return clone_file(t, cmd, SC_U64(a, 2), f, slot);
	case LX_FIDEDUPERANGE:
		return dedupe(f, slot);
	case LX_FS_IOC_GETFLAGS:
	case LX_FS_IOC_GETVERSION:
	case LX_FS_IOC_FSGETXATTR:
	case LX_FS_IOC_FIEMAP:
	case LX_FS_IOC_SETFLAGS:
	case LX_FS_IOC_FSSETXATTR:
		return host_attributes(t, fd, cmd, f);
	}
	if (slot && cmd == LX_FIONREAD)
		return SC_CONTINUE;
	if (f->fop && f->fop->ioctl)
		res = f->fop->ioctl(f, t, cmd, SC_U64(a, 2));
	if (res != -LX_ENOIOCTLCMD)
		return res;
	if (cmd == LX_FIONREAD)
		return bytes_left(t, f, SC_GPTR(a, 2));
	return is_probe(cmd) ? -LX_ENOTTY : unsupported(t, "ioctl", "request", cmd, -LX_ENOTTY);
}

int64_t sys_ioctl(struct task *t, const struct sc_args *a)
{
	struct file *f;
	bool slot;
	int64_t res = fd_get_slot(t, SC_I32(a, 0), false, &f, &slot);

	if (res)
		return res;
	res = do_ioctl(t, a, f, slot);
	file_put(f);
	return res;
}
