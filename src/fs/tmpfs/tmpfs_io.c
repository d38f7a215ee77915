/* SPDX-License-Identifier: MIT */
/* tmpfs_io.c - open files of TmpFs: the memory file once more, with a position of its own. */
#include "tmpfs.h"
#include "../nt_file.h"
#include "../nt_name.h"
#include "../nt_stat.h"

/*
 * The contents once more. A program denies writing as long as it runs, and is refused by who writes: nobody else
 * denies anything here, so a violation says ETXTBSY.
 */
static int open_data(struct inode *inode, uint32_t flags, HANDLE *handle)
{
	ULONG disposition = flags & LX_O_TRUNC ? FILE_OVERWRITE : FILE_OPEN;
	ULONG share = FILE_SHARE_VALID_FLAGS & (flags & VFS_O_EXEC ? ~FILE_SHARE_WRITE : ~0u);
	struct nt_name n;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;

	nt_name_set(&n, tmpfs_node_of(inode)->data, "");
	flags &= ~(LX_O_CREAT | LX_O_DIRECTORY | LX_O_DIRECT);
	status = NtCreateFile(handle, nt_file_access(flags), &n.attr, &iosb, NULL,
			      FILE_ATTRIBUTE_NORMAL, share, disposition, nt_file_options(flags),
			      NULL, 0);
	return status == STATUS_SHARING_VIOLATION ? -LX_ETXTBSY : nt_to_errno(status);
}

int tmpfs_set_size(struct inode *inode, uint64_t size)
{
	HANDLE handle;
	int err = open_data(inode, LX_O_WRONLY, &handle);

	if (err)
		return err;
	err = nt_set_size(handle, size);
	NtClose(handle);
	return err;
}

int tmpfs_open(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct kstat st;
	int err;

	if (LX_S_ISDIR(inode->mode))
		return 0;
	if (!LX_S_ISREG(inode->mode)) {
		err = inode->iop->getattr(inode, &st);
		return err ? err : special_open(inode, &st, flags, t, f);
	}
	err = open_data(inode, flags, &f->handle);
	if (err)
		return err;
	f->direct = IoIsDirectCapable(f->handle);
	/* Under a limit writes are counted, so lxcore must see them. */
	f->served = tmpfs_super_of(inode)->options.max_pages && file_writable(f);
	return flags & LX_O_TRUNC ? tmpfs_recount(inode) : 0;
}

/* Where a write without a position goes. */
static int64_t write_position(struct file *f)
{
	struct kstat st;
	int err;

	if (!(f->flags & LX_O_APPEND))
		return nt_file_llseek(f, 0, LX_SEEK_CUR);
	err = nt_fstat(f->handle, &st);
	return err ? err : (int64_t)st.size;
}

static int64_t tmpfs_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t at, n;
	uint64_t room, left = it->left;

	if (!tmpfs_super_of(f->inode)->options.max_pages || !left)
		return nt_file_write(f, t, it, pos);
	at = pos && !(f->flags & LX_O_APPEND) ? *pos : write_position(f);
	if (at < 0)
		return at;
	room = tmpfs_room(f->inode, (uint64_t)at, left);
	if (!room)
		return -LX_ENOSPC;
	it->left = room;
	n = nt_file_write(f, t, it, pos);
	it->left += left - room;
	tmpfs_recount(f->inode);
	return n;
}

static int tmpfs_truncate(struct file *f, uint64_t size)
{
	int err = nt_file_truncate(f, size);

	return err ? err : tmpfs_recount(f->inode);
}

/* Nothing below memory to wait for. */
static int tmpfs_fsync(struct file *f, bool data_only)
{
	return 0;
}

static int64_t tmpfs_dir_llseek(struct file *f, int64_t off, int whence)
{
	return whence == LX_SEEK_END ? -LX_EINVAL : vfs_generic_llseek(f, off, whence, 0);
}

const struct file_ops tmpfs_file_ops = {
	.read = nt_file_read,
	.write = tmpfs_write,
	.llseek = nt_file_llseek,
	.fsync = tmpfs_fsync,
	.truncate = tmpfs_truncate,
};

const struct file_ops tmpfs_dir_ops = {
	.iterate = tmpfs_iterate,
	.llseek = tmpfs_dir_llseek,
	.fsync = tmpfs_fsync,
};
