/* SPDX-License-Identifier: MIT */
/*
 * drvfs_node.c - objects of a drive: what they are, whose, and with what rights, made up from what NT
 * says (attributes, reparse tag, rights of the caller) and, with `metadata`, from $LX... EAs. An EA that
 * makes no sense is ignored on its own.
 */
#include "drvfs.h"
#include <string.h>

/* ---- attributes read ---- */

static uint32_t type_of(const FILE_STAT_LX_INFORMATION *lx)
{
	if (lx->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) {
		switch (lx->ReparseTag) {
		case IO_REPARSE_TAG_SYMLINK:
		case IO_REPARSE_TAG_MOUNT_POINT:
		case IO_REPARSE_TAG_LX_SYMLINK:
			return LX_S_IFLNK;
		case IO_REPARSE_TAG_AF_UNIX:
			return LX_S_IFSOCK;
		case IO_REPARSE_TAG_LX_FIFO:
			return LX_S_IFIFO;
		case IO_REPARSE_TAG_LX_CHR:
			return LX_S_IFCHR;
		case IO_REPARSE_TAG_LX_BLK:
			return LX_S_IFBLK;
		}
	}
	return lx->FileAttributes & FILE_ATTRIBUTE_DIRECTORY ? LX_S_IFDIR : LX_S_IFREG;
}

/* Without metadata: the caller's rights, for everybody; a read-only file is not written. */
static uint32_t mode_of(const FILE_STAT_LX_INFORMATION *lx, uint32_t type)
{
	uint32_t mode = 0;

	if (lx->EffectiveAccess & FILE_READ_DATA)
		mode |= 0444;
	if ((lx->EffectiveAccess & FILE_WRITE_DATA) &&
	    !(lx->FileAttributes & FILE_ATTRIBUTE_READONLY && type == LX_S_IFREG))
		mode |= 0222;
	if ((lx->EffectiveAccess & FILE_EXECUTE) || type == LX_S_IFDIR)
		mode |= 0111;
	return mode;
}

static void apply_options(const struct drvfs_options *o, const FILE_STAT_LX_INFORMATION *lx,
			  struct kstat *st)
{
	uint32_t type = type_of(lx), mode = mode_of(lx, type);
	uint32_t mask = o->umask | (type == LX_S_IFDIR ? o->dmask : o->fmask);

	st->uid = o->uid;
	st->gid = o->gid;
	if (o->metadata) {
		if (lx->LxFlags & LX_FILE_METADATA_HAS_UID)
			st->uid = lx->LxUid;
		if (lx->LxFlags & LX_FILE_METADATA_HAS_GID)
			st->gid = lx->LxGid;
		if ((lx->LxFlags & LX_FILE_METADATA_HAS_MODE) && (lx->LxMode & LX_S_IFMT) == type)
			mode = lx->LxMode & 07777;
	}
	st->mode = type | (mode & ~mask);
	if (type == LX_S_IFLNK) {
		st->mode = LX_S_IFLNK | 0777;
		if (lx->FileAttributes & FILE_ATTRIBUTE_DIRECTORY) /* NT's, or a junction */
			st->nlink = 1;
	}
	if (type != LX_S_IFCHR && type != LX_S_IFBLK)
		st->rdev = 0;
	/* NT counts neither the links of a directory, but for a removed one's, nor its bytes. */
	if (type == LX_S_IFDIR) {
		st->nlink = st->nlink != 0;
		st->size = LX_PAGE_SIZE;
		st->blocks = 0;
	}
}

static void make_stat(const struct super *sb, const FILE_LXRUN_STAT_INFORMATION *info,
		      struct kstat *st)
{
	nt_kstat(info, st);
	st->dev = sb->dev;
	apply_options(sb->priv, &info->Lx, st);
}

static int stat_handle(const struct super *sb, HANDLE handle, struct kstat *st)
{
	FILE_LXRUN_STAT_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryInformationFile(handle, &iosb, &info, sizeof(info),
						 FileLxrunStatInformation);

	if (!NT_SUCCESS(status))
		return drvfs_errno(status);
	make_stat(sb, &info, st);
	return 0;
}

