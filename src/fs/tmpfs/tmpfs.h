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

/* Of mount(2); a limit of 0 is none. */
struct tmpfs_options {
	uint64_t max_pages, max_inodes;
	uint32_t mode, uid, gid; /* of the root */
};

struct tmpfs_super {
	struct lk lock; /* LR_INODE: every directory, link count and attribute of this super */
	uint64_t next_ino;
	struct tmpfs_options options;
	uint64_t inodes, pages; /* in use; pages only while there is a limit */
};

/* inode->priv; guarded by the super's lock. mode, owner and number are the inode's own fields. */
struct tmpfs_node {
	uint32_t nlink;
	uint64_t rdev;
	struct lx_timespec atime, mtime, ctime, btime;
	HANDLE data;    /* regular files: memory file with the contents; constant */
	char *target;   /* symbolic links; constant */
	uint64_t pages; /* of data, as the super counts them */
	struct list xattrs;
	size_t xattr_bytes;
	bool linkable; /* O_TMPFILE: may get a first name */
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

/* tmpfs_mount.c */
int tmpfs_parse(const char *data, struct tmpfs_options *o);
int tmpfs_check(const char *option); /* fs_type.check */
void tmpfs_show_options(struct super *sb, struct text *tx);
int tmpfs_remount(struct super *sb, const char *data);
int tmpfs_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out);
/* Counts a new inode; false: no more may be made. */
bool tmpfs_take_inode(struct tmpfs_super *ts);
void tmpfs_give_inode(struct tmpfs_super *ts, uint64_t pages);
/* The file's size in pages may have changed. */
int tmpfs_recount(struct inode *inode);
/* How many of want bytes at pos may be written under the limit. */
uint64_t tmpfs_room(struct inode *inode, uint64_t pos, uint64_t want);

/* tmpfs_xattr.c */
int64_t tmpfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int tmpfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
		   int flags);
int64_t tmpfs_listxattr(struct inode *inode, char *buf, size_t size);
int tmpfs_removexattr(struct inode *inode, const char *name);
int tmpfs_set_acl(struct inode *inode, const char *name, const void *value, size_t size,
		  uint32_t mode);
/* A new inode keeps the lists it inherits (attr->acl). */
int tmpfs_keep_acls(struct inode *inode, const struct create_attr *attr);
void tmpfs_free_xattrs(struct tmpfs_node *node);

/* tmpfs_fs.c: returns a reference to a new inode without a name. 0, -LX_ENOMEM, -LX_ENOSPC. */
int tmpfs_inode(struct super *sb, const struct create_attr *attr, struct inode **out);

/* tmpfs_dir.c */
int tmpfs_lookup(struct inode *dir, const char *name, struct inode **out);
int tmpfs_create(struct inode *dir, const char *name, const struct create_attr *attr,
		 struct inode **out);
int tmpfs_tmpfile(struct inode *dir, const struct create_attr *attr, struct inode **out);
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
int tmpfs_set_size(struct inode *inode, uint64_t size);
int tmpfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f);
#endif
