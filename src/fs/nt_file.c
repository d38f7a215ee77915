/* SPDX-License-Identifier: MIT */
/*
 * nt_file.c - file operations on an open NT file: what VolFs and TmpFs files have in common. They serve
 * the calls that the host cannot execute in the guest's own slot, through one bounce buffer.
 */
#include "nt_file.h"
#include "nt_stat.h"
#include "base/alloc.h"

#define CHUNK (64u * 1024)

ACCESS_MASK nt_file_access(uint32_t flags)
{
	ACCESS_MASK access = FILE_READ_ATTRIBUTES | SYNCHRONIZE;

	if ((flags & LX_O_ACCMODE) != LX_O_WRONLY)
		access |= FILE_READ_DATA;
	if (flags & LX_O_ACCMODE) /* FILE_APPEND_DATA may not go with unbuffered I/O (nt.md CF20) */
		access |= FILE_WRITE_DATA | (flags & LX_O_DIRECT ? 0 : FILE_APPEND_DATA);
	return access;
}

ULONG nt_file_options(uint32_t flags)
{
	static const struct {
		uint32_t flag;
		ULONG option;
	} map[] = {
		{ LX_O_APPEND, FILE_LXRUN_APPEND },
		{ LX_O_NONBLOCK, FILE_LXRUN_NONBLOCK },
		{ LX_O_NOATIME, FILE_LXRUN_NOATIME },
		{ LX_O_DSYNC, FILE_WRITE_THROUGH },
		{ LX_O_DIRECT, FILE_NO_INTERMEDIATE_BUFFERING },
		{ LX_O_DIRECTORY, FILE_DIRECTORY_FILE },
		{ LX_O_CREAT, FILE_NON_DIRECTORY_FILE },
	};
	ULONG options = NT_FILE_OPTIONS;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (flags & map[i].flag)
			options |= map[i].option;
	return options;
}

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

/*
 * One NT transfer of up to len bytes at *pos (NULL: the handle's position), which advances. at_end: where the
 * file ends, whatever the position.
 */
static int64_t move(move_fn *fn, struct file *f, void *buf, uint64_t len, int64_t *pos, bool at_end)
{
	LARGE_INTEGER at = { .QuadPart = pos ? *pos : 0 };
	uint64_t done;
	NTSTATUS status;

	if (at_end)
		at = (LARGE_INTEGER){ .u = { FILE_WRITE_TO_END_OF_FILE, -1 } };
	status = fn(f->handle, buf, (uint32_t)len, pos || at_end ? &at : NULL, &done);

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

int64_t nt_file_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t total = 0, n = 0, put;
	uint64_t size;
	char *buf = bounce(it, &size);

	if (!buf)
		return -LX_ENOMEM;
	while (it->left) {
		n = move(nt_read, f, buf, it->left < size ? it->left : size, pos, false);
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

int64_t nt_file_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t total = 0, n = 0;
	uint64_t size;
	char *buf = bounce(it, &size);

	if (!buf)
		return -LX_ENOMEM;
	while (it->left) {
		int64_t got = iter_read(it, buf, it->left < size ? it->left : size);

		n = got > 0 ? move(nt_write, f, buf, (uint64_t)got, pos, it->at_end) : got;
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
	NTSTATUS status = NtQueryInformationFile(handle, &iosb, &info, sizeof(info),
						 FilePositionInformation);

	return NT_SUCCESS(status) ? info.CurrentByteOffset.QuadPart : nt_to_errno(status);
}

int nt_set_position(HANDLE handle, int64_t pos)
{
	FILE_POSITION_INFORMATION info = { .CurrentByteOffset.QuadPart = pos };
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(
		NtSetInformationFile(handle, &iosb, &info, sizeof(info), FilePositionInformation));
}

int64_t nt_file_llseek(struct file *f, int64_t off, int whence)
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
	err = nt_set_position(f->handle, pos);
	return err ? err : pos;
}

int nt_file_fsync(struct file *f, bool data_only)
{
	return nt_to_errno(IoFlushBuffers(f->handle, data_only));
}

int nt_file_truncate(struct file *f, uint64_t size)
{
	return nt_set_size(f->handle, size);
}
