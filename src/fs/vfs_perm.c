/* SPDX-License-Identifier: MIT */
/*
 * vfs_perm.c - who may do what: Linux's rules for mode bits, owners and capabilities, once for all
 * file systems (path_resolution(7), capabilities(7)).
 */
#include "lxrun/acl.h"
#include "vfs_impl.h"

int vfs_generic_permission(const struct cred *cr, uint32_t mode, uint32_t uid, uint32_t gid,
			   int mask)
{
	uint32_t bits = mode;

	mask &= LX_R_OK | LX_W_OK | LX_X_OK;
	if (cr->fsuid == uid)
		bits >>= 6;
	else if (cred_in_group(cr, gid))
		bits >>= 3;
	return mask & ~bits ? vfs_override_permission(cr, mode, mask) : 0;
}

int vfs_override_permission(const struct cred *cr, uint32_t mode, int mask)
{
	mask &= LX_R_OK | LX_W_OK | LX_X_OK;
	if (LX_S_ISDIR(mode)) {
		if (cred_capable(cr, LX_CAP_DAC_OVERRIDE))
			return 0;
		if (!(mask & LX_W_OK) && cred_capable(cr, LX_CAP_DAC_READ_SEARCH))
			return 0;
		return -LX_EACCES;
	}
	if (mask == LX_R_OK && cred_capable(cr, LX_CAP_DAC_READ_SEARCH))
		return 0;
	if ((!(mask & LX_X_OK) || (mode & 0111)) && cred_capable(cr, LX_CAP_DAC_OVERRIDE))
		return 0;
	return -LX_EACCES;
}

int vfs_permission(struct inode *inode, const struct cred *cr, int mask)
{
	struct kstat st;
	int err;

	if (inode->iop->permission) {
		err = inode->iop->permission(inode, cr, mask);
		return err > 0 ? 0 : err;
	}
	err = inode->iop->getattr(inode, &st);
	return err ? err : vfs_acl_permission(inode, cr, &st, mask);
}

bool vfs_store_judges(struct inode *inode, const struct cred *cr)
{
	return inode->iop->permission && inode->iop->permission(inode, cr, VFS_MAY_ACT) == 1;
}

int vfs_may_set_flags(struct task *t, struct file *f)
{
	struct kstat st;
	int err;

	if (f->inode->sb->acl == ACL_NONE || !f->inode->handle)
		return -LX_ENOTTY;
	err = vfs_want_write(&f->path);
	if (err || vfs_store_judges(f->inode, t->cred))
		return err;
	err = f->inode->iop->getattr(f->inode, &st);
	if (err)
		return err;
	return vfs_owner_or_capable(t->cred, st.uid) &&
			       cred_capable(t->cred, LX_CAP_LINUX_IMMUTABLE)
		       ? 0
		       : -LX_EPERM;
}

int vfs_want_write(const struct path *p)
{
	return p->mnt && ((p->mnt->flags & MNT_RDONLY) || p->mnt->sb->read_only) ? -LX_EROFS : 0;
}

/*
 * A directory whose attributes are not known is asked for them in a way that leaves them known, where lxcore judges by
 * nothing else.
 */
static int ask_directory(struct dentry *d, const struct cred *cr, int mask)
{
	struct kstat st;
	int err;

	if (!d->inode->told || d->inode->sb->acl == ACL_STORE || dentry_perm_known(d) ||
	    vfs_store_judges(d->inode, cr))
		return vfs_permission(d->inode, cr, mask);
	err = dentry_perm_ask(d, &st);
	return err ? err : vfs_acl_permission(d->inode, cr, &st, mask);
}

int vfs_dir_permission(const struct path *dir, const struct cred *cr, int mask)
{
	struct dentry *d = dir->dentry;

	if (!inode_is_dir(d->inode))
		return -LX_ENOTDIR;
	if ((!(mask & LX_W_OK) || d->inode->sb->acl != ACL_STORE) && dentry_perm_known(d) &&
	    !vfs_generic_permission(cr, d->mode, d->uid, d->gid, mask) && !vfs_acl_of_dir(dir, cr))
		return 0;
	return ask_directory(d, cr, mask);
}

bool vfs_owner_or_capable(const struct cred *cr, uint32_t uid)
{
	return cr->fsuid == uid || cred_capable(cr, LX_CAP_FOWNER);
}

int vfs_open_mask(uint32_t flags)
{
	static const int masks[] = { LX_R_OK, LX_W_OK, LX_R_OK | LX_W_OK, LX_R_OK | LX_W_OK };

	if (flags & VFS_O_EXEC)
		return LX_X_OK;
	return masks[flags & LX_O_ACCMODE] | (flags & LX_O_TRUNC ? LX_W_OK : 0);
}

uint32_t vfs_device_rights(int mask)
{
	return (mask & LX_R_OK ? CGROUP_MAY_READ : 0) | (mask & LX_W_OK ? CGROUP_MAY_WRITE : 0);
}

int vfs_may_open_name(struct task *t, struct inode *inode, const struct kstat *st, uint32_t flags)
{
	if (LX_S_ISLNK(st->mode))
		return 1;
	if ((flags & LX_O_CREAT) && LX_S_ISDIR(st->mode))
		return -LX_EISDIR;
	if ((flags & LX_O_DIRECTORY) && !LX_S_ISDIR(st->mode))
		return -LX_ENOTDIR;
	return vfs_may_open(t, inode, st, flags);
}

int vfs_may_open(struct task *t, struct inode *inode, const struct kstat *st, uint32_t flags)
{
	const struct cred *cr = t->cred;
	int mask = vfs_open_mask(flags), err;

	if (LX_S_ISLNK(st->mode))
		return -LX_ELOOP;
	if (LX_S_ISDIR(st->mode) && (mask & LX_W_OK))
		return -LX_EISDIR;
	err = vfs_acl_permission(inode, cr, st, mask);
	if (err)
		return err;
	if ((flags & LX_O_NOATIME) && !vfs_owner_or_capable(cr, st->uid))
		return -LX_EPERM;
	return 0;
}
