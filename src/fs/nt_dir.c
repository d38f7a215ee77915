/* SPDX-License-Identifier: MIT */
/*
 * nt_dir.c - open directories of NT volumes. Positions are the host's own where the volume tells them, so
 * that telldir and seekdir mean what they mean natively; elsewhere entries are numbered, and a place is
 * found by counting.
 */
#include "nt_dir.h"
#include "nt_file.h"
#include "base/alloc.h"
#include <string.h>

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
	if (!(e->FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))
		return e->FileAttributes & FILE_ATTRIBUTE_DIRECTORY ? LX_DT_DIR : LX_DT_REG;
	switch (e->ReparsePointTag) {
	case IO_REPARSE_TAG_SYMLINK:
	case IO_REPARSE_TAG_MOUNT_POINT:
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

/* "." and ".." are no names to a converter. */
static LONG entry_name(const FILE_ID_EXTD_DIR_INFORMATION *e, nt_name_fn *convert, char *name)
{
	uint32_t chars = e->FileNameLength / 2;

	if (chars <= 2 && e->FileName[0] == '.' && (chars == 1 || e->FileName[1] == '.')) {
		memcpy(name, "..", chars);
		return (LONG)chars;
	}
	return convert(e->FileName, chars, name, LX_NAME_MAX);
}

/* Emits what is buffered. 0: all of it; 1: the sink is full. */
static int drain(struct dir_buffer *b, struct dir_sink *sink, const struct nt_dir_kind *kind,
		 int64_t from)
{
	while (b->next < b->end) {
		FILE_ID_EXTD_DIR_INFORMATION *e = (void *)(b->data + b->next);
		char name[LX_NAME_MAX + 1];
		LONG len = entry_name(e, kind->convert, name);
		uint64_t ino;
		int64_t behind;

		memcpy(&ino, e->FileId, 8);
		memcpy(&behind, e->FileId + 8, 8);
		if (kind->numbered)
			behind = b->pos + 1;
		name[len < 0 ? 0 : len] = '\0';
		if (len >= 0 && behind > from &&
		    sink->emit(sink, name, (uint32_t)len, ino, dtype_of(e), behind))
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

int nt_dir_iterate(struct file *f, struct dir_sink *sink, int64_t *pos,
		   const struct nt_dir_kind *kind)
{
	struct dir_buffer *b = buffer_of(f);
	bool restart = *pos == 0;
	int64_t from = kind->numbered ? *pos : INT64_MIN;
	int err = 0;

	if (!b)
		return -LX_ENOMEM;
	lk_acquire(&b->lock);
	if (b->pos != *pos || restart) {
		b->next = b->end = 0;
		b->pos = *pos;
		if (kind->numbered) { /* from the beginning, up to the place */
			b->pos = 0;
			restart = true;
		} else if (!restart) {
			err = nt_set_position(f->handle, *pos);
		}
	}
	while (!err) {
		if (drain(b, sink, kind, from))
			break;
		err = refill(f, b, restart);
		restart = false;
	}
	*pos = b->pos;
	lk_release(&b->lock);
	return err < 0 ? err : 0;
}

/* A position is one that getdents gave, or 0. */
int64_t nt_dir_llseek(struct file *f, int64_t off, int whence)
{
	return whence == LX_SEEK_END ? -LX_EINVAL : vfs_generic_llseek(f, off, whence, 0);
}

void nt_dir_release(struct file *f)
{
	mem_free(f->priv);
}
