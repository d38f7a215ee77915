/* SPDX-License-Identifier: MIT */
/*
 * vfs_stat.c - attributes read: stat, access, statfs; and what a call with AT_EMPTY_PATH names. The last
 * component is asked for by name where the file system can do that: the way of stat(2) on VolFs is
 * one host call.
 */
#include "vfs_impl.h"
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

/* The last component of w by name, if its directory can say. 1: it cannot, or it is a link to follow. */
static int stat_by_name(struct walk *w, struct kstat *st)
{
	struct inode *dir = w->at.dentry->inode;
	int err;

	if (!dir->iop->getattr_at)
		return 1;
	err = dir->iop->getattr_at(dir, w->last, st);
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
		d = dcache_lookup(w->at.dentry, w->last, strlen(w->last));
		if (!d) {
			err = stat_by_name(w, st);
			if (err <= 0)
				return err;
			break;
		}
		if (!inode_is_link(d->inode) || !((w->flags & WALK_FOLLOW) || w->slash)) {
			dentry_put(d);
			break;
		}
		err = walk_follow(w, d);
		dentry_put(d);
		if (err < 0)
			return err;
		if (err == 1)
			w->type = LAST_DOT; /* w->at is the object */
	}
	if (w->type == LAST_NORM && (err = walk_child(w, &d)) == 0 && inode_is_link(d->inode) &&
	    ((w->flags & WALK_FOLLOW) || w->slash)) {
		err = walk_follow(w, d);
		dentry_put(d);
		if (err == 1)
			w->type = LAST_DOT;
		return err < 0 ? err : walk_stat(w, st, inode);
	}
	return 0;
}
