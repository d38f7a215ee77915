/* SPDX-License-Identifier: MIT */
/*
 * vfs_attr.c - attributes changed: chmod, chown, utimes, truncate, extended attributes. Who may is
 * decided here by Linux's rules, or left to the host where it judges the same identity.
 */
#include "base/alloc.h"
#include "fsnotify.h"
#include "lxrun/acl.h"
#include "lxrun/process.h"
#include <string.h>

/* ---- rules ---- */

static int may_chmod(const struct cred *cr, const struct kstat *st, struct iattr *attr)
{
	if (!vfs_owner_or_capable(cr, st->uid))
		return -LX_EPERM;
	if (!cred_in_group(cr, st->gid) && !cred_capable(cr, LX_CAP_FSETID))
		attr->mode &= ~LX_S_ISGID;
	return 0;
}

static bool may_give(const struct cred *cr, const struct kstat *st, const struct iattr *attr)
{
	bool owner = cr->fsuid == st->uid;

	if (cred_capable(cr, LX_CAP_CHOWN))
		return true;
	if ((attr->valid & ATTR_UID) && !(owner && attr->uid == st->uid))
		return false;
	return !(attr->valid & ATTR_GID) ||
	       (owner && (attr->gid == st->gid || cred_in_group(cr, attr->gid)));
}

/* What chown(2) by cr leaves of a mode: beside what vfs_mode_after_chown() takes, a group that is none of cr's. */
static uint32_t mode_after_chown(const struct cred *cr, const struct kstat *st)
{
	uint32_t mode = vfs_mode_after_chown(st->mode);

	if (!LX_S_ISDIR(mode) && !cred_in_group(cr, st->gid) && !cred_capable(cr, LX_CAP_FSETID))
		mode &= ~LX_S_ISGID;
	return mode;
}

/* Set-id bits that go are a change of the mode, with its rights: CAP_CHOWN alone is not enough. */
static int may_chown(const struct cred *cr, const struct kstat *st, struct iattr *attr)
{
	uint32_t mode = mode_after_chown(cr, st);

	if (!may_give(cr, st, attr) || (mode != st->mode && !vfs_owner_or_capable(cr, st->uid)))
		return -LX_EPERM;
	if (mode != vfs_mode_after_chown(st->mode)) { /* the store would leave it */
		attr->valid |= ATTR_MODE;
		attr->mode = mode & 07777;
	}
	return 0;
}

static bool times_are_now(const struct iattr *attr)
{
	return attr->atime.tv_nsec == LX_UTIME_NOW && attr->mtime.tv_nsec == LX_UTIME_NOW;
}

static int may_set_times(const struct cred *cr, struct inode *inode, const struct kstat *st,
			 const struct iattr *attr)
{
	if (vfs_owner_or_capable(cr, st->uid))
		return 0;
	if (!times_are_now(attr))
		return -LX_EPERM;
	return vfs_acl_permission(inode, cr, st, LX_W_OK);
}

static int check_rights(const struct cred *cr, struct inode *inode, struct iattr *attr)
{
	struct kstat st;
	int err;

	if (vfs_store_judges(inode, cr))
		return 0;
	err = inode->iop->getattr(inode, &st);
	if (!err && (attr->valid & ATTR_MODE))
		err = may_chmod(cr, &st, attr);
	if (!err && (attr->valid & (ATTR_UID | ATTR_GID)))
		err = may_chown(cr, &st, attr);
	if (!err && (attr->valid & (ATTR_ATIME | ATTR_MTIME)))
		err = may_set_times(cr, inode, &st, attr);
	return err;
}

/* What a watcher is told: new times alone look like what usually causes them. */
static uint32_t changed(uint32_t valid)
{
	switch (valid & (ATTR_ATIME | ATTR_MTIME)) {
	case ATTR_ATIME:
		return valid == ATTR_ATIME ? LX_IN_ACCESS : LX_IN_ATTRIB;
	case ATTR_MTIME:
		return valid == ATTR_MTIME ? LX_IN_MODIFY : LX_IN_ATTRIB;
	default:
		return LX_IN_ATTRIB;
	}
}

/*
 * chown(2) to nobody else: set-id bits go all the same, as a change of the mode with its rights; without such
 * bits nobody is refused.
 */
