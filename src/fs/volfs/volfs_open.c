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

/*
 * A program is opened without sharing write access, and so long as it runs: who has it open for writing, or
 * asks for that, is refused by NT. Nobody else on VolFs denies anybody writing, so of the two a violation says
 * ETXTBSY; a reader's would be somebody else's doing.
 */
static NTSTATUS open_flags(HANDLE dir, const char *name, uint32_t flags, ULONG disposition,
			   struct nt_ea *ea, HANDLE *handle, bool *created)
{
	struct volfs_req req = {
		.dir = dir,
		.name = name,
		.access = VOLFS_NODE_RIGHTS | nt_file_access(flags),
		.disposition = disposition,
		.options = nt_file_options(flags),
		.deny_write = flags & VFS_O_EXEC,
		.ea = ea,
	};
	NTSTATUS status = volfs_nt_open(&req, handle);

	if (status == STATUS_SHARING_VIOLATION &&
	    (req.deny_write || flags & (LX_O_ACCMODE | LX_O_TRUNC)))
		status = STATUS_USER_MAPPED_FILE;
	if (NT_SUCCESS(status) && created)
		*created = req.information == FILE_CREATED;
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
	status = open_flags(inode->handle, "", flags, disposition_of(flags), NULL, &handle, NULL);
	return NT_SUCCESS(status) ? take_handle(inode->sb, f, handle) : nt_to_errno(status);
}

/* dir/name by its inode, with rights checked here: for identities that the host does not know. */
static int open_judged(struct inode *dir, const char *name, uint32_t flags, struct task *t,
		       struct file *f)
{
	struct inode *inode;
	struct kstat st;
	int err = volfs_lookup_stat(dir, name, &inode, &st);

	if (err)
		return err;
	err = vfs_may_open_name(t, inode, &st, flags);
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
	struct nt_ea ea;
	HANDLE handle;
	NTSTATUS status;
	int err = volfs_ea_fill(&ea, dir, attr, NULL);

	if (err)
		return err;
	status = open_flags(dir->handle, name, flags, FILE_CREATE, &ea, &handle, NULL);
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
	const uint32_t rest = flags & ~(LX_O_TMPFILE | LX_O_CREAT | LX_O_TRUNC);
	struct nt_ea ea;
	struct volfs_req req = {
		.dir = dir->handle,
		.name = "",
		.access = VOLFS_NODE_RIGHTS | nt_file_access(rest),
		.disposition = FILE_CREATE,
		.options = nt_file_options(rest) | FILE_LXRUN_TMPFILE,
		.ea = &ea,
	};
	HANDLE handle;
	NTSTATUS status;
	int err = volfs_ea_fill(&ea, dir, attr, NULL);

	if (err)
		return err;
	status = volfs_nt_open(&req, &handle);
	return NT_SUCCESS(status) ? take_handle(dir->sb, f, handle) : nt_to_errno(status);
}

/*
 * O_CREAT | O_TRUNC where NT keeps the metadata: an overwriting NtCreateFile would take that of the request for a
 * file that is there, so overwriting and creating are two, until one of them is true.
 */
static NTSTATUS overwrite_or_create(HANDLE dir, const char *name, uint32_t flags, struct nt_ea *ea,
				    HANDLE *handle, bool *created)
{
	NTSTATUS status;

	do {
		status = open_flags(dir, name, flags, FILE_OVERWRITE, NULL, handle, created);
		if (status != STATUS_OBJECT_NAME_NOT_FOUND)
			return status;
		status = open_flags(dir, name, flags, FILE_CREATE, ea, handle, created);
	} while (status == STATUS_OBJECT_NAME_COLLISION);
	return status;
}

int volfs_atomic_open(struct inode *dir, const char *name, uint32_t flags,
		      const struct create_attr *attr, struct task *t, struct file *f, bool *created)
{
	struct nt_ea ea;
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
	if (volfs_super_of(dir)->lx && disposition_of(flags) == FILE_OVERWRITE_IF)
		status = overwrite_or_create(dir->handle, name, flags, &ea, &handle, created);
	else
		status = open_flags(dir->handle, name, flags, disposition_of(flags),
				    flags & LX_O_CREAT ? &ea : NULL, &handle, created);
	/* A link, or something that lxcore opens itself; "no directory" may be said of a link, too. */
	if (status == STATUS_IO_REPARSE_TAG_NOT_HANDLED || status == STATUS_NOT_A_DIRECTORY)
		return open_judged(dir, name, flags, t, f);
	return NT_SUCCESS(status) ? take_handle(dir->sb, f, handle) : nt_to_errno(status);
}
