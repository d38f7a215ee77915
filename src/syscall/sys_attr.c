/* SPDX-License-Identifier: MIT */
/* sys_attr.c - attributes changed: mode, owner, times, size. */
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

static int64_t set_file(struct task *t, int fd, struct iattr *attr)
{
	struct file *f;
	int err = fd_get_slot(t, fd, false, &f, NULL);

	if (err)
		return err;
	err = vfs_setattr_file(t, f, attr);
	file_put(f);
	return err;
}

/* ---- mode ---- */

static int64_t do_chmod(struct task *t, int dfd, gaddr_t upath, uint32_t mode, int flags)
{
	char path[LX_PATH_MAX];
	int err;

	if (flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, upath);
	return err ? err : vfs_chmodat(t, dfd, path, mode, flags);
}

int64_t sys_chmod(struct task *t, const struct sc_args *a)
{
	return do_chmod(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_U32(a, 1), 0);
}

int64_t sys_fchmodat(struct task *t, const struct sc_args *a)
{
	return do_chmod(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U32(a, 2), 0);
}

int64_t sys_fchmodat2(struct task *t, const struct sc_args *a)
{
	return do_chmod(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U32(a, 2), SC_I32(a, 3));
}

int64_t sys_fchmod(struct task *t, const struct sc_args *a)
{
	struct iattr attr = { .valid = ATTR_MODE, .mode = SC_U32(a, 1) & 07777 };

	return set_file(t, SC_I32(a, 0), &attr);
}

int64_t sys_umask(struct task *t, const struct sc_args *a)
{
	uint32_t old;

	lk_acquire(&t->fs->lock);
	old = t->fs->umask;
	t->fs->umask = SC_U32(a, 0) & 0777;
	lk_release(&t->fs->lock);
	return old;
}

/* ---- owner ---- */

static int64_t do_chown(struct task *t, int dfd, gaddr_t upath, uint32_t uid, uint32_t gid,
			int flags)
{
	char path[LX_PATH_MAX];
	int err;

	if (flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, upath);
	return err ? err : vfs_chownat(t, dfd, path, uid, gid, flags);
}

int64_t sys_chown(struct task *t, const struct sc_args *a)
{
	return do_chown(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_U32(a, 1), SC_U32(a, 2), 0);
}

int64_t sys_lchown(struct task *t, const struct sc_args *a)
{
	return do_chown(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_U32(a, 1), SC_U32(a, 2),
			LX_AT_SYMLINK_NOFOLLOW);
}

int64_t sys_fchownat(struct task *t, const struct sc_args *a)
{
	return do_chown(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U32(a, 2), SC_U32(a, 3), SC_I32(a, 4));
}

int64_t sys_fchown(struct task *t, const struct sc_args *a)
{
	struct iattr attr = { .uid = SC_U32(a, 1), .gid = SC_U32(a, 2) };

	if (attr.uid != UINT32_MAX)
		attr.valid |= ATTR_UID;
	if (attr.gid != UINT32_MAX)
		attr.valid |= ATTR_GID;
	return set_file(t, SC_I32(a, 0), &attr);
}

/* ---- times ---- */

static int64_t do_utimes(struct task *t, int dfd, gaddr_t upath, const struct lx_timespec *ts,
			 int flags)
{
	char path[LX_PATH_MAX];
	struct file *f;
	int err;

	if (gaddr_null(upath) && dfd != LX_AT_FDCWD) {
		if (flags)
			return -LX_EINVAL;
		err = fd_get_slot(t, dfd, false, &f, NULL); /* not an O_PATH descriptor */
		if (err)
			return err;
		file_put(f);
		return vfs_utimensat(t, dfd, NULL, ts, 0);
	}
	if (flags & ~(LX_AT_SYMLINK_NOFOLLOW | LX_AT_EMPTY_PATH))
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, upath);
	return err ? err : vfs_utimensat(t, dfd, path, ts, flags);
}

static bool valid_nsec(int64_t nsec)
{
	return (nsec >= 0 && nsec < 1000000000) || nsec == LX_UTIME_NOW || nsec == LX_UTIME_OMIT;
}

int64_t sys_utimensat(struct task *t, const struct sc_args *a)
{
	gaddr_t uts = SC_GPTR(a, 2);
	struct lx_timespec ts[2];
	int err;

	if (gaddr_null(uts))
		return do_utimes(t, SC_I32(a, 0), SC_GPTR(a, 1), NULL, SC_I32(a, 3));
	err = guest_copyin(t, ts, uts, sizeof(ts));
	if (err)
		return err;
	if (ts[0].tv_nsec == LX_UTIME_OMIT && ts[1].tv_nsec == LX_UTIME_OMIT)
		return 0;
	if (!valid_nsec(ts[0].tv_nsec) || !valid_nsec(ts[1].tv_nsec))
		return -LX_EINVAL;
	return do_utimes(t, SC_I32(a, 0), SC_GPTR(a, 1), ts, SC_I32(a, 3));
}

static int64_t timevals(struct task *t, int dfd, gaddr_t upath, gaddr_t utv)
{
	struct lx_timespec ts[2];
	struct lx_timeval tv[2];
	int err;

	if (gaddr_null(utv))
		return do_utimes(t, dfd, upath, NULL, 0);
	err = guest_copyin(t, tv, utv, sizeof(tv));
	if (err)
		return err;
	for (int i = 0; i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return -LX_EINVAL;
		ts[i] = (struct lx_timespec){ tv[i].tv_sec, tv[i].tv_usec * 1000 };
	}
	return do_utimes(t, dfd, upath, ts, 0);
}

int64_t sys_utimes(struct task *t, const struct sc_args *a)
{
	return timevals(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_GPTR(a, 1));
}

int64_t sys_futimesat(struct task *t, const struct sc_args *a)
{
	return timevals(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_GPTR(a, 2));
}

int64_t sys_utime(struct task *t, const struct sc_args *a)
{
	int64_t times[2]; /* struct utimbuf */
	struct lx_timespec ts[2];
	int err;

	if (gaddr_null(SC_GPTR(a, 1)))
		return do_utimes(t, LX_AT_FDCWD, SC_GPTR(a, 0), NULL, 0);
	err = guest_copyin(t, times, SC_GPTR(a, 1), sizeof(times));
	if (err)
		return err;
	ts[0] = (struct lx_timespec){ times[0], 0 };
	ts[1] = (struct lx_timespec){ times[1], 0 };
	return do_utimes(t, LX_AT_FDCWD, SC_GPTR(a, 0), ts, 0);
}

/* ---- size ---- */

int64_t sys_truncate(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	int err;

	if (SC_I64(a, 1) < 0)
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, SC_GPTR(a, 0));
	return err ? err : vfs_truncate(t, path, SC_U64(a, 1));
}

int64_t sys_ftruncate(struct task *t, const struct sc_args *a)
{
	struct iattr attr = { .valid = ATTR_SIZE, .size = SC_U64(a, 1) };

	if (SC_I64(a, 1) < 0)
		return -LX_EINVAL;
	if (fd_is_slot(t, SC_I32(a, 0)))
		return SC_CONTINUE;
	return set_file(t, SC_I32(a, 0), &attr);
}
