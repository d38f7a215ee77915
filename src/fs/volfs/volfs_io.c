/* SPDX-License-Identifier: MIT */
/*
 * volfs_io.c - data of open VolFs files, for calls that the host cannot execute in the guest's own slot,
 * and the listing of directories.
 */
#include "base/alloc.h"
#include "volfs.h"
#include <string.h>

#define CHUNK (64u * 1024)

/* ---- data ---- */

typedef NTSTATUS move_fn(HANDLE handle, void *buf, uint32_t len, LARGE_INTEGER *at, uint64_t *done);

static NTSTATUS nt_read(HANDLE handle, void *buf, uint32_t len, LARGE_INTEGER *at, uint64_t *done)
{
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	NTSTATUS status = NtReadFile(handle, NULL, NULL, NULL, &iosb, buf, len, at, NULL);

	*done = NT_SUCCESS(status) ? iosb.Information : 0;
	return status == STATUS_END_OF_FILE ? STATUS_SUCCESS : status;
}

static NTSTATUS nt_write(HANDLE handle, void *buf, uint32_t len, LARGE_INTEGER *at, uint64_t *done)
{
	IO_STATUS_BLOCK iosb = { .Information = 0 };
	NTSTATUS status = NtWriteFile(handle, NULL, NULL, NULL, &iosb, buf, len, at, NULL);

	*done = NT_SUCCESS(status) ? iosb.Information : 0;
	return status;
}

/* One NT transfer of up to len bytes at *pos (NULL: the handle's position), which advances. */
static int64_t move(move_fn *fn, struct file *f, void *buf, uint64_t len, int64_t *pos)
{
	LARGE_INTEGER at = { .QuadPart = pos ? *pos : 0 };
	uint64_t done;
	NTSTATUS status = fn(f->handle, buf, (uint32_t)len, pos ? &at : NULL, &done);

	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	if (pos)
		*pos += (int64_t)done;
	return (int64_t)done;
}

static char *bounce(const struct iter *it, uint64_t *size)
{
	*size = it->left < CHUNK ? it->left : CHUNK;
	return mem_realloc(NULL, *size ? *size : 1);
}

static int64_t volfs_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t total = 0, n = 0, put;
	uint64_t size;
	char *buf = bounce(it, &size);

	if (!buf)
		return -LX_ENOMEM;
	while (it->left) {
		n = move(nt_read, f, buf, it->left < size ? it->left : size, pos);
		if (n <= 0)
			break;
		put = iter_write(it, buf, (uint64_t)n);
		if (put < 0) {
			n = put;
			break;
		}
		total += put;
		if (put < n || (uint64_t)n < size)
			break;
	}
	mem_free(buf);
	return total ? total : n;
}

static int64_t volfs_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t total = 0, n = 0;
	uint64_t size;
	char *buf = bounce(it, &size);

	if (!buf)
		return -LX_ENOMEM;
	while (it->left) {
		int64_t got = iter_read(it, buf, it->left < size ? it->left : size);

		n = got > 0 ? move(nt_write, f, buf, (uint64_t)got, pos) : got;
		if (n <= 0)
			break;
		total += n;
		if (n < got)
			break;
	}
	mem_free(buf);
	return total ? total : n;
}

static int64_t get_position(HANDLE handle)
{
	FILE_POSITION_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = NtQueryInformationFile(handle, &iosb, &info, sizeof(info), FilePositionInformation);

	return NT_SUCCESS(status) ? info.CurrentByteOffset.QuadPart : nt_to_errno(status);
}

static int set_position(HANDLE handle, int64_t pos)
{
	FILE_POSITION_INFORMATION info = { .CurrentByteOffset.QuadPart = pos };
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(NtSetInformationFile(handle, &iosb, &info, sizeof(info), FilePositionInformation));
}

static int64_t volfs_llseek(struct file *f, int64_t off, int whence)
{
	struct kstat st = { .size = 0 };
	int64_t pos;
	int err = whence > LX_SEEK_CUR ? nt_fstat(f->handle, &st) : 0;

	if (err)
		return err;
	if (f->direct) {
		pos = get_position(f->handle);
		if (pos < 0)
			return pos;
		lk_acquire(&f->lock);
		f->pos = pos;
		lk_release(&f->lock);
	}
	pos = vfs_generic_llseek(f, off, whence, st.size);
	if (pos < 0 || !f->direct)
		return pos;
	err = set_position(f->handle, pos);
	return err ? err : pos;
}

static int volfs_fsync(struct file *f, bool data_only)
{
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(NtFlushBuffersFile(f->handle, &iosb));
}

static int volfs_truncate(struct file *f, uint64_t size)
{
	FILE_END_OF_FILE_INFORMATION eof = { .EndOfFile.QuadPart = (LONGLONG)size };
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(NtSetInformationFile(f->handle, &iosb, &eof, sizeof(eof), FileEndOfFileInformation));
}

const struct file_ops volfs_file_ops = {
	.read = volfs_read,
	.write = volfs_write,
	.llseek = volfs_llseek,
	.fsync = volfs_fsync,
	.truncate = volfs_truncate,
};

/* ---- directories ---- */

/*
 * f->priv of an open directory: entries asked for and not yet given out. Positions are the host's own,
 * so telldir and seekdir mean what they mean natively.
 */
struct dir_buffer {
	struct lk lock;    /* LR_INODE; guards: */
	int64_t   pos;     /* position that next continues from */
	uint32_t  next;    /* offset in data of the next entry; == end: empty */
	uint32_t  end;
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
	NTSTATUS status = NtQueryDirectoryFile(f->handle, NULL, NULL, NULL, &iosb, b->data, sizeof(b->data),
					       FileIdExtdDirectoryInformation, FALSE, NULL, restart);

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
			err = set_position(f->handle, *pos);
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
	.fsync = volfs_fsync,
	.release = volfs_dir_release,
};
