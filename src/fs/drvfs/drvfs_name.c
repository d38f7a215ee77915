/* SPDX-License-Identifier: MIT */
/*
 * drvfs_name.c - names of a drive. What NT forbids in a name and Linux allows lies at U+F000 + the
 * character; made in that form it names the same file.
 */
#include "drvfs.h"
#include "lxrun/quirks.h"
#include <string.h>

#define ESCAPE_BASE 0xF000u

static bool is_forbidden(uint32_t c)
{
	return (c >= 1 && c <= 0x1f) || (c < 0x80 && strchr("\"*:<>?\\|", (int)c) && c);
}

/* One character of UTF-8 at *s, which advances; 0 at the end, -1: none. */
static int32_t take_utf8(const unsigned char **s)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = *s;
	uint32_t c = *p++;
	int more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : -1;

	if (more < 0)
		return -1;
	if (more)
		c &= 0x3fu >> more;
	for (int i = 0; i < more; i++, p++) {
		if (*p >> 6 != 2)
			return -1;
		c = c << 6 | (*p & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -1;
	*s = p;
	return (int32_t)c;
}

int drvfs_name_to_nt(const char *name, WCHAR *out)
{
	const unsigned char *s = (const unsigned char *)name;
	int n = 0;

	while (*s) {
		int32_t c = take_utf8(&s);

		if (c < 0)
			return -LX_EINVAL;
		if (n + 2 > LX_NAME_MAX + 1)
			return -LX_ENAMETOOLONG;
		if (is_forbidden((uint32_t)c))
			c += ESCAPE_BASE;
		if (c >= 0x10000) {
			out[n++] = (WCHAR)(0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + (c & 0x3ff);
		}
		out[n++] = (WCHAR)c;
	}
	return n;
}

static ULONG put_utf8(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

LONG drvfs_name_from_nt(const WCHAR *nt, ULONG chars, char *out, ULONG size)
{
	ULONG used = 0;
	char one[4];

	for (ULONG i = 0; i < chars; i++) {
		uint32_t c = nt[i];
		ULONG len;

		if (c >= 0xd800 && c < 0xdc00 && i + 1 < chars && nt[i + 1] >> 10 == 0x37)
			c = 0x10000 + ((c & 0x3ff) << 10) + (nt[++i] & 0x3ff);
		else if (c > ESCAPE_BASE && c < ESCAPE_BASE + 0x80 && is_forbidden(c - ESCAPE_BASE))
			c -= ESCAPE_BASE;
		len = put_utf8(c, one);
		if (len > size - used)
			return -1;
		memcpy(out + used, one, len);
		used += len;
	}
	return (LONG)used;
}

int drvfs_errno(NTSTATUS status)
{
	if (status == STATUS_SHARING_VIOLATION || status == STATUS_CANNOT_DELETE)
		return -LX_EACCES;
	return nt_to_errno(status);
}

int drvfs_name_set(struct drvfs_name *n, const struct inode *dir, const char *name)
{
	const struct drvfs_options *o = drvfs_options_of(dir);
	int chars = drvfs_name_to_nt(name, n->buf);

	if (chars < 0)
		return chars;
	n->string.Buffer = n->buf;
	n->string.Length = n->string.MaximumLength = (USHORT)(chars * 2);
	InitializeObjectAttributes(&n->attr, &n->string,
				   o->sensitive == CASE_FORCE ? 0 : OBJ_CASE_INSENSITIVE,
				   dir->handle, NULL);
	return 0;
}

int drvfs_nt_open(struct drvfs_req *req, HANDLE *handle)
{
	ULONG share = FILE_SHARE_VALID_FLAGS & (req->deny_write ? ~FILE_SHARE_WRITE : ~0u);
	bool has_ea = req->ea && req->ea->len;
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	struct drvfs_name n;
	NTSTATUS status;
	int err = drvfs_name_set(&n, req->dir, req->name);

	if (err) /* what is no UTF-8 is not there, and cannot be made */
		return err == -LX_EINVAL && req->disposition == FILE_OPEN ? -LX_ENOENT : err;
	do
		status = NtCreateFile(handle, req->access, &n.attr, &iosb, NULL,
				      req->attributes ? req->attributes : FILE_ATTRIBUTE_NORMAL,
				      share, req->disposition, NT_FILE_OPTIONS | req->options,
				      has_ea ? (PVOID)req->ea->buf : NULL,
				      has_ea ? req->ea->len : 0);
	while (status == STATUS_TOO_MANY_OPENED_FILES && vfs_reclaim());
	req->information = iosb.Information;
	return drvfs_errno(status);
}

/* ---- names removed and moved ---- */

static int open_for_delete(struct inode *dir, const char *name, ULONG kind, HANDLE *handle)
{
	struct drvfs_req req = {
		.dir = dir,
		.name = name,
		.access = DELETE | SYNCHRONIZE,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT | kind,
	};

	return drvfs_nt_open(&req, handle);
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
	err = drvfs_errno(NtSetInformationFile(handle, &iosb, &how, sizeof(how),
					       FileDispositionInformationEx));
	NtClose(handle);
	return err;
}

int drvfs_unlink(struct inode *dir, const char *name)
{
	struct inode *inode;
	int err = dir->iop->lookup(dir, name, &inode);
	bool is_dir;

	if (err)
		return err;
	is_dir = LX_S_ISDIR(inode->mode);
	inode_put(inode);
	/* A junction is a directory to NT and a link here. */
	return is_dir ? -LX_EISDIR : remove_name(dir, name, 0);
}

int drvfs_rmdir(struct inode *dir, const char *name)
{
	return remove_name(dir, name, FILE_DIRECTORY_FILE);
}

static int set_name(HANDLE handle, struct inode *dir, const char *name, ULONG flags,
		    FILE_INFORMATION_CLASS class)
{
	struct {
		FILE_RENAME_INFORMATION info;
		WCHAR rest[LX_NAME_MAX + 1];
	} req = { .info.Flags = flags, .info.RootDirectory = dir->handle };
	int chars = drvfs_name_to_nt(name, req.info.FileName);
	IO_STATUS_BLOCK iosb;

	if (chars < 0)
		return chars;
	req.info.FileNameLength = (ULONG)chars * 2;
	return drvfs_errno(NtSetInformationFile(handle, &iosb, &req, sizeof(req), class));
}

int drvfs_link(struct inode *inode, struct inode *dir, const char *name)
{
	return set_name(inode->handle, dir, name, 0, FileLinkInformation);
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

static uint32_t type_of(struct inode *dir, const char *name)
{
	struct inode *inode;
	uint32_t type;

	if (dir->iop->lookup(dir, name, &inode))
		return 0;
	type = inode->mode & LX_S_IFMT;
	inode_put(inode);
	return type;
}

/*
 * NT has links to files and links to directories, and lets neither replace the other, nor a file; to Linux all of them
 * are things that may. The two names are swapped, so that newname is there all the time, then what was it is removed.
 * -LX_EACCES: it is not about that.
 */
static int replace_link(HANDLE handle, struct inode *olddir, const char *oldname,
			struct inode *newdir, const char *newname)
{
	uint32_t old = type_of(olddir, oldname), new = type_of(newdir, newname);
	HANDLE victim;
	int err = -LX_EACCES;

	if (LX_S_ISDIR(old) || LX_S_ISDIR(new) || (!LX_S_ISLNK(old) && !LX_S_ISLNK(new)))
		return err;
	err = open_for_delete(newdir, newname, 0,
			      &victim); /* all who have it open have to allow it */
	if (err)
		return err;
	NtClose(victim);
	err = set_name(handle, newdir, newname,
		       FILE_RENAME_LXRUN_EXCHANGE | FILE_RENAME_POSIX_SEMANTICS,
		       FileRenameInformationEx);
	return err ? err : remove_name(olddir, oldname, 0);
}

int drvfs_rename(struct inode *olddir, const char *oldname, struct inode *newdir,
		 const char *newname, uint32_t flags)
{
	ULONG how;
	HANDLE handle;
	int err;

	if (flags & LX_RENAME_EXCHANGE)
		return -LX_EINVAL; /* NT has no such thing */
	err = open_for_rename(olddir, oldname, &handle, &how);
	if (err)
		return err;
	if (!(flags & LX_RENAME_NOREPLACE))
		how |= FILE_RENAME_REPLACE_IF_EXISTS;
	err = set_name(handle, newdir, newname, how, FileRenameInformationEx);
	if (err == -LX_EACCES && (how & FILE_RENAME_REPLACE_IF_EXISTS))
		err = replace_link(handle, olddir, oldname, newdir, newname);
	NtClose(handle);
	return err;
}