static int chown_nothing(const struct cred *cr, struct inode *inode, struct iattr *attr)
{
	struct kstat st;
	int err;

	if (inode_is_link(inode) || inode_is_dir(inode))
		return 0;
	err = inode->iop->getattr(inode, &st);
	if (err)
		return err;
	attr->mode = mode_after_chown(cr, &st) & 07777;
	if (attr->mode != (st.mode & 07777) || vfs_owner_or_capable(cr, st.uid))
		attr->valid = ATTR_MODE;
	return 0;
}

static int change(struct task *t, const struct path *p, struct inode *inode, struct iattr *attr)
{
	bool chown = !attr->valid || (attr->valid & (ATTR_UID | ATTR_GID));
	int err = p->mnt ? vfs_want_write(p) : 0;

	if (!err && !attr->valid)
		err = chown_nothing(t->cred, inode, attr);
	if (!err)
		err = check_rights(t->cred, inode, attr);
	if (!err && chown)
		vfs_drop_capabilities(inode);
	if (err || !attr->valid)
		return err;
	if (!inode->iop->setattr)
		return -LX_EPERM;
	err = attr->valid == ATTR_MODE ? vfs_acl_chmod(inode, attr->mode) : 1;
	if (err == 1)
		err = inode->iop->setattr(inode, attr);
	if (!err && p->dentry && (p->dentry->perm_valid || p->dentry->perm_seen))
		dcache_perm_changed(p->dentry);
	if (!err)
		fsnotify_path(p, changed(attr->valid));
	return err;
}

static int change_at(struct task *t, int dfd, const char *path, uint32_t walk, struct iattr *attr)
{
	TRACE_SCOPE(TR_VFS);
	struct target tg;
	int err = target_find(t, dfd, path, walk, &tg);

	if (err)
		return err;
	err = tg.inode ? change(t, &tg.path, tg.inode, attr) : -LX_EPERM;
	target_put(&tg);
	TRACE(TR_VFS, "setattr(%s, %#x) = %d", path ? path : "", attr->valid, err);
	return err;
}

