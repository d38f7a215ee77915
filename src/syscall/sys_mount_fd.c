/* SPDX-License-Identifier: MIT */
/* sys_mount_fd.c - mounts by descriptors and numbers: fsopen and its kin, mount_setattr, statmount, listmount. */
#include "base/alloc.h"
#include "base/text.h"
#include "lxrun/guestmem.h"
#include "lxrun/mount.h"
#include "lxrun/syscall.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"

#define NAME_SIZE 256u /* of keys and values of fsconfig(2), with the NUL */

static int copyin_name(struct task *t, char *buf, gaddr_t src)
{
	int err = guest_copyin_str(t, buf, NAME_SIZE, src);

	return err == -LX_E2BIG ? -LX_EINVAL : err;
}

/* The configuration behind fd: a reference. */
static int get_config(struct task *t, int fd, struct file **f)
{
	int err = fd_get(t, fd, f);

	if (!err && !vfs_is_fscontext(*f)) {
		file_put(*f);
		err = -LX_EINVAL;
	}
	return err;
}

/* MOUNT_ATTR_* that are plain flags, as MNT_*; what is left of *attr is none of them. */
static uint32_t flags_of(uint64_t *attr)
{
	static const struct {
		uint32_t attr, mnt;
	} map[] = {
		{ LX_MOUNT_ATTR_RDONLY, MNT_RDONLY },
		{ LX_MOUNT_ATTR_NOSUID, MNT_NOSUID },
		{ LX_MOUNT_ATTR_NODEV, MNT_NODEV },
		{ LX_MOUNT_ATTR_NOEXEC, MNT_NOEXEC },
		{ LX_MOUNT_ATTR_NODIRATIME, MNT_NODIRATIME },
		{ LX_MOUNT_ATTR_NOSYMFOLLOW, MNT_NOSYMFOLLOW },
	};
	uint32_t mnt = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		if (*attr & map[i].attr)
			mnt |= map[i].mnt;
		*attr &= ~(uint64_t)map[i].attr;
	}
	return mnt;
}

/* The choice among access times, as MNT_*. -LX_EINVAL: it is none. */
static int atime_of(uint64_t attr, uint32_t *mnt)
{
	switch (attr & LX_MOUNT_ATTR_ATIME) {
	case LX_MOUNT_ATTR_RELATIME:
		*mnt |= MNT_RELATIME;
		return 0;
	case LX_MOUNT_ATTR_NOATIME:
		*mnt |= MNT_NOATIME;
		return 0;
	case LX_MOUNT_ATTR_STRICTATIME:
		return 0;
	default:
		return -LX_EINVAL;
	}
}

/* ---- configurations ---- */

int64_t sys_fsopen(struct task *t, const struct sc_args *a)
{
	char type[NAME_SIZE];
	int err;

	if (!mount_may(t))
		return -LX_EPERM;
	if (SC_U32(a, 1) & ~LX_FSOPEN_CLOEXEC)
		return -LX_EINVAL;
	err = copyin_name(t, type, SC_GPTR(a, 0));
	return err ? err : vfs_fsopen(t, type, SC_U32(a, 1) & LX_FSOPEN_CLOEXEC);
}

