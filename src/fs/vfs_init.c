/* SPDX-License-Identifier: MIT */
/* vfs_init.c - the instance's first mounts: VolFs at the root, the pseudo file systems where it has places for them. */
#include "vfs_impl.h"
#include "lxrun/options.h"

extern const struct fs_type volfs_type, tmpfs_type, proc_type, devfs_type, devpts_type, sysfs_type,
	drvfs_type, mqueue_type;

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
static int mount_at(const struct fs_type *type, const char *source, const char *data,
		    uint32_t flags, const struct path *dir, const char *name)
{
	struct path at;
	int err = enter(dir, name, &at);

	if (err == -LX_ENOENT || err == -LX_ENOTDIR || err == -LX_EACCES)
		return 0;
	if (err)
		return err;
	err = mount_fs(type, source, data, flags & MNT_NOATIME ? flags : flags | MNT_RELATIME, &at);
	path_put(&at);
	return err;
}

int vfs_init(const char *root_volume_nt_path)
{
	struct path root, dev;
	int err = mount_fs(&volfs_type, root_volume_nt_path, NULL, MNT_RELATIME, NULL);

	if (err || lxrun_opt.bare)
		return err;
	mount_root(&root);
	err = mount_at(&proc_type, "proc", NULL, MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, &root,
		       "proc");
	if (!err)
		err = mount_at(&devfs_type, "none", NULL, MNT_NOSUID, &root, "dev");
	if (!err && enter(&root, "dev", &dev) == 0) {
		if (dev.mnt->sb->type == &devfs_type)
			err = mount_at(&tmpfs_type, "tmpfs", NULL, MNT_NOSUID | MNT_NODEV, &dev,
				       "shm");
		if (!err && dev.mnt->sb->type == &devfs_type)
			err = mount_at(&devpts_type, "devpts", NULL, MNT_NOSUID | MNT_NOEXEC, &dev,
				       "pts");
		if (!err && dev.mnt->sb->type == &devfs_type)
			err = mount_at(&mqueue_type, "mqueue", NULL,
				       MNT_NOSUID | MNT_NODEV | MNT_NOEXEC, &dev, "mqueue");
		path_put(&dev);
	}
	if (!err)
		err = mount_at(&sysfs_type, "sysfs", NULL, MNT_NOSUID | MNT_NODEV | MNT_NOEXEC,
			       &root, "sys");
	if (!err && lxrun_opt.distribution)
		err = mount_at(&tmpfs_type, "none", "mode=0755", MNT_NOSUID | MNT_NODEV, &root,
			       "run");
	path_put(&root);
	if (err)
		vfs_shutdown();
	return err;
}

int vfs_mount_drive(char letter)
{
	const char source[] = { (char)(letter - 32), ':', '\0' }, name[] = { letter, '\0' };
	struct path root, mnt;
	int err;

	mount_root(&root);
	err = enter(&root, "mnt", &mnt);
	path_put(&root);
	if (err)
		return 0;
	err = mount_at(&drvfs_type, source, NULL, MNT_NOATIME, &mnt, name);
	path_put(&mnt);
	return err;
}
