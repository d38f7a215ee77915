/* SPDX-License-Identifier: MIT */
/*
 * volfs_name.c - names made, removed and moved on VolFs. New objects come with their metadata in the
 * EaBuffer of the NtCreateFile that makes them: they appear whole or not at all.
 */
#include "lxrun/acl.h"
#include "lxrun/quirks.h"
#include "volfs.h"
#include <string.h>

/* ---- metadata of a new object ---- */

int volfs_ea_fill(struct nt_ea *ea, struct inode *dir, const struct create_attr *attr,
		  const char *target)
{
	const struct volfs_super *vs = volfs_super_of(dir);
	uint32_t mode = attr->mode, gid = attr->gid;
	size_t len = target ? strlen(target) : 0;
	struct kstat st;
	int err;

	if (len >= LX_PATH_MAX)
		return -LX_ENAMETOOLONG;
	nt_ea_start(ea);
	if (vs->lx || attr->uid != vs->own_uid || attr->gid != vs->own_gid) {
		/* In a set-group-id directory the group is the directory's: the rule of the host, too. */
		st.mode = attr->dir_mode;
		st.gid = attr->dir_gid;
		err = attr->dir_known ? 0 : volfs_getattr(dir, &st);
		if (err)
			return err;
		if (st.mode & LX_S_ISGID) {
			gid = st.gid;
			if (LX_S_ISDIR(mode))
				mode |= LX_S_ISGID;
		}
		nt_ea_add_owner(ea, attr->uid, gid);
	}
	nt_ea_add_mode(ea, mode, attr->rdev);
	if (target)
		nt_ea_add(ea, LX_FILE_SYMLINK_EA_NAME, target, (uint32_t)len);
	if (attr->acl && attr->acl->access.n)
		nt_ea_add(ea, VOLFS_EA_PREFIX LX_XATTR_ACL_ACCESS, acl_value(&attr->acl->access),
			  (uint32_t)acl_size(&attr->acl->access));
	if (attr->acl && attr->acl->def.n)
		nt_ea_add(ea, VOLFS_EA_PREFIX LX_XATTR_ACL_DEFAULT, acl_value(&attr->acl->def),
			  (uint32_t)acl_size(&attr->acl->def));
	return 0;
}

static int make(struct inode *dir, const char *name, const struct create_attr *attr,
		const char *target)
{
	struct nt_ea ea;
	struct volfs_req req = {
		.dir = dir->handle,
		.name = name,
		.access = VOLFS_NODE_ACCESS,
		.disposition = FILE_CREATE,
		.options = LX_S_ISDIR(attr->mode) ? FILE_DIRECTORY_FILE : FILE_OPEN_REPARSE_POINT,
		.ea = &ea,
	};
	HANDLE handle;
	NTSTATUS status;
	int err = volfs_ea_fill(&ea, dir, attr, target);

	if (err)
		return err;
	status = volfs_nt_open(&req, &handle);
	if (NT_SUCCESS(status))
		NtClose(handle);
	return nt_to_errno(status);
}

int volfs_mkdir(struct inode *dir, const char *name, const struct create_attr *attr)
{
	return make(dir, name, attr, NULL);
}

int volfs_mknod(struct inode *dir, const char *name, const struct create_attr *attr)
{
	return make(dir, name, attr, NULL);
}

int volfs_symlink(struct inode *dir, const char *name, const char *target,
		  const struct create_attr *attr)
{
	return make(dir, name, attr, target);
}

/* ---- removal ---- */

static int open_for_delete(struct inode *dir, const char *name, ULONG kind, HANDLE *handle)
{
	struct volfs_req req = {
		.dir = dir->handle,
		.name = name,
		.access = DELETE | SYNCHRONIZE,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT | kind,
	};

	return nt_to_errno(volfs_nt_open(&req, handle));
}

static int remove_name(struct inode *dir, const char *name, ULONG kind)
{
	FILE_DISPOSITION_INFORMATION_EX how = {
		FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
			FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE,
	};
	IO_STATUS_BLOCK iosb;
	HANDLE handle;
	int err = open_for_delete(dir, name, kind, &handle);

	if (err)
		return err;
	err = nt_to_errno(NtSetInformationFile(handle, &iosb, &how, sizeof(how),
					       FileDispositionInformationEx));
	NtClose(handle);
	return err;
}

int volfs_unlink(struct inode *dir, const char *name)
{
	return remove_name(dir, name, FILE_NON_DIRECTORY_FILE);
}

int volfs_rmdir(struct inode *dir, const char *name)
{
	return remove_name(dir, name, FILE_DIRECTORY_FILE);
}

/* ---- rename and link: one structure ---- */

static int set_name(HANDLE handle, struct inode *dir, const char *name, ULONG flags,
		    FILE_INFORMATION_CLASS class)
{
	struct {
		FILE_RENAME_INFORMATION info;
		WCHAR rest[IO_NT_NAME_MAX];
	} req = { .info.Flags = flags, .info.RootDirectory = dir->handle };
	LONG chars = IoHostNameToNt(name, (ULONG)strlen(name), req.info.FileName, IO_NT_NAME_MAX);
	IO_STATUS_BLOCK iosb;

	if (chars < 0)
		return -LX_ENAMETOOLONG;
	req.info.FileNameLength = (ULONG)chars * 2;
	return nt_to_errno(NtSetInformationFile(handle, &iosb, &req, sizeof(req), class));
}

int volfs_link(struct inode *inode, struct inode *dir, const char *name)
{
	return set_name(inode->handle, dir, name, 0, FileLinkInformation);
}

/* NT refuses to replace a file by a directory, and the other way round, as it refuses rights. */
static int refused_kind(struct inode *olddir, const char *oldname, struct inode *newdir,
			const char *newname)
{
	struct kstat old, new;

	if (volfs_inode_ops.getattr_at(olddir, oldname, &old) ||
	    volfs_inode_ops.getattr_at(newdir, newname, &new) ||
	    LX_S_ISDIR(old.mode) == LX_S_ISDIR(new.mode))
		return -LX_EACCES;
	return LX_S_ISDIR(new.mode) ? -LX_EISDIR : -LX_ENOTDIR;
}

/* As WSL 1 had it, NT looks whether anything in a directory is open; Linux does not ask. */
static int open_for_rename(struct inode *dir, const char *name, HANDLE *handle, ULONG *how)
{
	*how = FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
	if (quirk_on(QUIRK_RENAME_BUSY) && !open_for_delete(dir, name, FILE_DIRECTORY_FILE, handle))
		return 0;
	*how |= FILE_RENAME_POSIX_SEMANTICS;
	return open_for_delete(dir, name, 0, handle);
}

int volfs_rename(struct inode *olddir, const char *oldname, struct inode *newdir,
		 const char *newname, uint32_t flags)
{
	ULONG how;
	HANDLE handle;
	int err = open_for_rename(olddir, oldname, &handle, &how);

	if (err)
		return err;
	if (flags & LX_RENAME_EXCHANGE)
		how |= FILE_RENAME_LXRUN_EXCHANGE;
	else if (!(flags & LX_RENAME_NOREPLACE))
		how |= FILE_RENAME_REPLACE_IF_EXISTS;
	err = set_name(handle, newdir, newname, how, FileRenameInformationEx);
	NtClose(handle);
	if (err == -LX_EACCES && volfs_super_of(olddir)->lx)
		err = refused_kind(olddir, oldname, newdir, newname);
	return err;
}
