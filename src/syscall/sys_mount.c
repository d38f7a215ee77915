/* SPDX-License-Identifier: MIT */
/* sys_mount.c - mounts: mount, umount2, pivot_root. */
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/mount.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

/* A string argument that may be missing: *out is then NULL. */
static int copyin_optional(struct task *t, char buf[LX_PATH_MAX], gaddr_t src, const char **out)
{
	int err;

	*out = NULL;
	if (gaddr_null(src))
		return 0;
	err = guest_copyin_str(t, buf, LX_PATH_MAX, src);
	*out = buf;
	return err == -LX_E2BIG ? -LX_EINVAL : err;
}

/* Options: a page at most, what of it is there; a text for every file system we have. */
static int copyin_data(struct task *t, char buf[LX_PAGE_SIZE], gaddr_t src, const char **out)
{
	int64_t n;

	*out = NULL;
	if (gaddr_null(src))
		return 0;
	n = guest_peek(t, buf, src, LX_PAGE_SIZE);
	if (n < 0)
		return (int)n;
	buf[n < (int64_t)LX_PAGE_SIZE ? n : (int64_t)LX_PAGE_SIZE - 1] = '\0';
	*out = buf;
	return 0;
}

int64_t sys_mount(struct task *t, const struct sc_args *a)
{
	struct {
		char source[LX_PATH_MAX], dir[LX_PATH_MAX], type[LX_PATH_MAX], data[LX_PAGE_SIZE];
	} *p = mem_realloc(NULL, sizeof(*p));
	const char *source, *type, *data;
	int err;

	if (!p)
		return -LX_ENOMEM;
	err = copyin_optional(t, p->type, SC_GPTR(a, 2), &type);
	if (!err)
		err = copyin_optional(t, p->source, SC_GPTR(a, 0), &source);
	if (!err)
		err = copyin_data(t, p->data, SC_GPTR(a, 4), &data);
	if (!err)
		err = guest_copyin_path(t, p->dir, SC_GPTR(a, 1));
	if (!err)
		err = vfs_mount(t, source, p->dir, type, (uint32_t)SC_U64(a, 3), data);
	mem_free(p);
	return err;
}

int64_t sys_umount2(struct task *t, const struct sc_args *a)
{
	char dir[LX_PATH_MAX];
	int err = guest_copyin_path(t, dir, SC_GPTR(a, 0));

	return err ? err : vfs_umount(t, dir, SC_U32(a, 1));
}

/* The first path is resolved before the second is looked at, as in Linux. */
static int walk_dir(struct task *t, gaddr_t upath, struct path *out)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, upath);

	return err ? err : vfs_walk(t, LX_AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY, out);
}

int64_t sys_pivot_root(struct task *t, const struct sc_args *a)
{
	struct path new, old;
	int err;

	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	err = walk_dir(t, SC_GPTR(a, 0), &new);
	if (err)
		return err;
	err = walk_dir(t, SC_GPTR(a, 1), &old);
	if (!err) {
		err = vfs_pivot_root(t, &new, &old);
		path_put(&old);
	}
	path_put(&new);
	return err;
}
