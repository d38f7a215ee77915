/* SPDX-License-Identifier: MIT */
/* sys_dir.c - names: directories read and entered, entries made, removed, moved. */
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "lxrun/quirks.h"
#include <string.h>

/* ---- getdents: records are built here and copied out once ---- */

#define DENTS_MAX (64u * 1024) /* of one call; a larger buffer gets less, as it may */

struct dents {
	struct dir_sink sink;
	char *buf;
	uint32_t size, used;
	bool too_small; /* not even one entry fits */
};

static void *dents_room(struct dents *d, uint32_t len)
{
	if (len > d->size - d->used) {
		d->too_small = d->used == 0;
		return NULL;
	}
	d->used += len;
	return d->buf + d->used - len;
}

static int emit64(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype,
		  int64_t next_off)
{
	struct dents *d = (struct dents *)s;
	uint32_t reclen = (uint32_t)(offsetof(struct lx_dirent64, d_name) + len + 1 + 7) & ~7u;
	struct lx_dirent64 *e = dents_room(d, reclen);

	if (!e)
		return 1;
	e->d_ino = ino;
	e->d_off = next_off;
	e->d_reclen = (uint16_t)reclen;
	e->d_type = dtype;
	memcpy(e->d_name, name, len);
	return 0;
}

/* struct linux_dirent: the type is the record's last byte. */
static int emit_old(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino, uint8_t dtype,
		    int64_t next_off)
{
	struct old_dirent {
		uint64_t d_ino, d_off;
		uint16_t d_reclen;
		char d_name[];
	} * e;
	struct dents *d = (struct dents *)s;
	uint32_t reclen = (uint32_t)(offsetof(struct old_dirent, d_name) + len + 2 + 7) & ~7u;

	e = dents_room(d, reclen);
	if (!e)
		return 1;
	e->d_ino = ino;
	e->d_off = (uint64_t)next_off;
	e->d_reclen = (uint16_t)reclen;
	memcpy(e->d_name, name, len);
	((char *)e)[reclen - 1] = (char)dtype;
	return 0;
}

static int64_t dents(struct task *t, const struct sc_args *a, struct dents *d)
{
	struct file *f;
	int64_t ret = fd_get_slot(t, SC_I32(a, 0), false, &f, NULL);

	if (ret)
		return ret;
	d->size = SC_U32(a, 2) < DENTS_MAX ? SC_U32(a, 2) : DENTS_MAX;
	d->buf = mem_alloc(d->size ? d->size : 1);
	ret = d->buf ? vfs_iterate(f, t, &d->sink) : -LX_ENOMEM;
	file_put(f);
	if (!ret && d->too_small)
		ret = -LX_EINVAL;
	if (!ret && d->used)
		ret = guest_copyout(t, SC_GPTR(a, 1), d->buf, d->used);
	mem_free(d->buf);
	return ret ? ret : d->used;
}

int64_t sys_getdents64(struct task *t, const struct sc_args *a)
{
	struct dents d = { .sink = { emit64 } };

	return dents(t, a, &d);
}

int64_t sys_getdents(struct task *t, const struct sc_args *a)
{
	struct dents d = { .sink = { emit_old } };

	return dents(t, a, &d);
}

/* ---- where we are ---- */

int64_t sys_getcwd(struct task *t, const struct sc_args *a)
{
	char buf[LX_PATH_MAX];
	int64_t len = vfs_getcwd(t, buf, sizeof(buf));

	if (len > 0 && (uint64_t)len > SC_U64(a, 1))
		return -LX_ERANGE;
	if (len > 0 && guest_copyout(t, SC_GPTR(a, 0), buf, (size_t)len))
		return -LX_EFAULT;
	return len == -LX_ERANGE ? -LX_ENAMETOOLONG : len;
}

int64_t sys_chdir(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, SC_GPTR(a, 0));

	return err ? err : vfs_chdir(t, path);
}

int64_t sys_fchdir(struct task *t, const struct sc_args *a)
{
	return vfs_fchdir(t, SC_I32(a, 0));
}

int64_t sys_chroot(struct task *t, const struct sc_args *a)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, SC_GPTR(a, 0));

	return err ? err : vfs_chroot(t, path);
}

/* ---- creation ---- */

static int64_t do_mkdir(struct task *t, int dfd, gaddr_t upath, uint32_t mode)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, upath);

	return err ? err : vfs_mkdirat(t, dfd, path, mode);
}

int64_t sys_mkdir(struct task *t, const struct sc_args *a)
{
	return do_mkdir(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_U32(a, 1));
}

int64_t sys_mkdirat(struct task *t, const struct sc_args *a)
{
	return do_mkdir(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U32(a, 2));
}

static int64_t do_mknod(struct task *t, int dfd, gaddr_t upath, uint32_t mode, uint32_t dev)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, upath);

	return err ? err : vfs_mknodat(t, dfd, path, mode, dev);
}

int64_t sys_mknod(struct task *t, const struct sc_args *a)
{
	return do_mknod(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_U32(a, 1), SC_U32(a, 2));
}

int64_t sys_mknodat(struct task *t, const struct sc_args *a)
{
	return do_mknod(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_U32(a, 2), SC_U32(a, 3));
}

