/* SPDX-License-Identifier: MIT */
/*
 * stdio.c - files that lxrun was started with, and other files that are one NT handle and no name.
 *
 * As a rule such a file is direct: the guest has the host descriptor itself and reads and writes
 * without us. What is here serves the rest: sendfile, poll, stat, a second open through /proc/self/fd,
 * and terminals, whose process-group rules are lxcore's (src/tty).
 */
#include "lxrun/host_file.h"
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "lx/ioctl.h"
#include "lxrun/signal.h"
#include "lxrun/task.h"
#include "lxrun/tty.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BOUNCE     65536u
#define PIPE_ROOM  4096u /* a writable host pipe takes this much without blocking */

/* ---- waiting for the NT layer ---- */

struct host_waiter {
	struct task *t;
	_Atomic bool fired;
};

static void host_ready(PVOID context, ULONG ready)
{
	struct host_waiter *w = context;

	w->fired = true;
	task_wake(w->t);
}

int host_wait(struct task *t, HANDLE handle, uint32_t events, uint64_t deadline_ns)
{
	struct host_waiter w = { .t = t };
	PIO_WATCH watch;
	ULONG ready;
	NTSTATUS status;
	int err = 0;

	events |= IO_READY_HANGUP | IO_READY_ERROR;
	status = IoQueryReadiness(handle, events, &ready);
	if (!NT_SUCCESS(status) || ready)
		return nt_to_errno(status);
	status = IoWatchReadiness(handle, events, host_ready, &w, &watch);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	while (!w.fired && !err)
		err = task_sleep(t, deadline_ns);
	IoUnwatchReadiness(watch);
	return w.fired ? 0 : err;
}

/* ---- bounce reads and writes ---- */

int64_t host_read_some(HANDLE handle, struct iter *it, uint64_t max, int64_t *pos)
{
	ULONG n = (ULONG)(it->left < max ? it->left : max);
	char small[4096], *buf = n <= sizeof(small) ? small : mem_alloc(n);
	LARGE_INTEGER off = { .QuadPart = pos ? *pos : 0 };
	IO_STATUS_BLOCK iosb = { 0 };
	NTSTATUS status;
	int64_t res;

	if (!buf)
		return -LX_ENOMEM;
	status = NtReadFile(handle, NULL, NULL, NULL, &iosb, buf, n, pos ? &off : NULL, NULL);
	res = nt_to_errno(status);
	if (!res && status != STATUS_END_OF_FILE)
		res = iter_write(it, buf, iosb.Information);
	if (pos && res > 0)
		*pos += res;
	if (buf != small)
		mem_free(buf);
	return res;
}

int64_t host_write_some(HANDLE handle, struct iter *it, uint64_t max, int64_t *pos)
{
	ULONG n = (ULONG)(it->left < max ? it->left : max);
	char small[4096], *buf = n <= sizeof(small) ? small : mem_alloc(n);
	LARGE_INTEGER off = { .QuadPart = pos ? *pos : 0 };
	IO_STATUS_BLOCK iosb = { 0 };
	int64_t res;

	if (!buf)
		return -LX_ENOMEM;
	res = iter_read(it, buf, n);
	if (res > 0) {
		NTSTATUS status = NtWriteFile(handle, NULL, NULL, NULL, &iosb, buf, (ULONG)res, pos ? &off : NULL, NULL);

		res = NT_SUCCESS(status) ? (int64_t)iosb.Information : nt_to_errno(status);
	}
	if (pos && res > 0)
		*pos += res;
	if (buf != small)
		mem_free(buf);
	return res;
}

/* ---- file operations ---- */

static int64_t seekable_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return host_read_some(f->handle, it, BOUNCE, pos);
}

static int64_t seekable_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t n = 0, total = 0;

	while (it->left && (n = host_write_some(f->handle, it, BOUNCE, pos)) > 0)
		total += n;
	return total ? total : n;
}

static int64_t position(HANDLE handle, int64_t *set)
{
	FILE_POSITION_INFORMATION info = { 0 };
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;

	if (set) {
		info.CurrentByteOffset.QuadPart = *set;
		status = NtSetInformationFile(handle, &iosb, &info, sizeof(info), FilePositionInformation);
	} else {
		status = NtQueryInformationFile(handle, &iosb, &info, sizeof(info), FilePositionInformation);
	}
	return NT_SUCCESS(status) ? info.CurrentByteOffset.QuadPart : nt_to_errno(status);
}

