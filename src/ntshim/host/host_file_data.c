/* SPDX-License-Identifier: MIT */
/*
 * host_file_data.c - reading, writing, directory entries.
 *
 * Regular files may be waited for (a disk always answers). Pipes, sockets and terminals may not: their
 * *_now calls use RWF_NOWAIT where the host's file knows it, else poll() and then a transfer small
 * enough not to block: POLLOUT on a pipe promises PIPE_BUF bytes.
 */
#include "host_filep.h"
#include "base/trace.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "host_doors.h" /* last */

static NTSTATUS io_done(const char *call, host_fd fd, ssize_t n, ULONG *done)
{
	*done = n > 0 ? (ULONG)n : 0;
	return host_done(call, fd.v, "", n);
}

NTSTATUS host_read(host_fd fd, void *buf, ULONG size, LONGLONG offset, ULONG *done)
{
	ssize_t n;

	do
		n = offset == HOST_AT_POSITION ? read(fd.v, buf, size)
					       : pread(fd.v, buf, size, offset);
	while (n < 0 && errno == EINTR);
	return io_done("read", fd, n, done);
}

NTSTATUS host_write(host_fd fd, const void *buf, ULONG size, LONGLONG offset, ULONG *done)
{
	struct iovec iov = { (void *)buf, size };
	ssize_t n;

	do
		n = offset == HOST_AT_POSITION ? write(fd.v, buf, size)
		    : offset == HOST_AT_END    ? pwritev2(fd.v, &iov, 1, -1, RWF_APPEND)
		    : offset == HOST_APPENDING ? pwritev2(fd.v, &iov, 1, 0, RWF_APPEND)
					       : pwrite(fd.v, buf, size, offset);
	while (n < 0 && errno == EINTR);
	return io_done("write", fd, n, done);
}

static bool ready(host_fd fd, short events)
{
	struct pollfd p = { .fd = fd.v, .events = events };

	return poll(&p, 1, 0) > 0;
}

/* Files that refuse RWF_NOWAIT say EOPNOTSUPP (or EINVAL before 6.x ttys); nothing was moved then. */
static bool no_nowait(ssize_t n)
{
	return n < 0 && (errno == EOPNOTSUPP || errno == EINVAL);
}

static NTSTATUS now_done(const char *call, host_fd fd, ssize_t n, ULONG *done)
{
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		*done = 0;
		return STATUS_PENDING;
	}
	return io_done(call, fd, n, done);
}

NTSTATUS host_read_now(host_fd fd, void *buf, ULONG size, ULONG *done)
{
	struct iovec iov = { buf, size };
	ssize_t n = preadv2(fd.v, &iov, 1, -1, RWF_NOWAIT);

	if (!no_nowait(n))
		return now_done("read", fd, n, done);
	*done = 0;
	if (!ready(fd, POLLIN))
		return STATUS_PENDING;
	return now_done("read", fd, read(fd.v, buf, size), done);
}

NTSTATUS host_write_now(host_fd fd, const void *buf, ULONG size, ULONG *done)
{
	struct iovec iov = { (void *)buf, size };
	ssize_t n = pwritev2(fd.v, &iov, 1, -1, RWF_NOWAIT);
	ULONG total = 0;

	if (!no_nowait(n))
		return now_done("write", fd, n, done);
	while (total < size && ready(fd, POLLOUT)) {
		ULONG chunk = size - total < PIPE_BUF ? size - total : PIPE_BUF;

		n = write(fd.v, (const char *)buf + total, chunk);
		if (n <= 0)
			break;
		total += (ULONG)n;
	}
	*done = total;
	if (total || !size)
		return host_done("write", fd.v, "", total);
	return n < 0 && !no_nowait(n) ? now_done("write", fd, n, done) : STATUS_PENDING;
}

NTSTATUS host_lseek(host_fd fd, LONGLONG offset, int whence, LONGLONG *position)
{
	off_t pos = lseek(fd.v, offset, whence);

	*position = pos < 0 ? 0 : pos;
	return host_done("lseek", fd.v, "", pos < 0 ? -1 : 0);
}

NTSTATUS host_truncate(host_fd fd, LONGLONG size)
{
	return host_done("ftruncate", fd.v, "", ftruncate(fd.v, size));
}

NTSTATUS host_reserve(host_fd fd, LONGLONG size)
{
	return host_done("fallocate", fd.v, "", fallocate(fd.v, FALLOC_FL_KEEP_SIZE, 0, size));
}

NTSTATUS host_punch(host_fd fd, LONGLONG offset, LONGLONG length)
{
	return host_done(
		"fallocate", fd.v, "punch",
		fallocate(fd.v, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length));
}

NTSTATUS host_zero(host_fd fd, LONGLONG offset, LONGLONG length)
{
	static const char zeroes[65536];
	int result = fallocate(fd.v, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length);

	if (result == 0 || errno != EOPNOTSUPP)
		return host_done("fallocate", fd.v, "zero", result);
	while (length > 0) {
		size_t n = length < (LONGLONG)sizeof(zeroes) ? (size_t)length : sizeof(zeroes);
		ssize_t done = pwrite(fd.v, zeroes, n, offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return host_done("pwrite", fd.v, "zero", -1);
		offset += done;
		length -= done;
	}
	return host_done("pwrite", fd.v, "zero", 0);
}

NTSTATUS host_next_data(host_fd fd, LONGLONG *offset, LONGLONG *end)
{
	off_t data = lseek(fd.v, *offset, SEEK_DATA), hole;

	if (data < 0)
		return host_done("lseek", fd.v, "data", -1);
	hole = lseek(fd.v, data, SEEK_HOLE);
	*offset = data;
	*end = hole < 0 ? data : hole;
	return host_done("lseek", fd.v, "hole", hole < 0 ? -1 : 0);
}

NTSTATUS host_sync(host_fd fd)
{
	return host_done("fsync", fd.v, "", fsync(fd.v));
}

NTSTATUS host_sync_data(host_fd fd)
{
	return host_done("fdatasync", fd.v, "", fdatasync(fd.v));
}

/* ---- directories ---- */
_Static_assert(offsetof(struct host_dirent, name) == offsetof(struct dirent64, d_name),
	       "linux_dirent64");
_Static_assert(offsetof(struct host_dirent, type) == offsetof(struct dirent64, d_type),
	       "linux_dirent64");

NTSTATUS host_getdents(host_fd fd, void *buf, ULONG size, ULONG *length)
{
	return io_done("getdents64", fd, syscall(SYS_getdents64, fd.v, buf, (size_t)size), length);
}