/* A link has to be opened for the length of its text. */
static int drvfs_getattr_at(struct inode *dir, const char *name, struct kstat *st)
{
	FILE_LXRUN_STAT_INFORMATION info;
	struct drvfs_name n;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;
	uint32_t fallback = drvfs_options_of(dir)->fallback;
	int err = drvfs_name_set(&n, dir, name);

	if (err)
		return err == -LX_EINVAL ? -LX_ENOENT : err; /* what is no UTF-8 is not there */
	if (fallback && fallback != FALLBACK_NONE)
		return 1;
	status = NtQueryInformationByName(&n.attr, &iosb, &info, sizeof(info),
					  FileLxrunStatInformation);
	if (status == STATUS_IO_REPARSE_TAG_NOT_HANDLED)
		return 1;
	if (!NT_SUCCESS(status))
		return drvfs_errno(status);
	make_stat(dir->sb, &info, st);
	return LX_S_ISLNK(st->mode) ? 1 : 0;
}

int drvfs_getattr(struct inode *inode, struct kstat *st)
{
	char text[LX_PATH_MAX];
	int64_t len;
	int err = stat_handle(inode->sb, inode->handle, st);

	if (!err && LX_S_ISLNK(st->mode)) { /* of the text as it is shown */
		len = drvfs_readlink(inode, NULL, text, sizeof(text));
		st->size = len < 0 ? 0 : (uint64_t)len;
	}
	return err;
}

int drvfs_inode(struct super *sb, HANDLE handle, struct kstat *st, struct inode **out)
{
	struct inode *inode = NULL;
	int err = stat_handle(sb, handle, st);

	if (!err) {
		inode = inode_alloc(sb, &drvfs_inode_ops,
				    LX_S_ISDIR(st->mode) ? &drvfs_dir_ops : &drvfs_file_ops,
				    st->ino, st->mode);
		err = inode ? 0 : -LX_ENOMEM;
	}
	if (err) {
		NtClose(handle);
		return err;
	}
	inode->uid = st->uid;
	inode->gid = st->gid;
	inode->handle = handle;
	*out = inode;
	return 0;
}

int drvfs_lookup(struct inode *dir, const char *name, struct inode **out)
{
	struct kstat st;

	return drvfs_lookup_stat(dir, name, out, &st);
}

int drvfs_lookup_stat(struct inode *dir, const char *name, struct inode **out, struct kstat *st)
{
	struct drvfs_req req = {
		.dir = dir,
		.name = name,
		.access = DRVFS_NODE_ACCESS,
		.disposition = FILE_OPEN,
		.options = FILE_OPEN_REPARSE_POINT | FILE_LXRUN_CACHE_NAME,
	};
	HANDLE handle;
	int err = drvfs_nt_open(&req, &handle);

	if (!err)
		err = drvfs_inode(dir->sb, handle, st, out);
	if (!err)
		(*out)->told = true;
	return err;
}

/* ---- attributes set ---- */

/* All that changes in one list: it changes whole or not at all. */
static int set_metadata(HANDLE handle, const struct iattr *attr)
{
	IO_STATUS_BLOCK iosb;
	struct nt_ea ea;

	nt_ea_start(&ea);
	if (attr->valid & ATTR_UID)
		nt_ea_add(&ea, LX_FILE_METADATA_UID_EA_NAME, &attr->uid, sizeof(attr->uid));
	if (attr->valid & ATTR_GID)
		nt_ea_add(&ea, LX_FILE_METADATA_GID_EA_NAME, &attr->gid, sizeof(attr->gid));
	if (attr->valid & ATTR_MODE)
		nt_ea_add_mode(&ea, attr->mode, 0);
	return ea.len ? drvfs_errno(NtSetEaFile(handle, &iosb, ea.buf, ea.len)) : 0;
}

/* chmod's one effect without metadata, kept in step with it: nobody may write, so NT may not either. */
static int set_read_only(HANDLE handle, bool on)
{
	FILE_BASIC_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryInformationFile(handle, &iosb, &info, sizeof(info),
						 FileBasicInformation);
	ULONG was = info.FileAttributes;

	if (!NT_SUCCESS(status))
		return drvfs_errno(status);
	if (on == !!(was & FILE_ATTRIBUTE_READONLY))
		return 0;
	memset(&info, 0, sizeof(info)); /* times: unchanged */
	info.FileAttributes = on ? was | FILE_ATTRIBUTE_READONLY : was & ~FILE_ATTRIBUTE_READONLY;
	if (!info.FileAttributes)
		info.FileAttributes = FILE_ATTRIBUTE_NORMAL;
	return drvfs_errno(
		NtSetInformationFile(handle, &iosb, &info, sizeof(info), FileBasicInformation));
}