static int64_t seekable_llseek(struct file *f, int64_t off, int whence)
{
	struct kstat st;
	int64_t base = 0;
	int err;

	if (whence == LX_SEEK_CUR) {
		base = position(f->handle, NULL);
		if (base < 0)
			return base;
	} else if (whence == LX_SEEK_END) {
		err = nt_fstat(f->handle, &st);
		if (err)
			return err;
		base = (int64_t)st.size;
	} else if (whence != LX_SEEK_SET) {
		return -LX_EINVAL;
	}
	if (__builtin_add_overflow(base, off, &off) || off < 0)
		return -LX_EINVAL;
	return position(f->handle, &off);
}

static int host_truncate(struct file *f, uint64_t size)
{
	FILE_END_OF_FILE_INFORMATION info = { .EndOfFile.QuadPart = (LONGLONG)size };
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(NtSetInformationFile(f->handle, &iosb, &info, sizeof(info), FileEndOfFileInformation));
}

static int host_fsync(struct file *f, bool data_only)
{
	IO_STATUS_BLOCK iosb;

	return nt_to_errno(NtFlushBuffersFile(f->handle, &iosb));
}

/* Pipes and sockets: never block in the host, a signal must be able to end the call. */
static int64_t stream_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int err = f->flags & LX_O_NONBLOCK ? 0 : host_wait(t, f->handle, IO_READY_READ, WAIT_FOREVER);

	return err ? err : host_read_some(f->handle, it, BOUNCE, NULL);
}

static int64_t stream_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t n = 0, total = 0;

	while (it->left) {
		if (!(f->flags & LX_O_NONBLOCK))
			n = host_wait(t, f->handle, IO_READY_WRITE, WAIT_FOREVER);
		if (!n)
			n = host_write_some(f->handle, it, PIPE_ROOM, NULL);
		if (n <= 0)
			break;
		total += n;
		n = 0;
	}
	if (n == -LX_EPIPE)
		signal_epipe(t);
	return total ? total : n;
}

static const struct file_ops seekable_fop = {
	.read = seekable_read,
	.write = seekable_write,
	.llseek = seekable_llseek,
	.truncate = host_truncate,
	.fsync = host_fsync,
};

static const struct file_ops stream_fop = {
	.read = stream_read,
	.write = stream_write,
	.poll = nt_poll,
};

/* ---- the inode ---- */

static int host_getattr(struct inode *inode, struct kstat *st)
{
	return nt_fstat(inode->handle, st);
}

static int host_setattr(struct inode *inode, const struct iattr *attr)
{
	FILE_END_OF_FILE_INFORMATION eof = { .EndOfFile.QuadPart = (LONGLONG)attr->size };
	FILE_LXRUN_SET_INFORMATION set = {
		.Valid = (attr->valid & ATTR_MODE ? FILE_LXRUN_SET_MODE : 0) |
			 (attr->valid & ATTR_UID ? FILE_LXRUN_SET_UID : 0) |
			 (attr->valid & ATTR_GID ? FILE_LXRUN_SET_GID : 0) |
			 (attr->valid & ATTR_ATIME ? FILE_LXRUN_SET_ATIME : 0) |
			 (attr->valid & ATTR_MTIME ? FILE_LXRUN_SET_MTIME : 0),
		.Mode = attr->mode & 07777,
		.Uid = attr->uid,
		.Gid = attr->gid,
		.AtimeSec = attr->atime.tv_sec,
		.AtimeNsec = attr->atime.tv_nsec == LX_UTIME_NOW ? FILE_LXRUN_NOW : attr->atime.tv_nsec,
		.MtimeSec = attr->mtime.tv_sec,
		.MtimeNsec = attr->mtime.tv_nsec == LX_UTIME_NOW ? FILE_LXRUN_NOW : attr->mtime.tv_nsec,
	};
	IO_STATUS_BLOCK iosb;
	NTSTATUS status = STATUS_SUCCESS;

	if (attr->valid & ATTR_SIZE)
		status = NtSetInformationFile(inode->handle, &iosb, &eof, sizeof(eof), FileEndOfFileInformation);
	if (NT_SUCCESS(status) && set.Valid)
		status = NtSetInformationFile(inode->handle, &iosb, &set, sizeof(set), FileLxrunSetInformation);
	return nt_to_errno(status);
}

