/* SPDX-License-Identifier: MIT */
/*
 * vfs_stat.c - attributes read: stat, access, statfs; and what a call with AT_EMPTY_PATH names. The last
 * component is asked for by name where the file system can do that: the way of stat(2) on VolFs is
 * one host call.
 */
#include "lxrun/acl.h"
#include "vfs_impl.h"
#include "lxrun/quirks.h"
#include <string.h>

int target_find(struct task *t, int dfd, const char *path, uint32_t walk, struct target *out)
{
	int err;

	*out = (struct target){ .inode = NULL };
	if (path && (*path || !(walk & WALK_EMPTY))) {
		err = vfs_walk(t, dfd, path, walk, &out->path);
		if (!err)
			out->inode = out->path.dentry->inode;
		return err;
	}
	if (dfd == LX_AT_FDCWD) {
		fs_get_cwd(t->fs, &out->path);
		out->inode = out->path.dentry->inode;
		return 0;
	}
	err = fd_get_slot(t, dfd, true, &out->file, NULL);
	if (err)
		return err;
	out->path = out->file->path;
	path_get(&out->path);
	out->inode = out->file->inode;
	return 0;
}

void target_put(struct target *tg)
{
	path_put(&tg->path);
	file_put(tg->file);
}

int vfs_fstat(struct file *f, struct kstat *st)
{
	if (f->inode)
		return f->inode->iop->getattr(f->inode, st);
	return f->handle ? nt_fstat(f->handle, st) : -LX_EBADF;
}

int walk_getattr_at(struct walk *w, struct kstat *st)
{
	struct inode *dir = w->at.dentry->inode;

	if (w->too_long)
		return -LX_ENAMETOOLONG;
	return dir->iop->getattr_at ? dir->iop->getattr_at(dir, w->last, st) : 1;
}

/* The last component of w by name, if its directory can say. 1: it cannot, or it is a link to follow. */
static int stat_by_name(struct walk *w, struct kstat *st)
{
	int err = walk_getattr_at(w, st);

	if (err)
		return err;
	if (LX_S_ISLNK(st->mode) && ((w->flags & WALK_FOLLOW) || w->slash))
		return 1;
	return w->slash && !LX_S_ISDIR(st->mode) ? -LX_ENOTDIR : 0;
}

int walk_stat(struct walk *w, struct kstat *st, struct inode **inode)
{
	struct dentry *d;
	int err;

	*inode = NULL;
	while (w->type == LAST_NORM) {
		d = walk_cached(w);
		if (!d) {
			err = stat_by_name(w, st);
			if (err == 1)
				err = walk_child(w, &d);
			if (err || !d)
				return err;
		}
		if (!walk_follows(w, d)) {
			walk_enter(w, d);
			break;
		}
		err = walk_follow(w, d);
		dentry_put(d);
		if (err)
			return err;
	}
	err = walk_finish(w);
	if (err)
		return err;
	*inode = inode_get(w->at.dentry->inode);
	return (*inode)->iop->getattr(*inode, st);
}

/* at, or (last false) a name in at that is no mount point. */
static void stat_mount(const struct path *at, bool last, struct kstat *st)
{
	st->mnt_id = at->mnt ? (uint32_t)at->mnt->id : 0;
	st->mnt_root = last && at->mnt && mount_is_root(at);
}

static int stat_target(struct task *t, int dfd, struct kstat *st)
{
	struct target tg;
	int err = target_find(t, dfd, NULL, 0, &tg);

	if (err)
		return err;
	err = tg.file ? vfs_fstat(tg.file, st) : tg.inode->iop->getattr(tg.inode, st);
	stat_mount(&tg.path, tg.path.dentry != NULL, st);
	target_put(&tg);
	return err;
}

int vfs_statat(struct task *t, int dfd, const char *path, int atflags, struct kstat *st)
{
	TRACE_SCOPE(TR_VFS);
	struct inode *inode = NULL;
	struct walk w;
	int err;

	if (!*path && (atflags & LX_AT_EMPTY_PATH))
		return stat_target(t, dfd, st);
	err = walk_begin(&w, t, dfd, path, atflags & LX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW);
	if (!err)
		err = walk_stat(&w, st, &inode);
	if (!err)
		stat_mount(&w.at, inode != NULL, st);
	inode_put(inode);
	walk_end(&w);
	TRACE(TR_VFS, "stat(%s) = %d", path, err);
	return err;
}

/* access(2) asks for the real identity: capabilities are those a process with it would have. */
static const struct cred *access_cred(const struct cred *cr, int atflags, struct cred *real)
{
	if (atflags & LX_AT_EACCESS)
		return cr;
	if (cr->fsuid == cr->uid && cr->fsgid == cr->gid)
		return cr;
	*real = *cr;
	real->fsuid = cr->uid;
	real->fsgid = cr->gid;
	if (!(cr->securebits & LX_SECBIT_NO_SETUID_FIXUP))
		real->cap_effective = cr->uid == 0 ? cr->cap_permitted : 0;
	return real;
}

