/* SPDX-License-Identifier: MIT */
/*
 * tmpfs_fs.c - TmpFs: a tree in memory. Names, modes and owners live here; the contents of a regular
 * file are an unnamed NT memory file, opened once more for each open(2), so that each has its own
 * position and can be handed to the guest as a direct descriptor. Size and data times are therefore
 * the memory file's. This is also the file system to copy when making a new one.
 */
#include "tmpfs.h"
#include "../nt_stat.h"
#include <string.h>

/*
 * The last use of an object without a name, or of the root when the super goes: then the tree goes with
 * it, level by level in one list, so that its depth does not matter.
 */
static void tmpfs_evict(struct inode *inode)
{
	struct tmpfs_node *node = inode->priv, *child;
	struct tmpfs_entry *e;

	if (!node)
		return;
	while (!list_empty(&node->entries)) {
		e = list_first(&node->entries, struct tmpfs_entry, link);
		list_del(&e->link);
		child = tmpfs_node_of(e->inode);
		while (!list_empty(&child->entries)) {
			struct list *l = child->entries.next;

			list_del(l);
			list_add_tail(&node->entries, l);
		}
		inode_put(e->inode);
		mem_free(e);
	}
	if (node->data)
		NtClose(node->data);
	tmpfs_give_inode(tmpfs_super_of(inode), node->pages);
	tmpfs_free_xattrs(node);
	mem_free(node->target);
	mem_free(node->buckets);
	mem_free(node);
}

static void tmpfs_release(struct super *sb)
{
	mem_free(sb->priv);
}

static const struct super_ops tmpfs_super_ops = {
	.release = tmpfs_release,
	.statfs = tmpfs_statfs,
	.evict = tmpfs_evict,
	.show_options = tmpfs_show_options,
	.remount = tmpfs_remount,
};

/* Without inode: its number is given back. */
static int no_inode(struct tmpfs_super *ts, struct tmpfs_node *node)
{
	if (node && node->data)
		NtClose(node->data);
	mem_free(node);
	tmpfs_give_inode(ts, 0);
	return -LX_ENOMEM;
}

int tmpfs_inode(struct super *sb, const struct create_attr *attr, struct inode **out)
{
	const struct file_ops *fop = LX_S_ISDIR(attr->mode) ? &tmpfs_dir_ops : &tmpfs_file_ops;
	struct tmpfs_super *ts = sb->priv;
	struct tmpfs_node *node;
	struct inode *inode;

	if (!tmpfs_take_inode(ts))
		return -LX_ENOSPC;
	node = mem_alloc(sizeof(*node));
	if (!node)
		return no_inode(ts, NULL);
	node->nlink = LX_S_ISDIR(attr->mode) ? 2 : 1;
	node->rdev = attr->rdev;
	node->atime = node->mtime = node->ctime = node->btime = vfs_now();
	node->next_cookie = 2; /* 0 and 1 are "." and ".." */
	list_init(&node->entries);
	list_init(&node->xattrs);
	if (LX_S_ISREG(attr->mode) && !NT_SUCCESS(IoCreateMemoryFile(&node->data, FALSE)))
		return no_inode(ts, node);
	inode = inode_alloc(sb, &tmpfs_inode_ops, fop, 0, attr->mode);
	if (!inode)
		return no_inode(ts, node);
	inode->uid = attr->uid;
	inode->gid = attr->gid;
	inode->priv = node;
	lk_acquire(&ts->lock);
	inode->ino = ts->next_ino++;
	lk_release(&ts->lock);
	*out = inode;
	return 0;
}

/* ---- attributes ---- */

