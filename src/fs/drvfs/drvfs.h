/* SPDX-License-Identifier: MIT */
/*
 * drvfs.h - what the files of DrvFs share. DrvFs shows a drive (an NT volume of personality win) with NT's
 * own semantics: names without case, DOS attributes, share modes. With option `metadata` owner and
 * mode are kept in $LX... EAs, without it they are made up from NT's rights and the mount's options.
 */
#ifndef DRVFS_H
#define DRVFS_H
#include "base/alloc.h"
#include "base/text.h"
#include "base/trace.h"
#include "lxrun/task.h"
#include "lxrun/vfs.h"
#include "nt/io.h"
#include "../nt_dir.h"
#include "../nt_ea.h"
#include "../nt_file.h"
#include "../nt_stat.h"

enum drvfs_case { CASE_OFF, CASE_DIR, CASE_FORCE };

#define FALLBACK_NONE UINT32_MAX
struct drvfs_options {
	bool metadata;
	uint32_t uid, gid, umask, fmask, dmask;
	enum drvfs_case sensitive;
	/*
	 * What a volume lacks and is done without: 1, NtQueryInformationByName; 2, FILE_STAT_INFORMATION, which every
	 * volume has here. FALLBACK_NONE: not asked for.
	 */
	uint32_t fallback;
	char drive; /* 'c' */
};

extern const struct inode_ops drvfs_inode_ops;
extern const struct file_ops drvfs_file_ops, drvfs_dir_ops;

static inline const struct drvfs_options *drvfs_options_of(const struct inode *inode)
{
	return inode->sb->priv;
}

/* One NtCreateFile: name below dir ("": dir's own object). */
struct drvfs_req {
	struct inode *dir;
	const char *name;
	ACCESS_MASK access;
	ULONG disposition, options, attributes;
	bool deny_write;        /* FILE_SHARE_WRITE is not given */
	const struct nt_ea *ea; /* metadata of a new object; NULL, or empty: none */
	ULONG_PTR information;  /* out */
};
/* What a handle that names an object only may do: nothing that share modes look at. */
#define DRVFS_NODE_ACCESS \
	(FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | FILE_READ_EA | FILE_WRITE_EA | SYNCHRONIZE)

/* drvfs_name.c */
/* UTF-8 with forbidden characters at U+F000 to UTF-16: characters, or -LX_EINVAL, -LX_ENAMETOOLONG. */
int drvfs_name_to_nt(const char *name, WCHAR *out);
/* The way back: bytes, or -1 when there is no such Linux name. */
LONG drvfs_name_from_nt(const WCHAR *nt, ULONG chars, char *out, ULONG size);
/* 0 or -LX_E*: a share violation is EACCES here, as it was on WSL 1. */
int drvfs_nt_open(struct drvfs_req *req, HANDLE *handle);
/* name below dir's handle, case as the mount has it; 0, -LX_EINVAL or -LX_ENAMETOOLONG. Points into itself. */
struct drvfs_name {
	OBJECT_ATTRIBUTES attr;
	UNICODE_STRING string;
	WCHAR buf[LX_NAME_MAX + 1];
};
int drvfs_name_set(struct drvfs_name *n, const struct inode *dir, const char *name);
int drvfs_errno(NTSTATUS status);
int drvfs_link(struct inode *inode, struct inode *dir, const char *name);
int drvfs_unlink(struct inode *dir, const char *name);
int drvfs_rmdir(struct inode *dir, const char *name);
int drvfs_rename(struct inode *olddir, const char *oldname, struct inode *newdir,
		 const char *newname, uint32_t flags);

/* drvfs_node.c */
/* st: its attributes, but for the size of a link. Consumes handle. */
int drvfs_inode(struct super *sb, HANDLE handle, struct kstat *st, struct inode **out);
int drvfs_getattr(struct inode *inode, struct kstat *st);
int drvfs_lookup(struct inode *dir, const char *name, struct inode **out);
int drvfs_lookup_stat(struct inode *dir, const char *name, struct inode **out, struct kstat *st);

/* drvfs_make.c: what is new, with its metadata, and files that are opened */
int drvfs_mkdir(struct inode *dir, const char *name, const struct create_attr *attr);
int drvfs_mknod(struct inode *dir, const char *name, const struct create_attr *attr);
int drvfs_symlink(struct inode *dir, const char *name, const char *target,
		  const struct create_attr *attr);
int drvfs_atomic_open(struct inode *dir, const char *name, uint32_t flags,
		      const struct create_attr *attr, struct task *t, struct file *f,
		      bool *created);
int drvfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f);

/* drvfs_link.c */
/* The data of a reparse point of NT's for text, at most size bytes: its length, 0: it has no such form. */
uint32_t drvfs_nt_link(const char *text, char *out, size_t size);
/* Whether NT can have a link to target of its own, to a file or (*is_dir) a directory. */
bool drvfs_nt_can_link(struct inode *target, bool *is_dir);
int64_t drvfs_readlink(struct inode *inode, struct task *t, char *buf, size_t size);

/* drvfs_xattr.c */
int64_t drvfs_getxattr(struct inode *inode, const char *name, void *buf, size_t size);
int drvfs_setxattr(struct inode *inode, const char *name, const void *value, size_t size,
		   int flags);
int64_t drvfs_listxattr(struct inode *inode, char *buf, size_t size);
int drvfs_removexattr(struct inode *inode, const char *name);
int drvfs_set_case(HANDLE handle, bool sensitive);
#endif
