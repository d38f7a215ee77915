/* SPDX-License-Identifier: MIT */
/*
 * mount.c - the mount table. A mount shows a super's root at a dentry of another mount; the dentry is
 * pinned in the name cache so that a walk always comes across it. Lock: mount_lock (LR_MOUNT) guards
 * the list; a mount's own fields are constant.
 */
#include "base/alloc.h"
#include "vfs_impl.h"
#include <string.h>

static struct lk mount_lock = LK_INIT(MOUNT);
static struct list mounts = LIST_INIT(mounts); /* in order of mounting */
static struct mount *root_mount;
static int next_id = 20;

void path_get(const struct path *p)
{
	if (p->mnt)
		refs_get(&p->mnt->refs);
	if (p->dentry)
		dentry_get(p->dentry);
}

static void mount_put(struct mount *m)
{
	if (!m || !refs_put(&m->refs))
		return;
	dentry_put(m->root);
	super_put(m->sb);
	path_put(&m->at);
	mem_free(m->source);
	mem_free(m);
}

void path_put(struct path *p)
{
	struct path old = *p;

	*p = (struct path){ NULL, NULL };
	dentry_put(old.dentry);
	mount_put(old.mnt);
}

static struct mount *mount_alloc(struct super *sb, const char *source, uint32_t flags)
{
	struct mount *m = mem_alloc(sizeof(*m));

	if (!m)
		return NULL;
	refs_init(&m->refs);
	list_init(&m->link);
	m->flags = flags;
	m->source = mem_strdup(source ? source : sb->type->name);
	m->root = dentry_root(sb->root);
	if (!m->source || !m->root) {
		mount_put(m);
		return NULL;
	}
	m->sb = sb;
	return m;
}

int mount_fs(const struct fs_type *type, const char *source, const char *data, uint32_t flags,
	     const struct path *at, struct mount **out)
{
	struct super *sb;
	struct mount *m;
	int err = type->mount(type, source, data, &sb);

	if (err)
		return err;
	m = mount_alloc(sb, source, flags);
	if (!m) {
		super_put(sb);
		return -LX_ENOMEM;
	}
	if (at) {
		m->at = *at;
		path_get(&m->at);
	}
	lk_acquire(&mount_lock);
	m->id = next_id++;
	list_add_tail(&mounts, &m->link);
	if (at)
		dcache_pin(at->dentry);
	else
		root_mount = m;
	lk_release(&mount_lock);
	if (out) {
		refs_get(&m->refs);
		*out = m;
	}
	TRACE(TR_VFS, "mount %s type=%s = 0", m->source, type->name);
	return 0;
}

static struct mount *find_at(const struct path *p)
{
	struct mount *m, *found = NULL;

	lk_acquire(&mount_lock);
	list_for_each(m, &mounts, link)
		if (path_same(&m->at, p))
			found = m; /* the latest covers the others */
	if (found)
		refs_get(&found->refs);
	lk_release(&mount_lock);
	return found;
}

void mount_follow_down(struct path *p)
{
	while (p->dentry->mounted) {
		struct mount *m = find_at(p);

		if (!m)
			return;
		path_put(p);
		p->mnt = m;
		p->dentry = dentry_get(m->root);
	}
}

bool mount_follow_up(struct path *p)
{
	struct path at = p->mnt->at;

	if (!at.mnt)
		return false;
	path_get(&at);
	path_put(p);
	*p = at;
	return true;
}

int mount_for_each(int (*fn)(struct mount *m, void *arg), void *arg)
{
	struct mount *m, *next;
	int ret = 0;

	lk_acquire(&mount_lock);
	m = list_empty(&mounts) ? NULL : list_first(&mounts, struct mount, link);
	if (m)
		refs_get(&m->refs);
	while (m && !ret) {
		lk_release(&mount_lock);
		ret = fn(m, arg);
		lk_acquire(&mount_lock);
		next = m->link.next == &mounts ? NULL
					       : container_of(m->link.next, struct mount, link);
		if (next)
			refs_get(&next->refs);
		lk_release(&mount_lock);
		mount_put(m);
		lk_acquire(&mount_lock);
		m = next;
	}
	lk_release(&mount_lock);
	mount_put(m);
	return ret;
}

void mount_root(struct path *out)
{
	out->mnt = root_mount;
	out->dentry = root_mount->root;
	path_get(out);
}

/* ---- the instance's tree ---- */

extern const struct fs_type volfs_type, tmpfs_type, proc_type, devfs_type, sysfs_type;

/* Returns references to the directory name of dir, mounts crossed. */
static int enter(const struct path *dir, const char *name, struct path *out)
{
	struct inode *inode;
	struct dentry *d = dcache_lookup(dir->dentry, name, strlen(name));
	int err;

	if (!d) {
		if (!dir->dentry->inode->iop->lookup)
			return -LX_ENOTDIR;
		err = dir->dentry->inode->iop->lookup(dir->dentry->inode, name, &inode);
		if (err)
			return err;
		d = dentry_alloc(dir->dentry, name, strlen(name), inode);
		if (!d)
			return -LX_ENOMEM;
	}
	if (!inode_is_dir(d->inode)) {
		dentry_put(d);
		return -LX_ENOTDIR;
	}
	*out = (struct path){ dir->mnt, d };
	refs_get(&dir->mnt->refs);
	mount_follow_down(out);
	return 0;
}

/* Mounts type at dir/name if there is such a directory. */
static int mount_at(const struct fs_type *type, const char *source, uint32_t flags,
		    const struct path *dir, const char *name)
{
	struct path at;
	int err = enter(dir, name, &at);

	if (err == -LX_ENOENT || err == -LX_ENOTDIR || err == -LX_EACCES)
		return 0;
	if (err)
		return err;
	err = mount_fs(type, source, NULL, flags, &at, NULL);
	path_put(&at);
	return err;
}

int vfs_init(const char *root_volume_nt_path)
{
	struct path root, dev;
	int err = mount_fs(&volfs_type, root_volume_nt_path, NULL, 0, NULL, NULL);

	if (err)
		return err;
	mount_root(&root);
	err = mount_at(&proc_type, "proc", MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, &root, "proc");
	if (!err)
		err = mount_at(&devfs_type, "none", MNT_NOSUID, &root, "dev");
	if (!err && enter(&root, "dev", &dev) == 0) {
		if (dev.mnt->sb->type == &devfs_type)
			err = mount_at(&tmpfs_type, "tmpfs", MNT_NOSUID | MNT_NODEV, &dev, "shm");
		path_put(&dev);
	}
	if (!err)
		err = mount_at(&sysfs_type, "sysfs", MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, &root,
			       "sys");
	path_put(&root);
	if (err)
		vfs_shutdown();
	return err;
}

void vfs_shutdown(void)
{
	struct mount *m;

	lk_acquire(&mount_lock);
	root_mount = NULL;
	while (!list_empty(&mounts)) {
		m = container_of(mounts.prev, struct mount, link);
		list_del(&m->link);
		lk_release(&mount_lock);
		if (m->at.dentry)
			dcache_unpin(m->at.dentry);
		dcache_purge(m->sb);
		mount_put(m);
		lk_acquire(&mount_lock);
	}
	lk_release(&mount_lock);
}