/* A time that is given is rounded up, as WSL 1 does; the clock's never lies ahead of it. */
static LONGLONG nt_ticks(const struct lx_timespec *ts)
{
	bool is_now = ts->tv_nsec == LX_UTIME_NOW;
	struct lx_timespec t = is_now ? vfs_now() : *ts;

	return NT_TIME_UNIX_EPOCH + t.tv_sec * NT_TICKS_PER_SEC +
	       (t.tv_nsec + (is_now ? 0 : 99)) / 100;
}

static int set_times(HANDLE handle, const struct iattr *attr)
{
	FILE_BASIC_INFORMATION info = { .FileAttributes = 0 };
	IO_STATUS_BLOCK iosb;

	if (attr->valid & ATTR_ATIME)
		info.LastAccessTime.QuadPart = nt_ticks(&attr->atime);
	if (attr->valid & ATTR_MTIME)
		info.LastWriteTime.QuadPart = nt_ticks(&attr->mtime);
	return drvfs_errno(
		NtSetInformationFile(handle, &iosb, &info, sizeof(info), FileBasicInformation));
}

static int set_size(struct inode *inode, uint64_t size)
{
	struct drvfs_req req = {
		.dir = inode,
		.name = "",
		.access = FILE_WRITE_DATA | SYNCHRONIZE,
		.disposition = FILE_OPEN,
		.options = FILE_NON_DIRECTORY_FILE,
	};
	HANDLE handle;
	int err = drvfs_nt_open(&req, &handle);

	if (err)
		return err;
	err = nt_set_size(handle, size);
	NtClose(handle);
	return err;
}

/* A new owner without a new mode changes that, too, if it has set-id bits. */
static int drop_set_id(struct inode *inode, struct iattr *attr)
{
	struct kstat st;
	int err;

	if (!(attr->valid & (ATTR_UID | ATTR_GID)) || (attr->valid & ATTR_MODE) ||
	    LX_S_ISLNK(inode->mode))
		return 0;
	err = stat_handle(inode->sb, inode->handle, &st);
	if (!err && vfs_mode_after_chown(st.mode) != st.mode) {
		attr->valid |= ATTR_MODE;
		attr->mode = vfs_mode_after_chown(st.mode);
	}
	return err;
}

static int drvfs_setattr(struct inode *inode, const struct iattr *attr)
{
	struct iattr kept = *attr;
	int err = attr->valid & ATTR_SIZE ? set_size(inode, attr->size) : 0;

	kept.mode = (inode->mode & LX_S_IFMT) | (attr->mode & 07777);
	if (!err && drvfs_options_of(inode)->metadata)
		err = drop_set_id(inode, &kept);
	if (!err && drvfs_options_of(inode)->metadata)
		err = set_metadata(inode->handle, &kept);
	if (!err && (attr->valid & ATTR_MODE) && LX_S_ISREG(inode->mode))
		err = set_read_only(inode->handle, !(attr->mode & 0222));
	if (!err && (attr->valid & (ATTR_ATIME | ATTR_MTIME)))
		err = set_times(inode->handle, attr);
	return err;
}

/* ---- what there is to do ---- */

static int drvfs_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	static const struct nt_dir_kind kind = { drvfs_name_from_nt, true };

	return nt_dir_iterate(f, sink, pos, &kind);
}

const struct file_ops drvfs_dir_ops = {
	.iterate = drvfs_iterate,
	.llseek = nt_dir_llseek,
	.fsync = nt_file_fsync,
	.release = nt_dir_release,
};

const struct file_ops drvfs_file_ops = {
	.read = nt_file_read,
	.write = nt_file_write,
	.llseek = nt_file_llseek,
	.fsync = nt_file_fsync,
	.truncate = nt_file_truncate,
	.nowait = true, /* it may be told that a disk is no reason to wait */
};

const struct inode_ops drvfs_inode_ops = {
	.lookup = drvfs_lookup,
	.getattr = drvfs_getattr,
	.getattr_at = drvfs_getattr_at,
	.setattr = drvfs_setattr,
	.open = drvfs_open,
	.atomic_open = drvfs_atomic_open,
	.mkdir = drvfs_mkdir,
	.mknod = drvfs_mknod,
	.symlink = drvfs_symlink,
	.link = drvfs_link,
	.unlink = drvfs_unlink,
	.rmdir = drvfs_rmdir,
	.rename = drvfs_rename,
	.readlink = drvfs_readlink,
	.getxattr = drvfs_getxattr,
	.setxattr = drvfs_setxattr,
	.listxattr = drvfs_listxattr,
	.removexattr = drvfs_removexattr,
};