static bool later(struct lx_timespec a, struct lx_timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static int tmpfs_getattr(struct inode *inode, struct kstat *st)
{
	struct tmpfs_node *node = tmpfs_node_of(inode);
	struct kstat data;
	int err = node->data ? nt_fstat(node->data, &data) : 0;

	if (err)
		return err;
	tmpfs_lock(inode);
	kstat_fill(st, inode, node->mtime);
	st->nlink = node->nlink;
	st->rdev = node->rdev;
	st->atime = node->atime;
	st->ctime = node->ctime;
	st->btime = node->btime;
	st->has_btime = true;
	if (LX_S_ISDIR(inode->mode))
		st->size = 40 + 20ull * node->nr_entries;
	else if (node->target)
		st->size = strlen(node->target);
	tmpfs_unlock(inode);
	if (!node->data)
		return 0;
	st->size = data.size;
	st->blocks = data.blocks;
	st->atime = data.atime;
	st->mtime = data.mtime;
	if (later(data.ctime, st->ctime))
		st->ctime = data.ctime;
	return 0;
}

/* Times and size of a regular file go to its memory file. */
static int set_data_attr(struct inode *inode, const struct iattr *attr)
{
	struct iattr times = *attr;
	int err = attr->valid & ATTR_SIZE ? tmpfs_set_size(inode, attr->size) : 0;

	times.valid &= ATTR_ATIME | ATTR_MTIME;
	return err ? err : nt_set_attr(tmpfs_node_of(inode)->data, &times);
}

static void set_time(struct lx_timespec *to, const struct lx_timespec *from)
{
	*to = from->tv_nsec == LX_UTIME_NOW ? vfs_now() : *from;
}

static int tmpfs_setattr(struct inode *inode, const struct iattr *attr)
{
	struct tmpfs_node *node = tmpfs_node_of(inode);
	int err = node->data ? set_data_attr(inode, attr) : 0;

	if (!err && (attr->valid & ATTR_SIZE))
		err = tmpfs_recount(inode);
	if (err)
		return err;
	tmpfs_lock(inode);
	inode_take_attr(inode, attr);
	if (attr->valid & (ATTR_UID | ATTR_GID))
		inode->mode = vfs_mode_after_chown(inode->mode);
	if (attr->valid & ATTR_ATIME)
		set_time(&node->atime, &attr->atime);
	if (attr->valid & ATTR_MTIME)
		set_time(&node->mtime, &attr->mtime);
	node->ctime = vfs_now();
	tmpfs_unlock(inode);
	return 0;
}

static int64_t tmpfs_readlink(struct inode *inode, struct task *t, char *buf, size_t size)
{
	const char *target = tmpfs_node_of(inode)->target;
	size_t len = target ? strlen(target) : 0;

	if (!target)
		return -LX_EINVAL;
	if (len > size)
		len = size;
	memcpy(buf, target, len);
	return (int64_t)len;
}

static int tmpfs_mount(const struct fs_type *type, const char *source, const char *data,
		       struct super **out)
{
	struct tmpfs_options o = { .mode = 01777 };
	struct create_attr attr;
	struct super *sb;
	struct tmpfs_super *ts;
	int err = tmpfs_parse(data, &o);

	if (err)
		return err;
	sb = super_alloc(type, &tmpfs_super_ops, TMPFS_MAGIC);
	if (!sb)
		return -LX_ENOMEM;
	ts = mem_alloc(sizeof(*ts));
	if (!ts) {
		super_put(sb);
		return -LX_ENOMEM;
	}
	lk_init(&ts->lock, LR_INODE);
	ts->next_ino = 1;
	ts->options = o;
	attr = (struct create_attr){ .mode = LX_S_IFDIR | o.mode, .uid = o.uid, .gid = o.gid };
	sb->priv = ts;
	sb->cache_all = true;
	sb->acl = ACL_CORE;
	err = tmpfs_inode(sb, &attr, &sb->root);
	if (err) {
		super_put(sb);
		return err;
	}
	tmpfs_node_of(sb->root)->parent = sb->root;
	*out = sb;
	return 0;
}

const struct inode_ops tmpfs_inode_ops = {
	.lookup = tmpfs_lookup,
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	.open = tmpfs_open,
	.create = tmpfs_create,
	.mkdir = tmpfs_mknod,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
	.readlink = tmpfs_readlink,
	.tmpfile = tmpfs_tmpfile,
	.getxattr = tmpfs_getxattr,
	.setxattr = tmpfs_setxattr,
	.listxattr = tmpfs_listxattr,
	.removexattr = tmpfs_removexattr,
	.set_acl = tmpfs_set_acl,
};

const struct fs_type tmpfs_type = {
	.name = "tmpfs",
	.flags = FS_NODEV,
	.check = tmpfs_check,
	.mount = tmpfs_mount,
};
