/* SPDX-License-Identifier: MIT */
/*
 * volfs_fs.c - VolFs: Linux semantics on an NT volume. A super is a volume; a directory inode holds an NT
 * handle, and everything below it is asked for by RootDirectory = that handle and one name, so that
 * no path is walked twice and nothing that is renamed meanwhile is mistaken. On the `host`
 * personality modes, owners, times and links are the host inode's own; on `lx` they are EAs and reparse
 * points, rights are lxcore's alone to judge, and host attributes are nobody's business.
 */
#include "base/alloc.h"
#include "lxrun/options.h"
#include "nt/se.h"
#include "volfs.h"
#include <stdio.h>
#include <string.h>

static void volfs_release(struct super *sb)
{
	mem_free(sb->priv);
}

static uint64_t volfs_journal(struct super *sb)
{
	const struct volfs_super *vs = sb->priv;

	return vs->alone ? 1 : nt_journal(sb->root->handle);
}

/* One FSCTL_READ_USN_JOURNAL from *usn on: how many changes, at most room. */
static int read_changes(struct super *sb, LONGLONG *usn, struct vfs_change *list, int room)
{
	READ_USN_JOURNAL_DATA from = { .StartUsn = *usn, .ReasonMask = ~0u };
	_Alignas(8) char out[8192];
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtFsControlFile(sb->root->handle, NULL, NULL, NULL, &iosb,
					  FSCTL_READ_USN_JOURNAL, &from, sizeof(from), out,
					  sizeof(out));
	const USN_RECORD_V2 *r;
	int n = 0;

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	memcpy(usn, out, sizeof(*usn));
	for (size_t at = sizeof(*usn); at < iosb.Information; at += r->RecordLength, n++) {
		LONG len;

		r = (const void *)(out + at);
		if (n == room)
			return -LX_ENOBUFS;
		list[n].inode = r->FileReferenceNumber | r->ParentFileReferenceNumber;
		len = IoNtNameToHost(r->FileName, r->FileNameLength / sizeof(WCHAR), list[n].name,
				     LX_NAME_MAX);
		if (len < 0)
			return -LX_EINVAL;
		list[n].name[len] = '\0';
	}
	return n;
}

static int volfs_changes(struct super *sb, uint64_t seen, uint64_t *now, struct vfs_change *list)
{
	LONGLONG usn = (LONGLONG)seen, before;
	int n = 0, more;

	if (seen > *now) /* not the journal's number: it could not be asked then */
		return -LX_ENOBUFS;
	while ((uint64_t)usn < *now) {
		before = usn;
		more = read_changes(sb, &usn, list + n, VFS_CHANGES_MAX - n);
		if (more < 0)
			return more;
		n += more;
		if (usn == before) /* nor is *now */
			return -LX_ENOBUFS;
	}
	*now = (uint64_t)usn;
	return n;
}

static int volfs_statfs(struct super *sb, struct inode *inode, struct lx_statfs *out)
{
	return nt_statfs(inode->handle, out);
}

static int volfs_path_of(struct inode *inode, struct file *f, char *buf, size_t size)
{
	return nt_path_of(f && f->handle ? f->handle : inode->handle, buf, size, IoNtNameToHost);
}

static const struct super_ops volfs_super_ops = {
	.release = volfs_release,
	.statfs = volfs_statfs,
	.journal = volfs_journal,
	.changes = volfs_changes,
	.evict = volfs_evict,
	.path_of = volfs_path_of,
};

static int query_personality(HANDLE root, struct super *sb)
{
	struct volfs_super *vs = sb->priv;
	FILE_FS_LXRUN_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryVolumeInformationFile(root, &iosb, &info, sizeof(info),
						       FileFsLxrunInformation);

	vs->lx = NT_SUCCESS(status) && info.Personality == VolumePersonalityLx;
	sb->host_stat = !vs->lx;
	sb->acl = vs->lx ? ACL_CORE : ACL_STORE;
	return nt_to_errno(status);
}

static int open_root(struct super *sb, const char *source)
{
	struct nt_name n;
	struct kstat st;
	IO_STATUS_BLOCK iosb;
	HANDLE handle;
	NTSTATUS status;
	char path[64];
	int err;

	if (snprintf(path, sizeof(path), "%s\\", source) >= (int)sizeof(path))
		return -LX_ENAMETOOLONG;
	err = nt_name_set_path(&n, path);
	if (err)
		return err;
	status = NtOpenFile(&handle, VOLFS_NODE_ACCESS, &n.attr, &iosb, FILE_SHARE_VALID_FLAGS,
			    NT_FILE_OPTIONS | FILE_DIRECTORY_FILE | FILE_LXRUN_CACHE_NAME);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	err = query_personality(handle, sb);
	if (!err)
		err = nt_fstat(handle, &st);
	if (err) {
		NtClose(handle);
		return err;
	}
	sb->dev = st.dev;
	err = volfs_inode(sb, handle, &st, &sb->root);
	if (!err)
		sb->root->told = true;
	return err;
}

static int volfs_mount(const struct fs_type *type, const char *source, const char *data,
		       struct super **out)
{
	struct super *sb = super_alloc(type, &volfs_super_ops, 0x53464846);
	struct volfs_super *vs = mem_alloc(sizeof(*vs));
	ULONG no_groups = 0;
	int err = sb && vs ? 0 : -LX_ENOMEM;

	if (!err && !source)
		err = -LX_EINVAL;
	if (sb)
		sb->priv = vs;
	if (vs)
		vs->alone = lxrun_opt.bare;
	if (!err)
		SeQueryHostIdentity(&vs->own_uid, &vs->own_gid, &no_groups, NULL);
	if (!err)
		err = open_root(sb, source);
	if (err) {
		if (sb)
			super_put(sb);
		else
			mem_free(vs);
		return err;
	}
	*out = sb;
	return 0;
}

const struct fs_type volfs_type = {
	.name = "lxfs",
	.flags = FS_INTERNAL, /* which volumes there are is the instance's business */
	.mount = volfs_mount,
};