static int access_walked(struct walk *w, const struct cred *cr, int mode)
{
	struct inode *inode = NULL;
	struct dentry *d;
	struct kstat st;
	int err = walk_stat(w, &st, &inode);

	if (err || mode == LX_F_OK)
		goto out;
	if (!inode && vfs_acl_matters(w->at.dentry->inode, cr, st.mode, st.uid)) {
		err = walk_child(w, &d);
		if (err)
			goto out;
		inode = inode_get(d->inode);
		dentry_put(d);
	}
	if ((mode & LX_X_OK) && LX_S_ISREG(st.mode) && (w->at.mnt->flags & MNT_NOEXEC))
		err = -LX_EACCES;
	else if (inode)
		err = vfs_permission(inode, cr, mode);
	else
		err = vfs_generic_permission(cr, st.mode, st.uid, st.gid, mode);
	if (!err)
		err = cgroup_may_device(w->t, st.mode, st.rdev, vfs_device_rights(mode));
	if (!err && (mode & LX_W_OK) &&
	    (LX_S_ISREG(st.mode) || LX_S_ISDIR(st.mode) || LX_S_ISLNK(st.mode)))
		err = vfs_want_write(&w->at);
out:
	inode_put(inode);
	return err;
}

static int access_target(struct task *t, int dfd, const struct cred *cr, int mode)
{
	struct target tg;
	int err = target_find(t, dfd, NULL, 0, &tg);

	if (err)
		return err;
	err = mode == LX_F_OK || !tg.inode ? 0 : vfs_permission(tg.inode, cr, mode);
	target_put(&tg);
	return err;
}

int vfs_accessat(struct task *t, int dfd, const char *path, int mode, int atflags)
{
	TRACE_SCOPE(TR_VFS);
	struct cred real;
	const struct cred *cr = access_cred(t->cred, atflags, &real);
	struct walk w;
	int err;

	if (mode & ~(LX_R_OK | LX_W_OK | LX_X_OK))
		return -LX_EINVAL;
	if (!*path && (atflags & LX_AT_EMPTY_PATH))
		return access_target(t, dfd, cr, mode);
	err = walk_begin_as(&w, t, cr, dfd, path,
			    atflags & LX_AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW);
	if (!err)
		err = access_walked(&w, cr, mode);
	walk_end(&w);
	TRACE(TR_VFS, "access(%s, %d) = %d", path, mode, err);
	return err;
}

/* ---- statfs ---- */

/* The mount's flags, most with the values of mount(2). */
static int64_t statfs_flags(const struct mount *mnt)
{
	uint32_t flags = mnt->flags | (mnt->sb->read_only ? MNT_RDONLY : 0);
	uint32_t st = LX_ST_VALID | (flags & (MNT_RDONLY | MNT_NOSUID | MNT_NODEV | MNT_NOEXEC |
					      MNT_NOATIME | MNT_NODIRATIME));

	if (flags & MNT_RELATIME)
		st |= LX_ST_RELATIME;
	if (flags & MNT_NOSYMFOLLOW)
		st |= LX_ST_NOSYMFOLLOW;
	return st;
}

static int statfs_inode(struct inode *inode, const struct mount *mnt, struct lx_statfs *out)
{
	struct super *sb = inode->sb;
	int err;

	memset(out, 0, sizeof(*out));
	out->f_type = (int64_t)sb->magic;
	out->f_bsize = out->f_frsize = (int64_t)LX_PAGE_SIZE;
	out->f_namelen = LX_NAME_MAX;
	err = sb->ops->statfs ? sb->ops->statfs(sb, inode, out) : 0;
	if (!err && mnt)
		out->f_flags = statfs_flags(mnt);
	return err;
}

int vfs_statfs_path(struct task *t, const char *path, struct lx_statfs *out)
{
	struct path p;
	int err = vfs_walk(t, LX_AT_FDCWD, path, WALK_FOLLOW, &p);

	if (err)
		return err;
	err = statfs_inode(p.dentry->inode, p.mnt, out);
	path_put(&p);
	return err;
}

int vfs_statfs_file(struct file *f, struct lx_statfs *out)
{
	if (quirk_on(QUIRK_PIPE_STATFS) && f->inode && LX_S_ISFIFO(f->inode->mode))
		return -LX_EINVAL;
	return f->inode ? statfs_inode(f->inode, f->path.mnt, out) : -LX_ENOSYS;
}

struct dev_search {
	uint64_t dev;
	struct lx_statfs *out;
};

static int statfs_if_dev(const struct mount_view *v, void *arg)
{
	struct dev_search *want = arg;
	struct inode *root = v->top.dentry->inode;
	struct kstat st;
	int err;

	if (root->iop->getattr(root, &st) || st.dev != want->dev)
		return 0;
	err = statfs_inode(root, v->top.mnt, want->out);
	return err ? err : 1;
}

int vfs_statfs_dev(struct task *t, uint64_t dev, struct lx_statfs *out)
{
	struct dev_search want = { dev, out };
	int ret = mount_for_each(t->fs->ns, statfs_if_dev, &want);

	if (!ret)
		return -LX_EINVAL;
	return ret < 0 ? ret : 0;
}
