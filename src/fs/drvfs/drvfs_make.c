/* SPDX-License-Identifier: MIT */
/*
 * drvfs_make.c - new objects of a drive, and open files. An object is made by one NtCreateFile that carries its
 * metadata: it appears whole or not at all. A file that is made to be read only by everybody, and so by NT too, is
 * open for writing to who makes it: NT looks at the attribute of what is there already.
 */
#include "drvfs.h"
#include <string.h>

#define NT_LINK_MAX 4096u /* of a link's reparse data: more would not fit into a list of EAs */

/* ---- new objects ---- */

/* Mode and owner of dir, as they are known or as NT says. */
static int stat_dir(struct inode *dir, const struct create_attr *attr, struct kstat *st)
{
	if (!attr->dir_known)
		return drvfs_getattr(dir, st);
	st->mode = attr->dir_mode;
	st->uid = attr->dir_uid;
	st->gid = attr->dir_gid;
	return 0;
}

/* The group and, for a directory, the bit that a set-group-id directory gives, as far as groups are kept. */
static int inherit(struct inode *dir, const struct create_attr *attr, uint32_t *mode, uint32_t *gid)
{
	struct kstat st;
	int err = stat_dir(dir, attr, &st);

	if (err || !(st.mode & LX_S_ISGID))
		return err;
	*gid = st.gid;
	if (LX_S_ISDIR(*mode))
		*mode |= LX_S_ISGID;
	return 0;
}

/* What attr asks for that this mount keeps. Without metadata that is a link's target alone. */
static int fill(struct nt_ea *ea, struct inode *dir, const struct create_attr *attr,
		const char *target)
{
	uint32_t mode = attr->mode, gid = attr->gid;
	int err = 0;

	nt_ea_start(ea);
	if (drvfs_options_of(dir)->metadata) {
		err = inherit(dir, attr, &mode, &gid);
		nt_ea_add_owner(ea, attr->uid, gid);
		nt_ea_add_mode(ea, mode, attr->rdev);
	}
	if (target)
		nt_ea_add(ea, LX_FILE_SYMLINK_EA_NAME, target, (uint32_t)strlen(target));
	return err;
}

/* access: beside what every handle may. created->handle is the caller's then. */
static int make(struct inode *dir, const char *name, const struct create_attr *attr,
		const char *target, ACCESS_MASK access, ULONG options, HANDLE *handle)
{
	bool is_dir = LX_S_ISDIR(attr->mode), is_file = LX_S_ISREG(attr->mode);
	struct nt_ea ea;
	struct drvfs_req req = {
		.dir = dir,
		.name = name,
		.access = DRVFS_NODE_ACCESS | access,
		.disposition = FILE_CREATE,
		.options = options |
			   (is_dir    ? FILE_DIRECTORY_FILE
			    : is_file ? FILE_NON_DIRECTORY_FILE
				      : FILE_NON_DIRECTORY_FILE | FILE_OPEN_REPARSE_POINT),
		.attributes = is_file && !(attr->mode & 0222) ? FILE_ATTRIBUTE_READONLY : 0,
		.ea = &ea,
	};
	int err = fill(&ea, dir, attr, target);

	return err ? err : drvfs_nt_open(&req, handle);
}

int drvfs_mkdir(struct inode *dir, const char *name, const struct create_attr *attr)
{
	FILE_DISPOSITION_INFORMATION gone = { TRUE };
	IO_STATUS_BLOCK iosb;
	HANDLE handle;
	int err = make(dir, name, attr, NULL, DELETE, 0, &handle);

	if (err)
		return err;
	if (drvfs_options_of(dir)->sensitive != CASE_OFF)
		err = drvfs_set_case(handle, true);
	if (err)
		NtSetInformationFile(handle, &iosb, &gone, sizeof(gone),
				     FileDispositionInformation);
	NtClose(handle);
	return err;
}

int drvfs_mknod(struct inode *dir, const char *name, const struct create_attr *attr)
{
	HANDLE handle;
	int err;

	if (!LX_S_ISREG(attr->mode) && !drvfs_options_of(dir)->metadata)
		return -LX_EPERM;
	err = make(dir, name, attr, NULL, 0, 0, &handle);
	if (!err)
		NtClose(handle);
	return err;
}

/* A symbolic link of NT's. 1: there can be none. */
static int make_nt_link(struct inode *dir, const char *name, const char *target,
			const struct create_attr *attr, HANDLE *handle)
{
	struct nt_ea ea;
	struct drvfs_req req = {
		.dir = dir,
		.name = name,
		.access = DRVFS_NODE_ACCESS,
		.disposition = FILE_CREATE,
		.options = FILE_OPEN_REPARSE_POINT,
		.ea = &ea,
	};
	uint32_t mode = attr->mode, gid = attr->gid, len;
	char data[NT_LINK_MAX];
	bool is_dir;
	int err;

	if (!attr->target || !drvfs_nt_can_link(attr->target, &is_dir))
		return 1;
	len = drvfs_nt_link(target, data, sizeof(data));
	if (!len)
		return 1;
	req.options |= is_dir ? FILE_DIRECTORY_FILE : FILE_NON_DIRECTORY_FILE;
	nt_ea_start(&ea);
	if (drvfs_options_of(dir)->metadata) {
		err = inherit(dir, attr, &mode, &gid);
		if (err)
			return err;
		nt_ea_add_owner(&ea, attr->uid, gid);
	}
	nt_ea_add(&ea, LX_FILE_NT_LINK_EA_NAME, data, len);
	return drvfs_nt_open(&req, handle);
}

