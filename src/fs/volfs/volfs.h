/* SPDX-License-Identifier: MIT */
/* volfs.h - what the files of VolFs share. */
#ifndef VOLFS_H
#define VOLFS_H
#include "base/trace.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "nt/io.h"
#include "../nt_ea.h"
#include "../nt_file.h"
#include "../nt_name.h"
#include "../nt_stat.h"

/* What every handle of ours may do: the host, or lxcore, has judged. */
#define VOLFS_NODE_RIGHTS \
	(FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | FILE_READ_EA | FILE_WRITE_EA | SYNCHRONIZE)
/* What an inode that only names its object is opened with. */
#define VOLFS_NODE_ACCESS (VOLFS_NODE_RIGHTS | FILE_TRAVERSE)

struct volfs_super {
	uint32_t own_uid, own_gid; /* identity that the host judges us by */
	bool lx;                   /* personality lx: metadata is NT's, and lxcore alone judges */
	bool alone; /* nobody else changes the volume: cached names are always true */
};

/* inode->priv */
struct volfs_node {
	char *link; /* text of a symbolic link; inode->lock, constant once set */
	uint32_t link_len;
};

/* One NtCreateFile of VolFs: name below dir. */
struct volfs_req {
	HANDLE dir;
	const char *name;
	ACCESS_MASK access;
	ULONG disposition;     /* FILE_OPEN and kin */
	ULONG options;         /* NT_FILE_OPTIONS are added */
	bool deny_write;       /* FILE_SHARE_WRITE is not given */
	struct nt_ea *ea;      /* metadata of a new object; NULL: none */
	ULONG_PTR information; /* out: FILE_OPENED, FILE_CREATED ... */
};

extern const struct inode_ops volfs_inode_ops;
extern const struct file_ops volfs_file_ops, volfs_dir_ops;

/* volfs_node.c */
/* The one way to a handle. When the host is out of descriptors the name cache gives its own up first. */
NTSTATUS volfs_nt_open(struct volfs_req *req, PHANDLE handle);
static inline struct volfs_super *volfs_super_of(const struct inode *inode)
{
	return inode->sb->priv;
}
/*
 * Whether cr need not be judged here: the host judges it as it judges the supervisor itself, or on an lx
 * volume, it may do everything.
 */
bool volfs_own(const struct inode *inode, const struct cred *cr);
/* Returns a reference to an inode for an open handle, which it owns. st: its attributes. Consumes handle. */
int volfs_inode(struct super *sb, HANDLE handle, const struct kstat *st, struct inode **out);
int volfs_lookup(struct inode *dir, const char *name, struct inode **out);
int volfs_lookup_stat(struct inode *dir, const char *name, struct inode **out, struct kstat *st);
int volfs_getattr(struct inode *inode, struct kstat *st);
int volfs_permission(struct inode *inode, const struct cred *cr, int mask);
void volfs_evict(struct inode *inode);

/* volfs_open.c */
int volfs_atomic_open(struct inode *dir, const char *name, uint32_t flags,
		      const struct create_attr *attr, struct task *t, struct file *f,
		      bool *created);
int volfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f);

/* volfs_name.c */
/* Fills ea for a new object in dir. target: of a symbolic link. */
int volfs_ea_fill(struct nt_ea *ea, struct inode *dir, const struct create_attr *attr,
		  const char *target);
int volfs_mkdir(struct inode *dir, const char *name, const struct create_attr *attr);
int volfs_mknod(struct inode *dir, const char *name, const struct create_attr *attr);
int volfs_symlink(struct inode *dir, const char *name, const char *target,
		  const struct create_attr *attr);
int volfs_link(struct inode *inode, struct inode *dir, const char *name);
int volfs_unlink(struct inode *dir, const char *name);
int volfs_rmdir(struct inode *dir, const char *name);
int volfs_rename(struct inode *olddir, const char *oldname, struct inode *newdir,
		 const char *newname, uint32_t flags);

/* volfs_xattr.c */
int64_t volfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int volfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
		   int flags);
int64_t volfs_listxattr(struct inode *inode, char *buf, size_t size);
int volfs_removexattr(struct inode *inode, const char *name);
/* The EA that an xattr of this name is. */
#define VOLFS_EA_PREFIX "LX."
int volfs_set_acl(struct inode *inode, const char *name, const void *value, size_t size,
		  uint32_t mode);
#endif
