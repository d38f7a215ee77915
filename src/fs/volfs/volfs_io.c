/* SPDX-License-Identifier: MIT */
/*
 * volfs_io.c - open files and directories of VolFs. A directory's positions are the host's own, so
 * telldir and seekdir mean what they mean natively.
 */
#include "base/alloc.h"
#include "volfs.h"
#include <string.h>

const struct file_ops volfs_file_ops = {
	.read = nt_file_read,
	.write = nt_file_write,
	.llseek = nt_file_llseek,
	.fsync = nt_file_fsync,
	.truncate = nt_file_truncate,
};

/* f->priv of an open directory: entries asked for and not yet given out. */
struct dir_buffer {
	struct lk lock; /* LR_INODE; guards: */
	int64_t pos;    /* position that next continues from */
	uint32_t next;  /* offset in data of the next entry; == end: empty */
	uint32_t end;
	_Alignas(8) char data[32 * 1024];
};

static struct dir_buffer *buffer_of(struct file *f)
{
	struct dir_buffer *b = __atomic_load_n(&f->priv, __ATOMIC_ACQUIRE);

	if (b)
		return b;
	b = mem_alloc(sizeof(*b));
	if (!b)
		return NULL;
	lk_init(&b->lock, LR_INODE);
	lk_acquire(&f->lock);
	if (f->priv) {
		mem_free(b);
		b = f->priv;
	} else {
		__atomic_store_n(&f->priv, b, __ATOMIC_RELEASE);
	}
	lk_release(&f->lock);
	return b;
}

static uint8_t dtype_of(const FILE_ID_EXTD_DIR_INFORMATION *e)
{
	if (e->FileAttributes & FILE_ATTRIBUTE_DIRECTORY)
		return LX_DT_DIR;
	if (!(e->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
		return LX_DT_REG;
	switch (e->ReparsePointTag) {
	case IO_REPARSE_TAG_SYMLINK:
	case IO_REPARSE_TAG_LX_SYMLINK:
		return LX_DT_LNK;
	case IO_REPARSE_TAG_AF_UNIX:
		return LX_DT_SOCK;
	case IO_REPARSE_TAG_LX_FIFO:
		return LX_DT_FIFO;
	case IO_REPARSE_TAG_LX_CHR:
		return LX_DT_CHR;
	case IO_REPARSE_TAG_LX_BLK:
		return LX_DT_BLK;
	default:
		return LX_DT_UNKNOWN;
	}
}

/* "." and ".." are no host names to IoNtNameToHost. */
static LONG entry_name(const FILE_ID_EXTD_DIR_INFORMATION *e, char *name)
{
	uint32_t chars = e->FileNameLength / 2;

	if (chars <= 2 && e->FileName[0] == '.' && (chars == 1 || e->FileName[1] == '.')) {
		memcpy(name, "..", chars);
		return (LONG)chars;
	}
	return IoNtNameToHost(e->FileName, chars, name, LX_NAME_MAX);
}

/* Emits what is buffered. 0: all of it; 1: the sink is full. */
static int drain(struct dir_buffer *b, struct dir_sink *sink)
{
	while (b->next < b->end) {
		FILE_ID_EXTD_DIR_INFORMATION *e = (void *)(b->data + b->next);
		char name[LX_NAME_MAX + 1];
		LONG len = entry_name(e, name);
		uint64_t ino;
		int64_t behind;

		memcpy(&ino, e->FileId, 8);
		memcpy(&behind, e->FileId + 8, 8);
		name[len < 0 ? 0 : len] = '\0';
		if (len >= 0 && sink->emit(sink, name, (uint32_t)len, ino, dtype_of(e), behind))
			return 1;
		b->pos = behind;
		b->next = e->NextEntryOffset ? b->next + e->NextEntryOffset : b->end;
	}
	return 0;
}

/* Asks for more entries. 0, 1 at the end, -errno. */
static int refill(struct file *f, struct dir_buffer *b, bool restart)
{
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	NTSTATUS status = NtQueryDirectoryFile(f->handle, NULL, NULL, NULL, &iosb, b->data,
					       sizeof(b->data), FileIdExtdDirectoryInformation,
					       FALSE, NULL, restart);

	b->next = b->end = 0;
	if (status == STATUS_NO_MORE_FILES || status == STATUS_NO_SUCH_FILE)
		return 1;
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	b->end = (uint32_t)iosb.Information;
	return 0;
}

static int volfs_iterate(struct file *f, struct task *t, struct dir_sink *sink, int64_t *pos)
{
	struct dir_buffer *b = buffer_of(f);
	bool restart = *pos == 0;
	int err = 0;

	if (!b)
		return -LX_ENOMEM;
	lk_acquire(&b->lock);
	if (b->pos != *pos || restart) {
		b->next = b->end = 0;
		b->pos = *pos;
		if (!restart)
			err = nt_set_position(f->handle, *pos);
	}
	while (!err) {
		if (drain(b, sink))
			break;
		err = refill(f, b, restart);
		restart = false;
	}
	*pos = b->pos;
	lk_release(&b->lock);
	return err < 0 ? err : 0;
}

/* A position is one that getdents gave, or 0. */
static int64_t volfs_dir_llseek(struct file *f, int64_t off, int whence)
{
	return whence == LX_SEEK_END ? -LX_EINVAL : vfs_generic_llseek(f, off, whence, 0);
}

static void volfs_dir_release(struct file *f)
{
	mem_free(f->priv);
}

const struct file_ops volfs_dir_ops = {
	.iterate = volfs_iterate,
	.llseek = volfs_dir_llseek,
	.fsync = nt_file_fsync,
	.release = volfs_dir_release,
};
