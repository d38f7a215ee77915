/* SPDX-License-Identifier: MIT */
/*
 * vfs_acl.c - POSIX ACLs of files. A file system says in its super who minds them: nobody, lxcore
 * (ACL_CORE: it keeps what set_acl gives it), or the store below, whose kernel has them (ACL_STORE: it
 * checks, inherits and follows chmod itself for the identity it knows; lxcore judges all others by them).
 *
 * Where no list could change the answer none is asked for: of the owner, of who may override, and where the
 * mode's group bits, which a list's mask is, are empty. A cached directory remembers that it has none.
 */
#include "base/alloc.h"
#include "lxrun/acl.h"
#include "vfs_impl.h"
#include <string.h>

bool acl_is_name(const char *xattr)
{
	return !strcmp(xattr, LX_XATTR_ACL_ACCESS) || !strcmp(xattr, LX_XATTR_ACL_DEFAULT);
}

/* out->n 0: there is none. What makes no sense is none, too: nobody but the host can have put it there. */
static int load(struct inode *inode, const char *name, struct acl *out)
{
	char value[ACL_BYTES(ACL_MAX)];
	int64_t n = inode->sb->acl && !inode_is_link(inode)
			    ? inode->iop->getxattr(inode, name, value, sizeof(value))
			    : -LX_ENODATA;

	out->n = 0;
	if (n == -LX_ENODATA || n == -LX_EOPNOTSUPP)
		return 0;
	if (n < 0)
		return (int)n;
	if (acl_parse(value, (size_t)n, out) || !acl_valid(out))
		out->n = 0;
	return 0;
}

/* ---- access ---- */

bool vfs_acl_matters(const struct inode *inode, const struct cred *cr, uint32_t mode, uint32_t uid)
{
	return inode->sb->acl && cr->fsuid != uid && (mode & 0070) &&
	       !cred_capable(cr, LX_CAP_DAC_OVERRIDE) && !LX_S_ISLNK(mode);
}

int vfs_acl_permission(struct inode *inode, const struct cred *cr, const struct kstat *st, int mask)
{
	struct acl a;
	int err;

	if (vfs_acl_matters(inode, cr, st->mode, st->uid)) {
		err = load(inode, LX_XATTR_ACL_ACCESS, &a);
		if (err)
			return err;
		if (a.n)
			return acl_permission(&a, cr, st->gid, mask)
				       ? vfs_override_permission(cr, st->mode, mask)
				       : 0;
	}
	return vfs_generic_permission(cr, st->mode, st->uid, st->gid, mask);
}

/* Whether d, a directory, has no list of that name; asked once while d's permission data are true. */
static int has_none(struct dentry *d, const char *name, uint8_t bit, struct acl *a)
{
	int err;

	a->n = 0;
	if (dentry_perm_known(d) && (d->acl_none & bit))
		return 0;
	err = load(d->inode, name, a);
	if (!err && !a->n)
		d->acl_none |= bit;
	return err;
}

bool vfs_acl_of_dir(const struct path *p, const struct cred *cr)
{
	struct dentry *d = p->dentry;
	struct acl a;

	if (!vfs_acl_matters(d->inode, cr, d->mode, d->uid))
		return false;
	return has_none(d, LX_XATTR_ACL_ACCESS, DENTRY_NO_ACL, &a) || a.n;
}

/* ---- inheritance ---- */

/* What a new object may have to take from its directory, where that is lxcore's to decide. */
static int know_directory(struct dentry *d, struct create_attr *attr)
{
	struct kstat st;
	int err;

	attr->dir_known = false;
	if (d->inode->sb->acl == ACL_STORE || !d->inode->told)
		return 0;
	if (!dentry_perm_known(d)) {
		err = dentry_perm_ask(d, &st);
		if (err)
			return err;
	} else {
		st.mode = d->mode;
		st.uid = d->uid;
		st.gid = d->gid;
	}
	attr->dir_known = true;
	attr->dir_mode = st.mode;
	attr->dir_uid = st.uid;
	attr->dir_gid = st.gid;
	return 0;
}