int64_t sys_fspick(struct task *t, const struct sc_args *a)
{
	uint32_t flags = SC_U32(a, 2);
	char path[LX_PATH_MAX];
	int err;

	if (!mount_may(t))
		return -LX_EPERM;
	if (flags & ~(LX_FSPICK_CLOEXEC | LX_FSPICK_SYMLINK_NOFOLLOW | LX_FSPICK_NO_AUTOMOUNT |
		      LX_FSPICK_EMPTY_PATH))
		return -LX_EINVAL;
	err = guest_copyin_path(t, path, SC_GPTR(a, 1));
	return err ? err
		   : vfs_fspick(t, SC_I32(a, 0), path,
				(flags & LX_FSPICK_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
					(flags & LX_FSPICK_EMPTY_PATH ? WALK_EMPTY : 0),
				flags & LX_FSPICK_CLOEXEC);
}

/* Which of key, value and aux a command wants. */
static int check_config(uint32_t cmd, bool key, bool value, int aux)
{
	bool ok;

	switch (cmd) {
	case LX_FSCONFIG_SET_FLAG:
		ok = key && !value && !aux;
		break;
	case LX_FSCONFIG_SET_STRING:
		ok = key && value && !aux;
		break;
	case LX_FSCONFIG_SET_BINARY:
		ok = key && value && aux > 0 && aux <= 1024 * 1024;
		break;
	case LX_FSCONFIG_SET_PATH:
	case LX_FSCONFIG_SET_PATH_EMPTY:
		ok = key && value && (aux == LX_AT_FDCWD || aux >= 0);
		break;
	case LX_FSCONFIG_SET_FD:
		ok = key && !value && aux >= 0;
		break;
	case LX_FSCONFIG_CMD_CREATE:
	case LX_FSCONFIG_CMD_CREATE_EXCL:
	case LX_FSCONFIG_CMD_RECONFIGURE:
		ok = !key && !value && !aux;
		break;
	default:
		return -LX_EOPNOTSUPP;
	}
	return ok ? 0 : -LX_EINVAL;
}

static int config_set(struct task *t, struct file *f, uint32_t cmd, gaddr_t ukey, gaddr_t uvalue)
{
	char key[NAME_SIZE], value[NAME_SIZE];
	int err = copyin_name(t, key, ukey);

	if (err)
		return err;
	switch (cmd) {
	case LX_FSCONFIG_SET_FLAG:
		return vfs_fsconfig_set(f, key, NULL);
	case LX_FSCONFIG_SET_STRING:
		err = copyin_name(t, value, uvalue);
		return err ? err : vfs_fsconfig_set(f, key, value);
	default: /* no file system here takes blobs, paths or descriptors */
		return -LX_EINVAL;
	}
}

int64_t sys_fsconfig(struct task *t, const struct sc_args *a)
{
	gaddr_t key = SC_GPTR(a, 2), value = SC_GPTR(a, 3);
	uint32_t cmd = SC_U32(a, 1);
	struct file *f;
	int err = SC_I32(a, 0) < 0
			  ? -LX_EINVAL
			  : check_config(cmd, !gaddr_null(key), !gaddr_null(value), SC_I32(a, 4));

	if (!err)
		err = get_config(t, SC_I32(a, 0), &f);
	if (err)
		return err;
	if (cmd == LX_FSCONFIG_CMD_CREATE || cmd == LX_FSCONFIG_CMD_CREATE_EXCL)
		err = vfs_fsconfig_create(t, f, cmd == LX_FSCONFIG_CMD_CREATE_EXCL);
	else if (cmd == LX_FSCONFIG_CMD_RECONFIGURE)
		err = vfs_fsconfig_reconfigure(t, f);
	else
		err = config_set(t, f, cmd, key, value);
	file_put(f);
	return err;
}

int64_t sys_fsmount(struct task *t, const struct sc_args *a)
{
	uint64_t attr = SC_U32(a, 2);
	uint32_t mnt;
	struct file *f;
	int64_t ret;

	if (!mount_may(t))
		return -LX_EPERM;
	mnt = flags_of(&attr);
	if ((SC_U32(a, 1) & ~LX_FSMOUNT_CLOEXEC) || (attr & ~(uint64_t)LX_MOUNT_ATTR_ATIME) ||
	    atime_of(attr, &mnt))
		return -LX_EINVAL;
	ret = get_config(t, SC_I32(a, 0), &f);
	if (ret)
		return ret;
	ret = vfs_fsmount(t, f, mnt, SC_U32(a, 1) & LX_FSMOUNT_CLOEXEC);
	file_put(f);
	return ret;
}

/* ---- trees ---- */

#define TREE_AT (LX_AT_EMPTY_PATH | LX_AT_NO_AUTOMOUNT | LX_AT_RECURSIVE | LX_AT_SYMLINK_NOFOLLOW)

int64_t sys_open_tree(struct task *t, const struct sc_args *a)
{
	uint32_t flags = SC_U32(a, 2);
	char path[LX_PATH_MAX];
	int err;

	if ((flags & ~(TREE_AT | LX_OPEN_TREE_CLONE | LX_OPEN_TREE_CLOEXEC)) ||
	    (flags & (LX_AT_RECURSIVE | LX_OPEN_TREE_CLONE)) == LX_AT_RECURSIVE)
		return -LX_EINVAL;
	if ((flags & LX_OPEN_TREE_CLONE) && !mount_may(t))
		return -LX_EPERM;
	err = guest_copyin_path(t, path, SC_GPTR(a, 1));
	return err ? err : vfs_open_tree(t, SC_I32(a, 0), path, flags);
}

static int walk_place(struct task *t, int dfd, gaddr_t upath, bool follow, bool empty,
		      struct path *out)
{
	char path[LX_PATH_MAX];
	int err = guest_copyin_path(t, path, upath);

	return err ? err
		   : vfs_walk(t, dfd, path, (follow ? WALK_FOLLOW : 0) | (empty ? WALK_EMPTY : 0),
			      out);
}

int64_t sys_move_mount(struct task *t, const struct sc_args *a)
{
	const uint32_t missing = LX_MOVE_MOUNT_SET_GROUP | LX_MOVE_MOUNT_BENEATH;
	uint32_t flags = SC_U32(a, 4);
	struct path from, to;
	int err;

	if (!mount_may(t))
		return -LX_EPERM;
	if ((flags & ~LX_MOVE_MOUNT_MASK) || (flags & missing) == missing)
		return -LX_EINVAL;
	if (flags & missing)
		return unsupported(t, "move_mount", "flags", flags & missing, -LX_EINVAL);
	err = walk_place(t, SC_I32(a, 2), SC_GPTR(a, 3), flags & LX_MOVE_MOUNT_T_SYMLINKS,
			 flags & LX_MOVE_MOUNT_T_EMPTY_PATH, &to);
	if (err)
		return err;
	err = walk_place(t, SC_I32(a, 0), SC_GPTR(a, 1), flags & LX_MOVE_MOUNT_F_SYMLINKS,
			 flags & LX_MOVE_MOUNT_F_EMPTY_PATH, &from);
	if (!err) {
		err = mount_move(t, &from, &to);
		path_put(&from);
	}
	path_put(&to);
	return err;
}

/* As Linux's build_mount_kattr(). */
static int import_attr(const struct lx_mount_attr *u, struct mount_attr *attr)
{
	const uint64_t types = LX_MS_UNBINDABLE | LX_MS_PRIVATE | LX_MS_SLAVE | LX_MS_SHARED;
	uint64_t set = u->attr_set, clear = u->attr_clr;

	if ((u->propagation & ~types) || (u->propagation & (u->propagation - 1)))
		return -LX_EINVAL;
	*attr = (struct mount_attr){ .propagation = (uint32_t)u->propagation };
	attr->set = flags_of(&set);
	attr->clear = flags_of(&clear);
	if ((set | clear) & ~(uint64_t)LX_MOUNT_ATTR_ATIME) /* idmapped mounts among them */
		return -LX_EINVAL;
	if (!clear)
		return set ? -LX_EINVAL : 0;
	if (clear != LX_MOUNT_ATTR_ATIME)
		return -LX_EINVAL;
	attr->clear |= MNT_RELATIME | MNT_NOATIME;
	return atime_of(set, &attr->set);
}

int64_t sys_mount_setattr(struct task *t, const struct sc_args *a)
{
	uint32_t flags = SC_U32(a, 2);
	struct lx_mount_attr u;
	struct mount_attr attr;
	char path[LX_PATH_MAX];
	int err;

	if (flags & ~TREE_AT)
		return -LX_EINVAL;
	if (SC_U64(a, 4) < sizeof(u))
		return SC_U64(a, 4) > LX_PAGE_SIZE ? -LX_E2BIG : -LX_EINVAL;
	if (SC_U64(a, 4) <= LX_PAGE_SIZE && !mount_may(t))
		return -LX_EPERM;
	err = guest_copyin_struct(t, &u, sizeof(u), SC_GPTR(a, 3), SC_U64(a, 4));
	if (err || !(u.attr_set | u.attr_clr | u.propagation))
		return err;
	err = import_attr(&u, &attr);
	if (!err)
		err = guest_copyin_path(t, path, SC_GPTR(a, 1));
	return err ? err : vfs_mount_setattr(t, SC_I32(a, 0), path, flags, &attr);
}

/* ---- numbers ---- */

#define UNIQUE_BASE (1ull << 31)
#define LIST_MAX    1000000u

static int copyin_req(struct task *t, gaddr_t src, struct lx_mnt_id_req *req)
{
	uint32_t size;
	int err = guest_copyin(t, &size, src, sizeof(size));

	if (err)
		return err;
	if (size < LX_MNT_ID_REQ_SIZE_VER0)
		return -LX_EINVAL;
	err = guest_copyin_struct(t, req, sizeof(*req), src, size);
	if (err)
		return err;
	if (req->spare || req->mnt_id <= UNIQUE_BASE)
		return -LX_EINVAL;
	return req->mnt_ns_id ? -LX_ENOENT : 0; /* name spaces have no such numbers here */
}

int64_t sys_statmount(struct task *t, const struct sc_args *a)
{
	uint64_t size = SC_U64(a, 2), head = sizeof(struct lx_statmount);
	struct lx_mnt_id_req req;
	struct lx_statmount sm;
	struct text strings = { 0 };
	int err;

	if (SC_U32(a, 3))
		return -LX_EINVAL;
	err = copyin_req(t, SC_GPTR(a, 0), &req);
	if (!err)
		err = vfs_statmount(t, req.mnt_id, req.param, &sm, &strings);
	if (!err && strings.len && (size < head || size - head < strings.len))
		err = -LX_EOVERFLOW;
	if (size < head)
		head = size;
	if (!err && strings.len)
		err = guest_copyout(t, GADDR(a->a[1] + head), strings.data, strings.len);
	if (!err) {
		sm.size = (uint32_t)(head + strings.len);
		err = guest_copyout(t, SC_GPTR(a, 1), &sm, head);
	}
	text_free(&strings);
	return err;
}

int64_t sys_listmount(struct task *t, const struct sc_args *a)
{
	uint64_t max = SC_U64(a, 2), *ids;
	struct lx_mnt_id_req req;
	int64_t n;

	if (SC_U32(a, 3) & ~LX_LISTMOUNT_REVERSE)
		return -LX_EINVAL;
	if (max > LIST_MAX)
		return -LX_EOVERFLOW;
	if (SC_U64(a, 1) > LX_TASK_SIZE - max * sizeof(*ids))
		return -LX_EFAULT;
	n = copyin_req(t, SC_GPTR(a, 0), &req);
	if (!n && req.param && req.param <= UNIQUE_BASE)
		n = -LX_EINVAL;
	if (n)
		return n;
	if (max > MOUNTS_MAX)
		max = MOUNTS_MAX;
	ids = mem_alloc((max + 1) * sizeof(*ids));
	n = ids ? vfs_listmount(t, req.mnt_id, req.param, SC_U32(a, 3) & LX_LISTMOUNT_REVERSE, ids,
				max)
		: -LX_ENOMEM;
	if (n > 0 && guest_copyout(t, SC_GPTR(a, 1), ids, (uint64_t)n * sizeof(*ids)))
		n = -LX_EFAULT;
	mem_free(ids);
	return n;
}
