/* SPDX-License-Identifier: MIT */
/* tmpfs.h - what the files of TmpFs share. */
#ifndef TMPFS_H
#define TMPFS_H
#include "base/alloc.h"
#include "base/trace.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "nt/io.h"

#define TMPFS_MAGIC 0x01021994

struct tmpfs_super {
	struct lk lock; /* LR_INODE: every directory, link count and attribute of this super */
	uint64_t next_ino;
};

/* inode->priv; guarded by the super's lock. mode, owner and number are the inode's own fields. */
struct tmpfs_node {
	uint32_t nlink;
	uint64_t rdev;
	struct lx_timespec atime, mtime, ctime, btime;
	HANDLE data;  /* regular files: memory file with the contents; constant */
	char *target; /* symbolic links; constant */
	/* directories: */
	struct inode *parent; /* borrows: a directory with entries cannot go; NULL once removed */
	struct list entries;  /* in order of making: cookies ascend */
	struct list *buckets; /* by name; NULL while small */
	uint32_t nr_entries, nr_buckets;
	int64_t next_cookie;
};

struct tmpfs_entry {
	struct list link, hash_link;
	struct inode *inode; /* holds a reference */
	int64_t cookie;      /* its place for getdents */
	uint32_t hash;
	char name[];
};

extern const struct inode_ops tmpfs_inode_ops;
extern const struct file_ops tmpfs_file_ops, tmpfs_dir_ops;

static inline struct tmpfs_super *tmpfs_super_of(const struct inode *inode)
{
	return inode->sb->priv;
}
static inline struct tmpfs_node *tmpfs_node_of(const struct inode *inode)
{
	return inode->priv;
}
static inline void tmpfs_lock(const struct inode *inode)
{
	lk_acquire(&tmpfs_super_of(inode)->lock);
}
static inline void tmpfs_unlock(const struct inode *inode)
{
	lk_release(&tmpfs_super_of(inode)->lock);
}

/* tmpfs_fs.c: returns a reference to a new inode without a name. 0 or -LX_ENOMEM. */
int tmpfs_inode(struct super *sb, const struct create_attr *attr, struct inode **out);

/* tmpfs_dir.c */
int tmpfs_lookup(struct inode *dir, const char *name, struct inode **out);
int tmpfs_create(struct inode *dir, const char *name, const struct create_attr *attr,
		 struct inode **out);
int tmpfs_mknod(struct inode *dir, const char *name, const struct create_attr *attr);
int tmpfs_symlink(struct inode *dir, const char *name, const char *target,
		  const struct create_attr *attr);
int tmpfs_link(struct inode *inode, struct inode *dir, const char *name);
int tmpfs_unlink(struct inode *dir, const char *name);
int tmpfs_rmdir(struct inode *dir, const char *name);
int tmpfs_rename(struct inode *olddir, const char *oldname, struct inode *newdir,
		 const char *newname, uint32_t flags);
int tmpfs_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos);

/* tmpfs_io.c */
int tmpfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f);
#endif
