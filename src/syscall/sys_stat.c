/* SPDX-License-Identifier: MIT */
/* sys_stat.c - attributes read: stat, statx, access, statfs. */
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define STAT_FLAGS \
	(LX_AT_SYMLINK_NOFOLLOW | LX_AT_NO_AUTOMOUNT | LX_AT_EMPTY_PATH | LX_AT_STATX_SYNC_TYPE)

static int64_t copyout_stat(struct task *t, gaddr_t dst, const struct kstat *k)
{
	struct lx_stat st = {
		.st_dev = k->dev,
		.st_ino = k->ino,
		.st_nlink = k->nlink,
		.st_mode = k->mode,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = k->rdev,
		.st_size = (int64_t)k->size,
		.st_blksize = k->blksize,
		.st_blocks = (int64_t)k->blocks,
		.st_atim = k->atime,
		.st_mtim = k->mtime,
		.st_ctim = k->ctime,
	};

	return guest_copyout(t, dst, &st, sizeof(st));
}

/* As guest_copyin_path; with AT_EMPTY_PATH a NULL path counts as "". */
static int copyin_path_at(struct task *t, char *path, gaddr_t src, int flags)
{
	if (gaddr_null(src) && (flags & LX_AT_EMPTY_PATH)) {
		*path = '\0';
		return 0;
	}
	return guest_copyin_path(t, path, src);
}

/* fstat(2) of a slot whose file the host knows by the same attributes. */
static bool host_can_stat(struct task *t, int fd)
{
	struct file *f;
	bool slot, ok;

	if (!fd_is_slot(t, fd) || fd_get_slot(t, fd, true, &f, &slot))
		return false;
	ok = slot && f->inode && f->inode->sb->host_stat;
	file_put(f);
	return ok;
}

static int64_t stat_at(struct task *t, int dfd, gaddr_t upath, gaddr_t dst, int flags)
{
	char path[LX_PATH_MAX];
	struct kstat st;
	int err = copyin_path_at(t, path, upath, flags);

	if (err)
		return err;
	if (!*path && (flags & LX_AT_EMPTY_PATH) && host_can_stat(t, dfd))
		return SC_CONTINUE;
	err = vfs_statat(t, dfd, path, flags, &st);
	return err ? err : copyout_stat(t, dst, &st);
}

int64_t sys_stat(struct task *t, const struct sc_args *a)
{
	return stat_at(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_GPTR(a, 1), 0);
}

int64_t sys_lstat(struct task *t, const struct sc_args *a)
{
	return stat_at(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_GPTR(a, 1), LX_AT_SYMLINK_NOFOLLOW);
}

int64_t sys_newfstatat(struct task *t, const struct sc_args *a)
{
	int flags = SC_I32(a, 3);

	if (flags & ~STAT_FLAGS)
		return -LX_EINVAL;
	return stat_at(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_GPTR(a, 2), flags);
}

int64_t sys_fstat(struct task *t, const struct sc_args *a)
{
	struct file *f;
	struct kstat st;
	int err;

	if (host_can_stat(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	err = fd_get(t, SC_I32(a, 0), &f);
	if (err)
		return err;
	err = vfs_fstat(f, &st);
	file_put(f);
	return err ? err : copyout_stat(t, SC_GPTR(a, 1), &st);
}

static struct lx_statx_timestamp statx_time(struct lx_timespec ts)
{
	return (struct lx_statx_timestamp){ ts.tv_sec, (uint32_t)ts.tv_nsec, 0 };
}

static void fill_statx(const struct kstat *k, uint32_t want, struct lx_statx *x)
{
	*x = (struct lx_statx){
		.stx_mask = LX_STATX_BASIC_STATS | (k->has_btime ? LX_STATX_BTIME : 0),
		.stx_blksize = k->blksize,
		.stx_nlink = k->nlink,
		.stx_uid = k->uid,
		.stx_gid = k->gid,
		.stx_mode = (uint16_t)k->mode,
		.stx_ino = k->ino,
		.stx_size = k->size,
		.stx_blocks = k->blocks,
		.stx_atime = statx_time(k->atime),
		.stx_btime = statx_time(k->btime),
		.stx_ctime = statx_time(k->ctime),
		.stx_mtime = statx_time(k->mtime),
		.stx_rdev_major = lx_major(k->rdev),
		.stx_rdev_minor = lx_minor(k->rdev),
		.stx_dev_major = lx_major(k->dev),
		.stx_dev_minor = lx_minor(k->dev),
		.stx_attributes = k->mnt_root ? LX_STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = LX_STATX_ATTR_MOUNT_ROOT,
	};
	if (!k->mnt_id)
		return;
	if (want & LX_STATX_MNT_ID_UNIQUE) {
		x->stx_mask |= LX_STATX_MNT_ID_UNIQUE;
		x->stx_mnt_id = mount_unique_id((int)k->mnt_id);
	} else {
		x->stx_mask |= LX_STATX_MNT_ID;
		x->stx_mnt_id = k->mnt_id;
	}
}

int64_t sys_statx(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	int flags = SC_I32(a, 2), err;
	struct lx_statx x;
	struct kstat st;

	if ((SC_U32(a, 3) & LX_STATX_RESERVED) || (flags & ~STAT_FLAGS) ||
	    (flags & LX_AT_STATX_SYNC_TYPE) == LX_AT_STATX_SYNC_TYPE)
		return -LX_EINVAL;
	err = copyin_path_at(t, path, SC_GPTR(a, 1), flags);
	if (!err)
		err = vfs_statat(t, SC_I32(a, 0), path, flags, &st);
	if (err)
		return err;
	fill_statx(&st, SC_U32(a, 3), &x);
	return guest_copyout(t, SC_GPTR(a, 4), &x, sizeof(x));
}

/* ---- access ---- */

static int64_t do_access(struct task *t, int dfd, gaddr_t upath, int mode, int flags)
{
	char path[LX_PATH_MAX];
	int err;

	if ((mode & ~(LX_R_OK | LX_W_OK | LX_X_OK)) ||
	    (flags & ~(LX_AT_EACCESS | LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH)))
		return -LX_EINVAL;
	err = copyin_path_at(t, path, upath, flags);
	return err ? err : vfs_accessat(t, dfd, path, mode, flags);
}

int64_t sys_access(struct task *t, const struct sc_args *a)
{
	return do_access(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_I32(a, 1), 0);
}

int64_t sys_faccessat(struct task *t, const struct sc_args *a)
{
	return do_access(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_I32(a, 2), 0);
}

int64_t sys_faccessat2(struct task *t, const struct sc_args *a)
{
	return do_access(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_I32(a, 2), SC_I32(a, 3));
}

/* ---- statfs ---- */

int64_t sys_statfs(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	struct lx_statfs out;
	int err = guest_copyin_path(t, path, SC_GPTR(a, 0));

	if (!err)
		err = vfs_statfs_path(t, path, &out);
	return err ? err : guest_copyout(t, SC_GPTR(a, 1), &out, sizeof(out));
}

int64_t sys_fstatfs(struct task *t, const struct sc_args *a)
{
	struct lx_statfs out;
	struct file *f;
	int err = fd_get(t, SC_I32(a, 0), &f);

	if (err)
		return err;
	err = vfs_statfs_file(f, &out);
	file_put(f);
	return err ? err : guest_copyout(t, SC_GPTR(a, 1), &out, sizeof(out));
}
