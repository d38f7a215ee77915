/* SPDX-License-Identifier: MIT */
/*
 * volfs_open.c - open(2) on VolFs. For the supervisor's own identity it is one NtCreateFile: the host
 * judges, creates and opens in one step. For any other identity lxcore judges first: the object is
 * taken by name only, its attributes are checked, and what is opened then is that very object.
 * FIFOs, sockets and devices are never opened on the host for data: they are lxcore's (special_open).
 */
#include "volfs.h"

static ULONG disposition_of(uint32_t flags)
{
	if ((flags & LX_O_CREAT) && (flags & LX_O_EXCL))
		return FILE_CREATE;
	if (flags & LX_O_CREAT)
		return flags & LX_O_TRUNC ? FILE_OVERWRITE_IF : FILE_OPEN_IF;
	return flags & LX_O_TRUNC ? FILE_OVERWRITE : FILE_OPEN;
}

static NTSTATUS nt_open(HANDLE dir, const char *name, uint32_t flags, ULONG disposition,
			const struct volfs_ea *ea, HANDLE *handle, bool *created)
{
	struct nt_name n;
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	NTSTATUS status;

	if (nt_name_set(&n, dir, name))
		return STATUS_NAME_TOO_LONG;
	status = NtCreateFile(handle, VOLFS_NODE_RIGHTS | nt_file_access(flags), &n.attr, &iosb,
			      NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_VALID_FLAGS, disposition,
			      nt_file_options(flags), ea ? (PVOID)ea->buf : NULL, ea ? ea->len : 0);
	if (NT_SUCCESS(status) && created)
		*created = iosb.Information == FILE_CREATED;
	return status;
}

/* f takes handle; its own inode, which then owns the handle, if it has none yet. */
static int take_handle(struct super *sb, struct file *f, HANDLE handle)
{
	struct kstat st = { .mode = LX_S_IFREG };
	int err;

	f->direct = IoIsDirectCapable(handle);
	if (!f->inode) {
		err = f->direct ? 0 : nt_fstat(handle, &st);
		if (err) {
			NtClose(handle);
			return err;
		}
		err = volfs_inode(sb, handle, &st, &f->inode);
		if (err)
			return err;
	}
	f->handle = handle;
	f->fop = f->inode->fop;
	return 0;
}

int volfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct kstat st;
	HANDLE handle;
	NTSTATUS status;
	int err;

	if (!LX_S_ISREG(inode->mode) && !LX_S_ISDIR(inode->mode)) {
		err = volfs_getattr(inode, &st);
		return err ? err : special_open(inode, &st, flags, t, f);
	}
	flags &= ~(LX_O_CREAT | LX_O_EXCL);
	if (LX_S_ISDIR(inode->mode))
		flags &= ~LX_O_TRUNC;
	status = nt_open(inode->handle, "", flags, disposition_of(flags), NULL, &handle, NULL);
	return NT_SUCCESS(status) ? take_handle(inode->sb, f, handle) : nt_to_errno(status);
}

/* dir/name by its inode, with rights checked here: for identities that the host does not know. */
static int open_judged(struct inode *dir, const char *name, uint32_t flags, struct task *t,
		       struct file *f)
{
	struct inode *inode;
	struct kstat st;
	int err = volfs_lookup(dir, name, &inode);

	if (err)
		return err;
	err = volfs_getattr(inode, &st);
	if (!err && LX_S_ISLNK(st.mode))
		err = 1;
	else if (!err && (flags & LX_O_CREAT) && LX_S_ISDIR(st.mode))
		err = -LX_EISDIR;
	else if (!err && (flags & LX_O_DIRECTORY) && !LX_S_ISDIR(st.mode))
		err = -LX_ENOTDIR;
	if (!err)
		err = vfs_may_open(t, &st, flags);
	if (!err) {
		f->inode = inode_get(inode);
		err = volfs_open(inode, flags, t, f);
	}
	inode_put(inode);
	return err;
}

static int create_new(struct inode *dir, const char *name, uint32_t flags,
		      const struct create_attr *attr, struct file *f)
{
	struct volfs_ea ea;
	HANDLE handle;
	NTSTATUS status;
	int err = volfs_ea_fill(&ea, dir, attr, NULL);

	if (err)
		return err;
	status = nt_open(dir->handle, name, flags, FILE_CREATE, &ea, &handle, NULL);
	return NT_SUCCESS(status) ? take_handle(dir->sb, f, handle) : nt_to_errno(status);
}

static int atomic_open_judged(struct inode *dir, const char *name, uint32_t flags,
			      const struct create_attr *attr, struct task *t, struct file *f,
			      bool *created)
{
	struct kstat st;
	int err;

	for (;;) {
		if ((flags & LX_O_CREAT) && (flags & LX_O_EXCL))
			err = dir->iop->getattr_at(dir, name, &st) == 0 ? -LX_EEXIST : -LX_ENOENT;
		else
			err = open_judged(dir, name, flags, t, f);
		if (err != -LX_ENOENT || !(flags & LX_O_CREAT))
			return err;
		err = volfs_permission(dir, t->cred, LX_W_OK | LX_X_OK);
		if (err)
			return err;
		err = create_new(dir, name, flags, attr, f);
		*created = !err;
		if (err != -LX_EEXIST || (flags & LX_O_EXCL))
			return err;
	}
}

static int open_tmpfile(struct inode *dir, uint32_t flags, const struct create_attr *attr,
			struct file *f)
{
	struct nt_name n;
	struct volfs_ea ea;
	IO_STATUS_BLOCK iosb;
	HANDLE handle;
	NTSTATUS status;
	int err = volfs_ea_fill(&ea, dir, attr, NULL);

	if (err)
		return err;
	nt_name_set(&n, dir->handle, "");
	flags &= ~(LX_O_TMPFILE | LX_O_CREAT | LX_O_TRUNC);
	status = NtCreateFile(&handle, VOLFS_NODE_RIGHTS | nt_file_access(flags), &n.attr, &iosb,
			      NULL, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_VALID_FLAGS, FILE_CREATE,
			      nt_file_options(flags) | FILE_LXRUN_TMPFILE, ea.buf, ea.len);
	return NT_SUCCESS(status) ? take_handle(dir->sb, f, handle) : nt_to_errno(status);
}

int volfs_atomic_open(struct inode *dir, const char *name, uint32_t flags,
		      const struct create_attr *attr, struct task *t, struct file *f, bool *created)
{
	struct volfs_ea ea;
	HANDLE handle;
	NTSTATUS status;
	int err;

	if ((flags & LX_O_TMPFILE) == LX_O_TMPFILE)
		return open_tmpfile(dir, flags, attr, f);
	/* NT ignores write access to directories: what Linux says of it is said there. */
	if (!volfs_own(dir, t->cred) || ((flags & LX_O_DIRECTORY) && (flags & LX_O_ACCMODE)))
		return atomic_open_judged(dir, name, flags, attr, t, f, created);
	if (flags & LX_O_CREAT) {
		err = volfs_ea_fill(&ea, dir, attr, NULL);
		if (err)
			return err;
	}
	status = nt_open(dir->handle, name, flags, disposition_of(flags),
			 flags & LX_O_CREAT ? &ea : NULL, &handle, created);
	/* A link, or something that lxcore opens itself; "no directory" may be said of a link, too. */
	if (status == STATUS_IO_REPARSE_TAG_NOT_HANDLED || status == STATUS_NOT_A_DIRECTORY)
		return open_judged(dir, name, flags, t, f);
	return NT_SUCCESS(status) ? take_handle(dir->sb, f, handle) : nt_to_errno(status);
}