/* Two paths, as most of the calls below have. */
struct two_paths {
	char a[LX_PATH_MAX], b[LX_PATH_MAX];
};

static int copyin_two(struct task *t, struct two_paths *p, gaddr_t a, gaddr_t b)
{
	int err = guest_copyin_path(t, p->a, a);

	return err ? err : guest_copyin_path(t, p->b, b);
}

static int64_t do_symlink(struct task *t, gaddr_t target, int dfd, gaddr_t upath)
{
	struct two_paths p;
	int err = copyin_two(t, &p, target, upath);

	return err ? err : vfs_symlinkat(t, p.a, dfd, p.b);
}

int64_t sys_symlink(struct task *t, const struct sc_args *a)
{
	return do_symlink(t, SC_GPTR(a, 0), LX_AT_FDCWD, SC_GPTR(a, 1));
}

int64_t sys_symlinkat(struct task *t, const struct sc_args *a)
{
	return do_symlink(t, SC_GPTR(a, 0), SC_I32(a, 1), SC_GPTR(a, 2));
}

int64_t sys_link(struct task *t, const struct sc_args *a)
{
	struct two_paths p;
	int err = copyin_two(t, &p, SC_GPTR(a, 0), SC_GPTR(a, 1));

	return err ? err : vfs_linkat(t, LX_AT_FDCWD, p.a, LX_AT_FDCWD, p.b, 0);
}

int64_t sys_linkat(struct task *t, const struct sc_args *a)
{
	struct two_paths p;
	int err = copyin_two(t, &p, SC_GPTR(a, 1), SC_GPTR(a, 3));

	return err ? err : vfs_linkat(t, SC_I32(a, 0), p.a, SC_I32(a, 2), p.b, SC_I32(a, 4));
}

/* ---- removal ---- */

static int64_t do_unlink(struct task *t, int dfd, gaddr_t upath, int flags)
{
	char path[LX_PATH_MAX];
	int err;

	if (flags & ~LX_AT_REMOVEDIR)
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, upath);
	return err ? err : vfs_unlinkat(t, dfd, path, flags);
}

int64_t sys_unlink(struct task *t, const struct sc_args *a)
{
	return do_unlink(t, LX_AT_FDCWD, SC_GPTR(a, 0), 0);
}

int64_t sys_rmdir(struct task *t, const struct sc_args *a)
{
	return do_unlink(t, LX_AT_FDCWD, SC_GPTR(a, 0), LX_AT_REMOVEDIR);
}

int64_t sys_unlinkat(struct task *t, const struct sc_args *a)
{
	return do_unlink(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_I32(a, 2));
}

/* ---- rename ---- */

static int64_t do_rename(struct task *t, int odfd, gaddr_t opath, int ndfd, gaddr_t npath,
			 uint32_t flags)
{
	struct two_paths p;
	int err;

	if (flags && quirk_on(QUIRK_RENAME_FLAGS))
		return -LX_EINVAL;
	if (flags & LX_RENAME_WHITEOUT)
		return unsupported(t, "renameat2", "flags", flags, -LX_EINVAL);
	err = copyin_two(t, &p, opath, npath);
	if (!err)
		err = vfs_renameat(t, odfd, p.a, ndfd, p.b, flags);
	if (err == -LX_ENOENT && quirk_on(QUIRK_RENAME_SELF) && odfd == ndfd && !strcmp(p.a, p.b))
		err = 0;
	return err;
}

int64_t sys_rename(struct task *t, const struct sc_args *a)
{
	return do_rename(t, LX_AT_FDCWD, SC_GPTR(a, 0), LX_AT_FDCWD, SC_GPTR(a, 1), 0);
}

int64_t sys_renameat(struct task *t, const struct sc_args *a)
{
	return do_rename(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_I32(a, 2), SC_GPTR(a, 3), 0);
}

int64_t sys_renameat2(struct task *t, const struct sc_args *a)
{
	return do_rename(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_I32(a, 2), SC_GPTR(a, 3), SC_U32(a, 4));
}

/* ---- links read ---- */

static int64_t do_readlink(struct task *t, int dfd, gaddr_t upath, gaddr_t dst, int32_t size)
{
	char path[LX_PATH_MAX], buf[LX_PATH_MAX];
	int64_t n;
	int err;

	if (size <= 0)
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, upath);
	if (err)
		return err;
	n = vfs_readlinkat(t, dfd, path, buf, size < LX_PATH_MAX ? (size_t)size : LX_PATH_MAX);
	if (n > 0 && guest_copyout(t, dst, buf, (size_t)n))
		return -LX_EFAULT;
	return n;
}

int64_t sys_readlink(struct task *t, const struct sc_args *a)
{
	return do_readlink(t, LX_AT_FDCWD, SC_GPTR(a, 0), SC_GPTR(a, 1), SC_I32(a, 2));
}

int64_t sys_readlinkat(struct task *t, const struct sc_args *a)
{
	return do_readlink(t, SC_I32(a, 0), SC_GPTR(a, 1), SC_GPTR(a, 2), SC_I32(a, 3));
}
