/* SPDX-License-Identifier: MIT */
/* volfs_node.c - VolFs inodes: lookup, attributes, rights, link texts. */
#include "base/alloc.h"
#include "lxrun/acl.h"
#include "volfs.h"
#include "../nt_link.h"
#include <string.h>

/* Root's rights over files: what every check that is left to the store would ask for. */
#define ALL_RIGHTS                                                                    \
	(1ull << LX_CAP_CHOWN | 1ull << LX_CAP_DAC_OVERRIDE | 1ull << LX_CAP_FOWNER | \
	 1ull << LX_CAP_FSETID)

bool volfs_own(const struct inode *inode, const struct cred *cr)
{
	const struct volfs_super *vs = volfs_super_of(inode);

	if (vs->lx)
		return (cr->cap_effective & ALL_RIGHTS) == ALL_RIGHTS;
	if (cr->fsuid != vs->own_uid || cr->fsgid != vs->own_gid)
		return false;
	return vs->own_uid != 0 || cred_capable(cr, LX_CAP_DAC_OVERRIDE);
}

int volfs_inode(struct super *sb, HANDLE handle, const struct kstat *st, struct inode **out)
{
	const struct file_ops *fop = LX_S_ISDIR(st->mode) ? &volfs_dir_ops : &volfs_file_ops;
	struct inode *inode = inode_alloc(sb, &volfs_inode_ops, fop, st->ino, st->mode);

	if (!inode) {
		NtClose(handle);
		return -LX_ENOMEM;
	}
	inode->uid = st->uid;
	inode->gid = st->gid;
	inode->handle = handle;
	*out = inode;
	return 0;
}

NTSTATUS volfs_nt_open(struct volfs_req *req, PHANDLE handle)
{
	struct nt_name n;
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	ULONG share = FILE_SHARE_VALID_FLAGS & (req->deny_write ? ~FILE_SHARE_WRITE : ~0u);
	NTSTATUS status;

	if (nt_name_set(&n, req->dir, req->name))
		return STATUS_NAME_TOO_LONG;
	do
		status = NtCreateFile(handle, req->access, &n.attr, &iosb, NULL,
				      FILE_ATTRIBUTE_NORMAL, share, req->disposition,
				      NT_FILE_OPTIONS | req->options, req->ea ? req->ea->buf : NULL,
				      req->ea ? req->ea->len : 0);
	while (status == STATUS_TOO_MANY_OPENED_FILES && vfs_reclaim());
	req->information = iosb.Information;
	return status;
}

int volfs_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct kstat st;

	return volfs_lookup_stat(dir, name, out, &st);
}

int volfs_lookup_stat(struct inode *dir, const char *name, struct inode **out, struct kstat *st)
{
	struct volfs_req req = {
		.dir = dir->handle,
		.name = name,
		.access = VOLFS_NODE_ACCESS,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT |
			   (volfs_super_of(dir)->alone ? 0 : FILE_LXRUN_CACHE_NAME),
	};
	HANDLE handle;
	NTSTATUS status = volfs_nt_open(&req, &handle);
	int err;

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	err = nt_fstat(handle, st);
	if (err) {
		NtClose(handle);
		return err;
	}
	err = volfs_inode(dir->sb, handle, st, out);
	if (!err)
		(*out)->told = true;
	return err;
}

void volfs_evict(struct inode *inode)
{
	struct volfs_node *node = inode->priv;

	if (!node)
		return;
	mem_free(node->link);
	mem_free(node);
}

int volfs_getattr(struct inode *inode, struct kstat *st)
{
	return nt_fstat(inode->handle, st);
}

static int volfs_getattr_at(struct inode *dir, const char *name, struct kstat *st)
{
	FILE_LXRUN_STAT_INFORMATION info;
	struct nt_name n;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;
	int err = nt_name_set(&n, dir->handle, name);

	if (err)
		return err;
	status = NtQueryInformationByName(&n.attr, &iosb, &info, sizeof(info),
					  FileLxrunStatInformation);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	nt_kstat(&info, st);
	return 0;
}

int volfs_permission(struct inode *inode, const struct cred *cr, int mask)
{
	struct kstat st;
	int err;

	if ((mask & VFS_MAY_ACT) && volfs_own(inode, cr))
		return 1;
	err = volfs_getattr(inode, &st);
	return err ? err : vfs_acl_permission(inode, cr, &st, mask);
}