int vfs_acl_inherit(const struct path *dir, uint32_t umask, struct create_attr *attr)
{
	struct dentry *d = dir->dentry;
	struct acl_pair *pair;
	struct acl a = { 0 };
	int err = know_directory(d, attr);

	attr->acl = NULL;
	if (!err && d->inode->sb->acl)
		err = has_none(d, LX_XATTR_ACL_DEFAULT, DENTRY_NO_DEFAULT, &a);
	if (err)
		return err;
	if (!a.n) {
		attr->mode &= ~umask;
		return 0;
	}
	if (d->inode->sb->acl == ACL_STORE)
		return 0;
	pair = mem_alloc(sizeof(*pair));
	if (!pair)
		return -LX_ENOMEM;
	pair->access = a;
	if (LX_S_ISDIR(attr->mode))
		pair->def = a;
	if (acl_inherit(&pair->access, &attr->mode))
		pair->access.n = 0;
	attr->acl = pair;
	return 0;
}

void acl_inherited_free(struct create_attr *attr)
{
	mem_free((void *)attr->acl);
	attr->acl = NULL;
}

/* ---- change ---- */

/* The mode with a's bits, and without set-group-id where chmod(2) would take it. */
static uint32_t new_mode(const struct cred *cr, const struct kstat *st, struct acl *a)
{
	uint32_t mode = st->mode;

	if (acl_to_mode(a, &mode))
		a->n = 0;
	if (!cred_in_group(cr, st->gid) && !cred_capable(cr, LX_CAP_FSETID))
		mode &= ~LX_S_ISGID;
	return mode;
}

static int keep(const struct cred *cr, struct inode *inode, const struct kstat *st,
		const char *name, struct acl *a)
{
	uint32_t mode = st->mode;

	if (a->n && !strcmp(name, LX_XATTR_ACL_ACCESS))
		mode = new_mode(cr, st, a);
	if (a->n > ACL_KEPT_MAX)
		return -LX_ENOSPC;
	return inode->iop->set_acl(inode, name, acl_value(a), acl_size(a), mode & 07777);
}

/* The store makes the mode of it. */
static int pass_on(struct inode *inode, const char *name, const struct acl *a)
{
	int err;

	if (a->n)
		return inode->iop->setxattr(inode, name, acl_value(a), acl_size(a), 0);
	err = inode->iop->removexattr(inode, name);
	return err == -LX_ENODATA ? 0 : err;
}

int vfs_acl_set(struct task *t, const struct path *p, struct inode *inode, const char *name,
		const void *value, size_t size)
{
	struct kstat st;
	struct acl a;
	int err = acl_parse(value, size, &a);

	if (err)
		return err;
	if (!inode->sb->acl || inode_is_link(inode))
		return -LX_EOPNOTSUPP;
	if (!inode_is_dir(inode) && !strcmp(name, LX_XATTR_ACL_DEFAULT))
		return a.n ? -LX_EACCES : 0;
	err = inode->iop->getattr(inode, &st);
	if (err)
		return err;
	if (!vfs_owner_or_capable(t->cred, st.uid))
		return -LX_EPERM;
	if (a.n && !acl_valid(&a))
		return -LX_EINVAL;
	err = inode->sb->acl == ACL_STORE ? pass_on(inode, name, &a)
					  : keep(t->cred, inode, &st, name, &a);
	if (!err && p->dentry)
		dcache_perm_changed(p->dentry);
	return err;
}

int vfs_acl_chmod(struct inode *inode, uint32_t mode)
{
	struct acl a;
	int err;

	if (inode->sb->acl != ACL_CORE)
		return 1;
	err = load(inode, LX_XATTR_ACL_ACCESS, &a);
	if (err || !a.n)
		return err ? err : 1;
	acl_chmod(&a, mode);
	return inode->iop->set_acl(inode, LX_XATTR_ACL_ACCESS, acl_value(&a), acl_size(&a), mode);
}