uint32_t walk_flags(int atflags)
{
	return (atflags & LX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
	       (atflags & LX_AT_EMPTY_PATH ? WALK_EMPTY : 0);
}

/* ---- verbs ---- */

int vfs_chmodat(struct task *t, int dfd, const char *path, uint32_t mode, int atflags)
{
	TRACE_SCOPE(TR_VFS);
	struct iattr attr = { .valid = ATTR_MODE, .mode = mode & 07777 };
	struct target tg;
	int err = target_find(t, dfd, path, walk_flags(atflags), &tg);

	if (err)
		return err;
	if (!tg.inode)
		err = -LX_EPERM;
	else
		err = inode_is_link(tg.inode) ? -LX_EOPNOTSUPP
					      : change(t, &tg.path, tg.inode, &attr);
	target_put(&tg);
	TRACE(TR_VFS, "chmod(%s, %#o) = %d", path, mode, err);
	return err;
}

int vfs_chownat(struct task *t, int dfd, const char *path, uint32_t uid, uint32_t gid, int atflags)
{
	struct iattr attr = { .uid = uid, .gid = gid };

	if (uid != UINT32_MAX)
		attr.valid |= ATTR_UID;
	if (gid != UINT32_MAX)
		attr.valid |= ATTR_GID;
	return change_at(t, dfd, path, walk_flags(atflags), &attr);
}

int vfs_utimensat(struct task *t, int dfd, const char *path, const struct lx_timespec ts[2],
		  int atflags)
{
	struct iattr attr = {
		.valid = ATTR_ATIME | ATTR_MTIME,
		.atime.tv_nsec = LX_UTIME_NOW,
		.mtime.tv_nsec = LX_UTIME_NOW,
	};

	if (ts) {
		attr.atime = ts[0];
		attr.mtime = ts[1];
		if (ts[0].tv_nsec == LX_UTIME_OMIT)
			attr.valid &= ~ATTR_ATIME;
		if (ts[1].tv_nsec == LX_UTIME_OMIT)
			attr.valid &= ~ATTR_MTIME;
	}
	return change_at(t, dfd, path, walk_flags(atflags), &attr);
}

/* Only growth is limited. */
static int check_size(struct task *t, struct inode *inode, uint64_t size)
{
	uint64_t limit = task_file_limit(t);
	struct kstat st;
	int err;

	if (size <= limit)
		return 0;
	err = inode->iop->getattr(inode, &st);
	return err ? err : size > st.size ? signal_xfsz(t) : 0;
}

static int truncate_inode(struct task *t, const struct path *p, uint64_t size)
{
	struct inode *inode = p->dentry->inode;
	struct iattr attr = { .valid = ATTR_SIZE, .size = size };
	int err;

	if (inode_is_dir(inode))
		return -LX_EISDIR;
	if (!LX_S_ISREG(inode->mode))
		return -LX_EINVAL;
	err = vfs_permission(inode, t->cred, LX_W_OK | VFS_MAY_ACT);
	if (!err)
		err = vfs_want_write(p);
	if (err)
		return err;
	err = check_size(t, inode, size);
	if (!err && vfs_has_privs(inode, inode->mode))
		vfs_remove_privs(inode, t->cred);
	if (!err)
		err = inode->iop->setattr ? inode->iop->setattr(inode, &attr) : -LX_EPERM;
	if (!err)
		fsnotify_path(p, LX_IN_MODIFY);
	return err;
}

int vfs_truncate(struct task *t, const char *path, uint64_t size)
{
	struct path p;
	int err = lease_count ? lease_break_path(t, LX_AT_FDCWD, path, LX_O_WRONLY) : 0;

	if (!err)
		err = vfs_walk(t, LX_AT_FDCWD, path, WALK_FOLLOW, &p);
	if (err)
		return err;
	err = truncate_inode(t, &p, size);
	path_put(&p);
	return err;
}

int vfs_setattr_file(struct task *t, struct file *f, struct iattr *attr)
{
	int err;

	if (attr->valid & ATTR_SIZE) {
		if (!f->inode || !LX_S_ISREG(f->inode->mode) || !file_writable(f) ||
		    !f->fop->truncate)
			return -LX_EINVAL;
		err = check_size(t, f->inode, attr->size);
		if (!err && f->privs)
			vfs_remove_privs(f->inode, t->cred);
		if (!err)
			err = f->fop->truncate(f, attr->size);
		if (!err)
			fsnotify_file(f, LX_IN_MODIFY);
		return err;
	}
	return f->inode ? change(t, &f->path, f->inode, attr) : -LX_EPERM;
}

int vfs_fsync(struct file *f, bool data_only)
{
	return f->fop && f->fop->fsync ? f->fop->fsync(f, data_only) : -LX_EINVAL;
}

int vfs_fallocate(struct task *t, struct file *f, int mode, int64_t off, int64_t len)
{
	if (off < 0 || len <= 0)
		return -LX_EINVAL;
	if (!file_writable(f))
		return -LX_EBADF;
	if (f->inode && LX_S_ISFIFO(f->inode->mode))
		return -LX_ESPIPE;
	if (f->inode && inode_is_dir(f->inode))
		return -LX_EISDIR;
	if (f->inode && !LX_S_ISREG(f->inode->mode))
		return -LX_ENODEV;
	if (off > INT64_MAX - len)
		return -LX_EFBIG;
	return f->fop->fallocate ? f->fop->fallocate(f, mode, off, len) : -LX_EOPNOTSUPP;
}

/* ---- extended attributes ---- */

/* xattr(7): the rules by name space. */
static int xattr_permission(struct task *t, struct inode *inode, const char *name, int mask)
{
	if (!strncmp(name, "trusted.", 8)) {
		if (cred_capable(t->cred, LX_CAP_SYS_ADMIN))
			return 0;
		return mask & LX_W_OK ? -LX_EPERM : -LX_ENODATA;
	}
	if (!strncmp(name, "security.", 9))
		return mask & LX_W_OK && !cred_capable(t->cred, strcmp(name, "security.capability")
									? LX_CAP_SYS_ADMIN
									: LX_CAP_SETFCAP)
			       ? -LX_EPERM
			       : 0;
	if (!strncmp(name, "system.", 7))
		return 0;
	if (!strncmp(name, "user.", 5) && !LX_S_ISREG(inode->mode) && !inode_is_dir(inode))
		return mask & LX_W_OK ? -LX_EPERM : -LX_ENODATA;
	return vfs_permission(inode, t->cred, mask | VFS_MAY_ACT);
}

static int xattr_target(struct task *t, int dfd, const char *path, bool follow, struct target *tg)
{
	int err = target_find(t, dfd, path, follow ? WALK_FOLLOW : 0, tg);

	if (err)
		return err;
	if (tg->file && (tg->file->flags & LX_O_PATH))
		err = -LX_EBADF;
	else if (!tg->inode)
		err = -LX_EOPNOTSUPP;
	if (err)
		target_put(tg);
	return err;
}

int64_t vfs_getxattr(struct task *t, int dfd, const char *path, bool follow, const char *name,
		     void *buf, size_t size)
{
	struct target tg;
	int64_t n = xattr_target(t, dfd, path, follow, &tg);

	if (n)
		return n;
	n = xattr_permission(t, tg.inode, name, LX_R_OK);
	if (!n && acl_is_name(name) && inode_is_link(tg.inode))
		n = -LX_EOPNOTSUPP;
	if (!n)
		n = tg.inode->iop->getxattr ? tg.inode->iop->getxattr(tg.inode, name, buf, size)
					    : -LX_EOPNOTSUPP;
	target_put(&tg);
	return n;
}

/* Names "trusted.*" are shown to who may read them. Returns what is left of n bytes of names. */
static int64_t hide_trusted(char *names, int64_t n)
{
	int64_t left = 0;
	size_t len;

	for (int64_t at = 0; at < n; at += (int64_t)len) {
		len = strlen(names + at) + 1;
		if (!strncmp(names + at, "trusted.", 8))
			continue;
		memmove(names + left, names + at, len);
		left += (int64_t)len;
	}
	return left;
}

static int64_t list_names(struct task *t, struct inode *inode, char *buf, size_t size)
{
	char *all;
	int64_t n;

	if (!inode->iop->listxattr)
		return 0;
	if (cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return inode->iop->listxattr(inode, buf, size);
	all = mem_alloc(LX_XATTR_LIST_MAX);
	if (!all)
		return -LX_ENOMEM;
	n = inode->iop->listxattr(inode, all, LX_XATTR_LIST_MAX);
	if (n > 0)
		n = hide_trusted(all, n);
	if (n > 0 && size) {
		if ((uint64_t)n > size)
			n = -LX_ERANGE;
		else
			memcpy(buf, all, (size_t)n);
	}
	mem_free(all);
	return n;
}

int64_t vfs_listxattr(struct task *t, int dfd, const char *path, bool follow, char *buf,
		      size_t size)
{
	struct target tg;
	int64_t n = xattr_target(t, dfd, path, follow, &tg);

	if (n)
		return n;
	n = list_names(t, tg.inode, buf, size);
	target_put(&tg);
	return n;
}

int vfs_setxattr(struct task *t, int dfd, const char *path, bool follow, const char *name,
		 const void *value, size_t size, int flags)
{
	struct target tg;
	int err = xattr_target(t, dfd, path, follow, &tg);

	if (err)
		return err;
	err = tg.path.mnt ? vfs_want_write(&tg.path) : 0;
	if (!err)
		err = xattr_permission(t, tg.inode, name, LX_W_OK);
	if (!err && !strcmp(name, "security.capability") && !file_caps_valid(value, size))
		err = -LX_EINVAL;
	if (!err && acl_is_name(name))
		err = vfs_acl_set(t, &tg.path, tg.inode, name, value, size);
	else if (!err)
		err = tg.inode->iop->setxattr
			      ? tg.inode->iop->setxattr(tg.inode, name, value, size, flags)
			      : -LX_EOPNOTSUPP;
	if (!err)
		fsnotify_path(&tg.path, LX_IN_ATTRIB);
	target_put(&tg);
	return err;
}

int vfs_removexattr(struct task *t, int dfd, const char *path, bool follow, const char *name)
{
	struct target tg;
	int err = xattr_target(t, dfd, path, follow, &tg);

	if (err)
		return err;
	err = tg.path.mnt ? vfs_want_write(&tg.path) : 0;
	if (!err)
		err = xattr_permission(t, tg.inode, name, LX_W_OK);
	if (!err && acl_is_name(name))
		err = vfs_acl_set(t, &tg.path, tg.inode, name, NULL, 0);
	else if (!err)
		err = tg.inode->iop->removexattr ? tg.inode->iop->removexattr(tg.inode, name)
						 : -LX_EOPNOTSUPP;
	if (!err)
		fsnotify_path(&tg.path, LX_IN_ATTRIB);
	target_put(&tg);
	return err;
}