int drvfs_symlink(struct inode *dir, const char *name, const char *target,
		  const struct create_attr *attr)
{
	HANDLE handle;
	int err = strlen(target) < LX_PATH_MAX ? 0 : -LX_ENAMETOOLONG;

	if (!err)
		err = make_nt_link(dir, name, target, attr, &handle);
	if (err == 1)
		err = make(dir, name, attr, target, 0, 0, &handle);
	if (!err)
		NtClose(handle);
	return err;
}

/* ---- open files ---- */

static void take(struct file *f, const struct inode *inode, HANDLE handle)
{
	f->handle = handle;
	f->fop = inode->fop;
	f->direct = LX_S_ISREG(inode->mode) && IoIsDirectCapable(handle);
}

/* A program is opened without sharing write access: who has it open for writing, or asks for that, is refused. */
int drvfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct drvfs_req req = {
		.dir = inode,
		.name = "",
		.disposition = FILE_OPEN,
		.deny_write = flags & VFS_O_EXEC,
	};
	struct kstat st;
	HANDLE handle;
	int err;

	if (!LX_S_ISREG(inode->mode) && !LX_S_ISDIR(inode->mode)) {
		err = drvfs_getattr(inode, &st);
		return err ? err : special_open(inode, &st, flags, t, f);
	}
	flags &= ~(LX_O_CREAT | LX_O_EXCL | LX_O_DIRECTORY | LX_O_NOATIME);
	if (LX_S_ISDIR(inode->mode))
		flags &= ~LX_O_TRUNC;
	req.access = nt_file_access(flags) | (flags & LX_O_TRUNC ? FILE_WRITE_DATA : 0);
	req.options = nt_file_options(flags);
	err = drvfs_nt_open(&req, &handle);
	if (err)
		return err;
	take(f, inode, handle);
	return flags & LX_O_TRUNC ? nt_set_size(f->handle, 0) : 0;
}

static int open_there(struct inode *dir, const char *name, uint32_t flags, struct task *t,
		      struct file *f)
{
	struct inode *inode;
	struct kstat st;
	int err = drvfs_lookup_stat(dir, name, &inode, &st);

	if (err)
		return err;
	if ((flags & LX_O_CREAT) && (flags & LX_O_EXCL))
		err = -LX_EEXIST;
	if (!err)
		err = vfs_may_open_name(t, inode, &st, flags);
	if (!err) {
		f->inode = inode_get(inode);
		err = drvfs_open(inode, flags, t, f);
	}
	inode_put(inode);
	return err;
}

/*
 * What is mostly so: a file or directory that is there, opened as asked and judged by what the handle says, before
 * anything is done with it. 1: it is not so, which open_there() finds out why.
 */
static int open_at_once(struct inode *dir, const char *name, uint32_t flags, struct task *t,
			struct file *f)
{
	uint32_t plain = flags & ~(LX_O_CREAT | LX_O_TRUNC | LX_O_NOATIME);
	struct drvfs_req req = {
		.dir = dir,
		.name = name,
		.access = DRVFS_NODE_ACCESS | nt_file_access(flags) |
			  (flags & LX_O_TRUNC ? FILE_WRITE_DATA : 0),
		.disposition = FILE_OPEN,
		.options = nt_file_options(plain) |
			   FILE_OPEN_REPARSE_POINT, /* NT follows no link */
		.deny_write = flags & VFS_O_EXEC,
	};
	struct kstat st;
	HANDLE handle;
	int err;

	if (((flags & LX_O_CREAT) && (flags & LX_O_EXCL)) || drvfs_nt_open(&req, &handle))
		return 1;
	err = drvfs_inode(dir->sb, handle, &st, &f->inode);
	if (!err && !LX_S_ISREG(st.mode) && !LX_S_ISDIR(st.mode)) {
		inode_put(f->inode);
		f->inode = NULL;
		return 1;
	}
	if (!err)
		err = vfs_may_open_name(t, f->inode, &st, flags);
	if (err)
		return err;
	take(f, f->inode, handle);
	return (flags & LX_O_TRUNC) && LX_S_ISREG(st.mode) ? nt_set_size(handle, 0) : 0;
}

static int open_new(struct inode *dir, const char *name, uint32_t flags,
		    const struct create_attr *attr, struct file *f)
{
	struct kstat st;
	HANDLE handle;
	int err;

	flags &= ~(LX_O_CREAT | LX_O_EXCL | LX_O_DIRECTORY | LX_O_NOATIME);
	err = make(dir, name, attr, NULL, nt_file_access(flags), nt_file_options(flags), &handle);
	if (!err)
		err = drvfs_inode(dir->sb, handle, &st, &f->inode);
	if (!err)
		take(f, f->inode, handle);
	return err;
}

int drvfs_atomic_open(struct inode *dir, const char *name, uint32_t flags,
		      const struct create_attr *attr, struct task *t, struct file *f, bool *created)
{
	struct kstat st;
	int err;

	if ((flags & LX_O_TMPFILE) == LX_O_TMPFILE)
		return -LX_EOPNOTSUPP;
	for (;;) {
		err = open_at_once(dir, name, flags, t, f);
		if (err == 1)
			err = open_there(dir, name, flags, t, f);
		if (err != -LX_ENOENT || !(flags & LX_O_CREAT))
			return err;
		err = stat_dir(dir, attr, &st);
		if (!err)
			err = vfs_generic_permission(t->cred, st.mode, st.uid, st.gid,
						     LX_W_OK | LX_X_OK);
		if (err)
			return err;
		err = open_new(dir, name, flags, attr, f);
		*created = !err;
		if (err != -LX_EEXIST || (flags & LX_O_EXCL))
			return err;
	}
}