/* Sets the size of a file that is not open for data. */
static int set_size(struct inode *inode, uint64_t size)
{
	FILE_END_OF_FILE_INFORMATION eof = { .EndOfFile.QuadPart = (LONGLONG)size };
	struct volfs_req req = {
		.dir = inode->handle,
		.name = "",
		.access = FILE_WRITE_DATA | SYNCHRONIZE,
		.disposition = FILE_OPEN,
		.options = FILE_NON_DIRECTORY_FILE,
	};
	IO_STATUS_BLOCK iosb;
	HANDLE handle;
	NTSTATUS status = volfs_nt_open(&req, &handle);

	if (status == STATUS_SHARING_VIOLATION) /* a running program: volfs_open.c */
		return -LX_ETXTBSY;
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	status = NtSetInformationFile(handle, &iosb, &eof, sizeof(eof), FileEndOfFileInformation);
	NtClose(handle);
	return nt_to_errno(status);
}

static int volfs_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = attr->valid & ATTR_SIZE ? set_size(inode, attr->size) : 0;

	return err ? err : nt_set_attr(inode->handle, attr);
}

/* ---- link texts ---- */

/* Asks for the text of inode; node->link is allocated. */
static int query_link(struct inode *inode, struct volfs_node *node)
{
	struct {
		union {
			REPARSE_DATA_BUFFER data;
			char bytes[REPARSE_DATA_BUFFER_HEADER_SIZE + 4 + LX_PATH_MAX];
		} reply;
		char text[LX_PATH_MAX];
	} *room = mem_alloc(sizeof(*room));
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	NTSTATUS status;
	int64_t n;

	if (!room)
		return -LX_ENOMEM;
	status = NtFsControlFile(inode->handle, NULL, NULL, NULL, &iosb, FSCTL_GET_REPARSE_POINT,
				 NULL, 0, &room->reply, sizeof(room->reply));
	n = NT_SUCCESS(status) ? nt_link_text(inode->handle, &room->reply.data, iosb.Information,
					      room->text, sizeof(room->text))
			       : nt_to_errno(status);
	if (n >= 0) {
		*node = (struct volfs_node){ mem_alloc((size_t)n + 1), (uint32_t)n };
		if (node->link)
			memcpy(node->link, room->text, (size_t)n);
		else
			n = -LX_ENOMEM;
	}
	mem_free(room);
	return n < 0 ? (int)n : 0;
}

/* Link texts never change: a replaced link is another inode. */
static int fill_link(struct inode *inode)
{
	struct volfs_node got, *node;
	int err = query_link(inode, &got);

	if (err)
		return err;
	node = mem_alloc(sizeof(*node));
	if (!node) {
		mem_free(got.link);
		return -LX_ENOMEM;
	}
	*node = got;
	lk_acquire(&inode->lock);
	if (!inode->priv) {
		__atomic_store_n(&inode->priv, node, __ATOMIC_RELEASE);
		node = NULL;
	}
	lk_release(&inode->lock);
	if (node) {
		mem_free(node->link);
		mem_free(node);
	}
	return 0;
}

static int64_t volfs_readlink(struct inode *inode, struct task *t, char *buf, size_t size)
{
	struct volfs_node *node = __atomic_load_n(&inode->priv, __ATOMIC_ACQUIRE);
	size_t len;

	if (!node) {
		int err = fill_link(inode);

		if (err)
			return err;
		node = __atomic_load_n(&inode->priv, __ATOMIC_ACQUIRE);
	}
	len = node->link_len < size ? node->link_len : size;
	memcpy(buf, node->link, len);
	return (int64_t)len;
}

const struct inode_ops volfs_inode_ops = {
	.lookup = volfs_lookup,
	.getattr = volfs_getattr,
	.setattr = volfs_setattr,
	.getattr_at = volfs_getattr_at,
	.atomic_open = volfs_atomic_open,
	.open = volfs_open,
	.mkdir = volfs_mkdir,
	.mknod = volfs_mknod,
	.symlink = volfs_symlink,
	.link = volfs_link,
	.unlink = volfs_unlink,
	.rmdir = volfs_rmdir,
	.rename = volfs_rename,
	.readlink = volfs_readlink,
	.permission = volfs_permission,
	.getxattr = volfs_getxattr,
	.setxattr = volfs_setxattr,
	.listxattr = volfs_listxattr,
	.removexattr = volfs_removexattr,
	.set_acl = volfs_set_acl,
};
