/* SPDX-License-Identifier: MIT */
/* vfs_dir.c - links read, directories entered and listed. */
#include "fsnotify.h"

int64_t vfs_readlinkat(struct task *t, int dfd, const char *path, char *buf, size_t size)
{
	TRACE_SCOPE(TR_VFS);
	struct target tg;
	int64_t n = target_find(t, dfd, path, WALK_EMPTY, &tg);

	if (n)
		return n;
	if (tg.inode && inode_is_link(tg.inode) && tg.inode->iop->readlink)
		n = tg.inode->iop->readlink(tg.inode, t, buf, size);
	else
		n = *path ? -LX_EINVAL : -LX_ENOENT;
	target_put(&tg);
	TRACE(TR_VFS, "readlink(%s) = %lld", path, (long long)n);
	return n;
}

/* Puts p (consumed) in the place of the task's root or working directory. */
static void replace(struct fs_context *fs, struct path *place, struct path *p)
{
	struct path old;

	lk_acquire(&fs->lock);
	old = *place;
	*place = *p;
	lk_release(&fs->lock);
	path_put(&old);
}

int vfs_chdir(struct task *t, const char *path)
{
	TRACE_SCOPE(TR_VFS);
	struct path p;
	int err = vfs_walk(t, LX_AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY, &p);

	if (err)
		return err;
	err = vfs_dir_permission(&p, t->cred, LX_X_OK);
	if (err)
		path_put(&p);
	else
		replace(t->fs, &t->fs->cwd, &p);
	TRACE(TR_VFS, "chdir(%s) = %d", path, err);
	return err;
}

int vfs_fchdir(struct task *t, int fd)
{
	struct target tg;
	int err = target_find(t, fd, NULL, 0, &tg);

	if (err)
		return err;
	if (!tg.path.dentry || !inode_is_dir(tg.inode))
		err = -LX_ENOTDIR;
	else
		err = vfs_dir_permission(&tg.path, t->cred, LX_X_OK);
	if (!err) {
		path_get(&tg.path);
		replace(t->fs, &t->fs->cwd, &(struct path){ tg.path.mnt, tg.path.dentry });
	}
	target_put(&tg);
	return err;
}

int vfs_chroot(struct task *t, const char *path)
{
	struct path p;
	int err = vfs_walk(t, LX_AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY, &p);

	if (err)
		return err;
	err = vfs_dir_permission(&p, t->cred, LX_X_OK);
	if (!err && !cred_capable(t->cred, LX_CAP_SYS_CHROOT))
		err = -LX_EPERM;
	if (err)
		path_put(&p);
	else
		replace(t->fs, &t->fs->root, &p);
	return err;
}

/* ".." at a mount's root is what the mount lies in, which the plugin cannot know. */
struct root_sink {
	struct dir_sink sink;
	struct dir_sink *real;
	uint64_t up_ino;
};

static int root_emit(struct dir_sink *s, const char *name, uint32_t len, uint64_t ino,
		     uint8_t dtype, int64_t next_off)
{
	struct root_sink *rs = (struct root_sink *)s;

	if (len == 2 && name[0] == '.' && name[1] == '.')
		ino = rs->up_ino;
	return rs->real->emit(rs->real, name, len, ino, dtype, next_off);
}

static uint64_t ino_above(const struct path *root)
{
	struct path p = *root;
	struct dentry *up;
	uint64_t ino;
	bool stale;

	path_get(&p);
	while (mount_is_root(&p) && mount_follow_up(&p))
		;
	up = dentry_parent(p.dentry, &stale);
	ino = up->inode->ino;
	dentry_put(up);
	path_put(&p);
	return ino;
}

int vfs_iterate(struct file *f, struct task *t, struct dir_sink *sink)
{
	struct root_sink rs = { .sink = { root_emit }, .real = sink };
	int64_t pos;
	int err;

	if (!f->inode || !inode_is_dir(f->inode) || !f->fop || !f->fop->iterate)
		return -LX_ENOTDIR;
	if (f->path.dentry && f->path.dentry->unlinked)
		return -LX_ENOENT;
	if (f->path.mnt && mount_is_root(&f->path)) {
		rs.up_ino = ino_above(&f->path);
		sink = &rs.sink;
	}
	lk_acquire(&f->lock);
	pos = f->pos;
	lk_release(&f->lock);
	err = f->fop->iterate(f, t, sink, &pos);
	lk_acquire(&f->lock);
	f->pos = pos;
	lk_release(&f->lock);
	if (!err)
		fsnotify_file(f, LX_IN_ACCESS);
	return err;
}
