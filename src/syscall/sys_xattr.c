/* SPDX-License-Identifier: MIT */
/* sys_xattr.c - extended attributes: four calls, each by path, by link, by descriptor. */
#include "base/alloc.h"
#include "lxrun/guestmem.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define XATTR_NAME_SIZE 256u /* with NUL */
#define XATTR_SIZE_MAX  65536u

/* What the first argument names. */
struct subject {
	char buf[LX_PATH_MAX];
	const char *path; /* NULL: fd */
	int fd;
	bool follow;
};

enum by { BY_PATH, BY_LINK, BY_FD };

static int get_subject(struct task *t, const struct sc_args *a, enum by by, struct subject *s)
{
	s->follow = by == BY_PATH;
	s->fd = by == BY_FD ? SC_I32(a, 0) : LX_AT_FDCWD;
	s->path = by == BY_FD ? NULL : s->buf;
	return by == BY_FD ? 0 : guest_copyin_path(t, s->buf, SC_GPTR(a, 0));
}

static int get_name(struct task *t, char name[XATTR_NAME_SIZE], gaddr_t src)
{
	int err = guest_copyin_str(t, name, XATTR_NAME_SIZE, src);

	if (err == -LX_E2BIG || (!err && !*name))
		return -LX_ERANGE;
	return err;
}

static int64_t do_set(struct task *t, const struct sc_args *a, enum by by)
{
	char name[XATTR_NAME_SIZE];
	uint64_t size = SC_U64(a, 3);
	uint32_t flags = SC_U32(a, 4);
	struct subject s;
	char *value = NULL;
	int err;

	if (flags & ~(LX_XATTR_CREATE | LX_XATTR_REPLACE))
		return -LX_EINVAL;
	err = get_name(t, name, SC_GPTR(a, 1));
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -LX_E2BIG;
	if (size) {
		value = mem_realloc(NULL, size);
		err = value ? guest_copyin(t, value, SC_GPTR(a, 2), size) : -LX_ENOMEM;
	}
	if (!err)
		err = get_subject(t, a, by, &s);
	if (!err)
		err = vfs_setxattr(t, s.fd, s.path, s.follow, name, value, size, (int)flags);
	mem_free(value);
	return err;
}

/* Get and list: a value of up to size bytes to the guest's buffer. name NULL: list. */
static int64_t fetch(struct task *t, const struct subject *s, const char *name, gaddr_t dst,
		     uint64_t size)
{
	size_t room = size < XATTR_SIZE_MAX ? size : XATTR_SIZE_MAX;
	char *buf = mem_realloc(NULL, room ? room : 1);
	int64_t n;
	int err = 0;

	if (!buf)
		return -LX_ENOMEM;
	n = name ? vfs_getxattr(t, s->fd, s->path, s->follow, name, buf, room)
		 : vfs_listxattr(t, s->fd, s->path, s->follow, buf, room);
	if (n > 0 && room)
		err = guest_copyout(t, dst, buf, (size_t)n);
	mem_free(buf);
	return err ? err : n;
}

static int64_t do_get(struct task *t, const struct sc_args *a, enum by by)
{
	char name[XATTR_NAME_SIZE];
	struct subject s;
	int err = get_subject(t, a, by, &s);

	if (!err)
		err = get_name(t, name, SC_GPTR(a, 1));
	return err ? err : fetch(t, &s, name, SC_GPTR(a, 2), SC_U64(a, 3));
}

static int64_t do_list(struct task *t, const struct sc_args *a, enum by by)
{
	struct subject s;
	int err = get_subject(t, a, by, &s);

	return err ? err : fetch(t, &s, NULL, SC_GPTR(a, 1), SC_U64(a, 2));
}

static int64_t do_remove(struct task *t, const struct sc_args *a, enum by by)
{
	char name[XATTR_NAME_SIZE];
	struct subject s;
	int err = get_subject(t, a, by, &s);

	if (!err)
		err = get_name(t, name, SC_GPTR(a, 1));
	return err ? err : vfs_removexattr(t, s.fd, s.path, s.follow, name);
}

#define XATTR_CALL(name, verb, by)                                  \
	int64_t sys_##name(struct task *t, const struct sc_args *a) \
	{                                                           \
		return verb(t, a, by);                              \
	}
XATTR_CALL(setxattr, do_set, BY_PATH)
XATTR_CALL(lsetxattr, do_set, BY_LINK)
XATTR_CALL(fsetxattr, do_set, BY_FD)
XATTR_CALL(getxattr, do_get, BY_PATH)
XATTR_CALL(lgetxattr, do_get, BY_LINK)
XATTR_CALL(fgetxattr, do_get, BY_FD)
XATTR_CALL(listxattr, do_list, BY_PATH)
XATTR_CALL(llistxattr, do_list, BY_LINK)
XATTR_CALL(flistxattr, do_list, BY_FD)
XATTR_CALL(removexattr, do_remove, BY_PATH)
XATTR_CALL(lremovexattr, do_remove, BY_LINK)
XATTR_CALL(fremovexattr, do_remove, BY_FD)
