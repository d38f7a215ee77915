/* SPDX-License-Identifier: MIT */
/*
 * vfs_rw.c - data moved through open files. A direct file's position is its host descriptor's, shared
 * with the guest's own slot: it is passed on as "no position". Any other file's is f->pos; it is read
 * and stored under f->lock but not held over the transfer, which may sleep.
 */
#include "fsnotify.h"
#include "lxrun/process.h"
#include "lxrun/task.h"

static int64_t load_pos(struct file *f)
{
	int64_t pos;

	lk_acquire(&f->lock);
	pos = f->pos;
	lk_release(&f->lock);
	return pos;
}

static void store_pos(struct file *f, int64_t pos)
{
	lk_acquire(&f->lock);
	f->pos = pos;
	lk_release(&f->lock);
}

typedef int64_t transfer_fn(struct file *f, struct task *t, struct iter *it, int64_t *pos);

static int64_t transfer(transfer_fn *fn, struct file *f, struct task *t, struct iter *it,
			int64_t *pos)
{
	int64_t own, n;

	if (pos || f->direct)
		return fn(f, t, it, pos);
	own = load_pos(f);
	n = fn(f, t, it, &own);
	if (n > 0)
		store_pos(f, own);
	return n;
}

int64_t vfs_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t n;

	if (!file_readable(f))
		return -LX_EBADF;
	if (!f->fop || !f->fop->read)
		return f->inode && inode_is_dir(f->inode) ? -LX_EISDIR : -LX_EINVAL;
	n = transfer(f->fop->read, f, t, it, pos);
	if (n > 0)
		fsnotify_file(f, LX_IN_ACCESS);
	return n;
}

/* Where a write would begin. */
static int64_t write_begins(struct file *f, const struct iter *it, const int64_t *pos)
{
	struct kstat st;
	int err;

	if ((f->flags & LX_O_APPEND) || it->at_end) {
		err = vfs_fstat(f, &st);
		return err ? err : (int64_t)st.size;
	}
	return pos ? *pos : vfs_llseek(f, 0, LX_SEEK_CUR);
}

/* RLIMIT_FSIZE: up to it, *cut bytes are left out of it; beyond there is a signal and EFBIG. */
static int64_t limit_write(struct file *f, struct task *t, struct iter *it, const int64_t *pos,
			   uint64_t *cut)
{
	uint64_t limit;
	int64_t at;

	*cut = 0;
	if (!t || !f->inode || !LX_S_ISREG(f->inode->mode) || !f->fop->truncate || !it->left)
		return 0; /* what has no size to grow: /proc */
	limit = task_file_limit(t);
	if (limit == LX_RLIM_INFINITY)
		return 0;
	at = write_begins(f, it, pos);
	if (at < 0)
		return at;
	if ((uint64_t)at >= limit)
		return signal_xfsz(t);
	if (it->left > limit - (uint64_t)at) {
		*cut = it->left - (limit - (uint64_t)at);
		it->left -= *cut;
	}
	return 0;
}

int64_t vfs_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	uint64_t cut;
	int64_t n;

	if (!file_writable(f))
		return -LX_EBADF;
	if (!f->fop || !f->fop->write)
		return -LX_EINVAL;
	if (f->privs && t)
		vfs_remove_privs(f->inode, t->cred);
	n = limit_write(f, t, it, pos, &cut);
	if (n)
		return n;
	n = transfer(f->fop->write, f, t, it, pos);
	it->left += cut;
	if (n > 0)
		fsnotify_file(f, LX_IN_MODIFY);
	return n;
}

/* ---- flags of one transfer ---- */

/* 0, or what Linux says of flags on this file. */
static int check_flags(const struct file *f, uint32_t flags)
{
	const uint32_t known = LX_RWF_HIPRI | LX_RWF_DSYNC | LX_RWF_SYNC | LX_RWF_NOWAIT |
			       LX_RWF_APPEND | LX_RWF_NOAPPEND;

	if (flags & ~known)
		return -LX_EOPNOTSUPP;
	if ((flags & LX_RWF_APPEND) && (flags & LX_RWF_NOAPPEND))
		return -LX_EINVAL;
	return (flags & LX_RWF_NOWAIT) && !(f->fop && f->fop->nowait) ? -LX_EOPNOTSUPP : 0;
}

int64_t vfs_read_flags(struct file *f, struct task *t, struct iter *it, int64_t *pos,
		       uint32_t flags)
{
	int err = check_flags(f, flags);

	it->nowait = flags & LX_RWF_NOWAIT;
	return err ? err : vfs_read(f, t, it, pos);
}

int64_t vfs_write_flags(struct file *f, struct task *t, struct iter *it, int64_t *pos,
			uint32_t flags)
{
	bool seeks = f->inode && LX_S_ISREG(f->inode->mode) && f->fop && f->fop->llseek;
	int err = check_flags(f, flags);
	int64_t n;

	if (!err && seeks && (flags & LX_RWF_NOAPPEND) && (f->flags & LX_O_APPEND))
		err = -LX_EOPNOTSUPP; /* the handle below appends for good */
	if (err)
		return err;
	it->nowait = flags & LX_RWF_NOWAIT;
	it->at_end = seeks && (flags & LX_RWF_APPEND);
	n = vfs_write(f, t, it, pos);
	if (n > 0 && it->at_end && !pos)
		vfs_llseek(f, 0, LX_SEEK_END);
	if (n > 0 && (flags & (LX_RWF_DSYNC | LX_RWF_SYNC)) && f->fop->fsync)
		err = f->fop->fsync(f, !(flags & LX_RWF_SYNC));
	return err ? err : n;
}

int64_t vfs_pread(struct file *f, void *buf, size_t size, int64_t off)
{
	struct iter it;

	iter_kernel(&it, buf, size);
	return vfs_read(f, NULL, &it, &off);
}

int64_t vfs_llseek(struct file *f, int64_t off, int whence)
{
	if (f->flags & LX_O_PATH)
		return -LX_EBADF;
	if (whence < LX_SEEK_SET || whence > LX_SEEK_HOLE)
		return -LX_EINVAL;
	return f->fop && f->fop->llseek ? f->fop->llseek(f, off, whence) : -LX_ESPIPE;
}

int64_t vfs_generic_llseek(struct file *f, int64_t off, int whence, uint64_t size)
{
	int64_t pos;

	lk_acquire(&f->lock);
	switch (whence) {
	case LX_SEEK_SET:
		pos = off;
		break;
	case LX_SEEK_CUR:
		if (__builtin_add_overflow(f->pos, off, &pos))
			pos = -1;
		break;
	case LX_SEEK_END:
		if (__builtin_add_overflow((int64_t)size, off, &pos))
			pos = -1;
		break;
	case LX_SEEK_DATA:
	case LX_SEEK_HOLE:
		/* No holes are known: data up to the end, one hole there. */
		pos = off < 0 || (uint64_t)off >= size ? -LX_ENXIO : off;
		if (pos >= 0 && whence == LX_SEEK_HOLE)
			pos = (int64_t)size;
		break;
	default:
		pos = -1;
	}
	if (pos >= 0)
		f->pos = pos;
	lk_release(&f->lock);
	if (pos >= 0)
		return pos;
	return pos == -LX_ENXIO && whence >= LX_SEEK_DATA ? -LX_ENXIO : -LX_EINVAL;
}
