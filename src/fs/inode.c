/* SPDX-License-Identifier: MIT */
/*
 * inode.c - life of supers and inodes. An inode is what a name names while somebody uses it; its
 * attributes live in the store below (NT file, memory), its cached mode and owner are hints.
 */
#include "base/alloc.h"
#include "vfs_impl.h"
#include <string.h>

static struct lk dev_lock = LK_INIT(INODE);
static uint32_t next_dev = 0x20; /* anonymous device numbers: 0:32 and up, as on a booted Linux */

struct super *super_alloc(const struct fs_type *type, const struct super_ops *ops, uint64_t magic)
{
	struct super *sb = mem_alloc(sizeof(*sb));

	if (!sb)
		return NULL;
	refs_init(&sb->refs);
	sb->type = type;
	sb->ops = ops;
	sb->magic = magic;
	lk_acquire(&dev_lock);
	sb->dev = lx_makedev(0, next_dev++);
	lk_release(&dev_lock);
	return sb;
}

void super_put(struct super *sb)
{
	if (!sb || !refs_put(&sb->refs))
		return;
	inode_put(sb->root);
	if (sb->ops->release)
		sb->ops->release(sb);
	mem_free(sb);
}

struct inode *inode_alloc(struct super *sb, const struct inode_ops *iop, const struct file_ops *fop,
			  uint64_t ino, uint32_t mode)
{
	struct inode *i = mem_alloc(sizeof(*i));

	if (!i)
		return NULL;
	refs_init(&i->refs);
	lk_init(&i->lock, LR_INODE);
	i->sb = sb;
	i->iop = iop;
	i->fop = fop;
	i->ino = ino;
	i->mode = mode;
	return i;
}

struct inode *inode_get(struct inode *i)
{
	refs_get(&i->refs);
	return i;
}

void inode_put(struct inode *i)
{
	if (!i || !refs_put(&i->refs))
		return;
	if (i->sb && i->sb->ops->evict)
		i->sb->ops->evict(i);
	if (i->handle)
		NtClose(i->handle);
	mem_free(i);
}

struct lx_timespec vfs_now(void)
{
	int64_t ns = KeQueryRealtimeNs();

	return (struct lx_timespec){ ns / 1000000000, ns % 1000000000 };
}

void inode_take_attr(struct inode *inode, const struct iattr *attr)
{
	if (attr->valid & ATTR_MODE)
		inode->mode = (inode->mode & LX_S_IFMT) | (attr->mode & 07777);
	if (attr->valid & ATTR_UID)
		inode->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		inode->gid = attr->gid;
}

void kstat_fill(struct kstat *st, const struct inode *inode, struct lx_timespec t)
{
	memset(st, 0, sizeof(*st));
	st->dev = inode->sb->dev;
	st->ino = inode->ino;
	st->mode = inode->mode;
	st->uid = inode->uid;
	st->gid = inode->gid;
	st->nlink = 1;
	st->blksize = LX_PAGE_SIZE;
	st->atime = st->mtime = st->ctime = t;
}