/* /proc/self/fd/N, /dev/stdin: a second open of the same object, with a position of its own. */
static int host_reopen(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	UNICODE_STRING none = { 0 };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	ACCESS_MASK access = SYNCHRONIZE | FILE_READ_ATTRIBUTES;
	NTSTATUS status;

	if (file_readable(f))
		access |= FILE_GENERIC_READ;
	if (file_writable(f))
		access |= flags & LX_O_APPEND ? FILE_GENERIC_WRITE & ~FILE_WRITE_DATA : FILE_GENERIC_WRITE;
	InitializeObjectAttributes(&oa, &none, 0, inode->handle, NULL);
	status = NtCreateFile(&f->handle, access, &oa, &iosb, NULL, 0, FILE_SHARE_VALID_FLAGS,
			      flags & LX_O_TRUNC ? FILE_OVERWRITE : FILE_OPEN,
			      FILE_SYNCHRONOUS_IO_NONALERT | (flags & LX_O_NONBLOCK ? FILE_LXRUN_NONBLOCK : 0), NULL, 0);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	f->fop = inode->fop;
	f->direct = IoIsDirectCapable(f->handle);
	return 0;
}

static const struct inode_ops host_iop = { .getattr = host_getattr, .setattr = host_setattr, .open = host_reopen };

struct file *host_file(HANDLE handle, IO_HOST_KIND kind, uint32_t flags, const char *name)
{
	bool stream = kind == IoHostPipe || kind == IoHostSocket;
	const struct file_ops *fop = stream ? &stream_fop : &seekable_fop;
	struct kstat st;
	struct inode *inode = nt_fstat(handle, &st) ? NULL : anon_inode(&host_iop, fop, st.ino, st.mode);
	char *text = mem_strdup(name);
	struct file *f = inode && text ? file_alloc(flags) : NULL;

	if (!inode || !text) {
		NtClose(handle);
		mem_free(text);
		inode_put(inode);
		return NULL;
	}
	inode->handle = handle;
	inode->priv = text;
	inode->uid = st.uid;
	inode->gid = st.gid;
	if (!f) {
		inode_put(inode);
		return NULL;
	}
	f->inode = inode;
	f->fop = fop;
	f->handle = handle;
	f->direct = IoIsDirectCapable(handle);
	return f;
}

/* ---- names ---- */

bool host_file_path(HANDLE handle, char *buf, size_t size)
{
	ULONG room = sizeof(FILE_NAME_INFORMATION) + LX_PATH_MAX * sizeof(WCHAR);
	FILE_NAME_INFORMATION *info = mem_alloc(room);
	IO_STATUS_BLOCK iosb;
	ULONG n, i = 0;
	size_t len = 0;
	bool ok = info && NT_SUCCESS(NtQueryInformationFile(handle, &iosb, info, room, FileNameInformation));

	n = ok ? info->FileNameLength / sizeof(WCHAR) : 0;
	ok = n > 0;
	while (ok && i < n) {
		ULONG start = ++i; /* behind the backslash */
		LONG got;

		while (i < n && info->FileName[i] != u'\\')
			i++;
		if (len + 2 > size) {
			ok = false;
			break;
		}
		buf[len++] = '/';
		if (i == start)
			continue;
		got = IoNtNameToHost(info->FileName + start, i - start, buf + len, (ULONG)(size - len - 1));
		ok = got >= 0;
		len += ok ? (size_t)got : 0;
	}
	if (ok)
		buf[len] = '\0';
	mem_free(info);
	return ok;
}

struct file *stdio_file(HANDLE handle, int kind, uint32_t flags)
{
	char name[LX_PATH_MAX];
	struct kstat st = { 0 };
	struct tty *tty;
	struct file *f;

	if (kind == IoHostTerminal) {
		tty = tty_wrap(handle);
		f = tty ? tty_file(tty, handle, flags) : NULL;
		tty_put(tty);
		if (!f)
			NtClose(handle);
		return f;
	}
	nt_fstat(handle, &st);
	if (kind == IoHostPipe)
		snprintf(name, sizeof(name), "pipe:[%" PRIu64 "]", st.ino);
	else if (kind == IoHostSocket)
		snprintf(name, sizeof(name), "socket:[%" PRIu64 "]", st.ino);
	else if (!host_file_path(handle, name, sizeof(name)))
		snprintf(name, sizeof(name), "(unreachable)");
	return host_file(handle, (IO_HOST_KIND)kind, flags, name);
}
