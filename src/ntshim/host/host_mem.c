/* SPDX-License-Identifier: MIT */
/* host_mem.c - memory of other host processes, and memory files. */
#include "host_mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned to_iovec(struct iovec iov[HOST_MAX_RANGES], const struct host_range *ranges,
			 unsigned count)
{
	if (count > HOST_MAX_RANGES)
		count = HOST_MAX_RANGES;
	for (unsigned i = 0; i < count; i++)
		iov[i] = (struct iovec){ (void *)(uintptr_t)ranges[i].address, ranges[i].size };
	return count;
}

int64_t host_vm_read(int tid, const struct host_range *ranges, unsigned count, void *local,
		     size_t size)
{
	struct iovec remote[HOST_MAX_RANGES], here = { local, size };
	ssize_t n = process_vm_readv(tid, &here, 1, remote, to_iovec(remote, ranges, count), 0);

	return n < 0 ? -errno : n;
}

int64_t host_vm_write(int tid, const struct host_range *ranges, unsigned count, const void *local,
		      size_t size)
{
	struct iovec remote[HOST_MAX_RANGES], here = { (void *)local, size };
	ssize_t n = process_vm_writev(tid, &here, 1, remote, to_iovec(remote, ranges, count), 0);

	return n < 0 ? -errno : n;
}

/* /proc/TID/mem of another process says EIO where nothing is mapped. */
static int64_t debug_copy(int tid, uint64_t address, void *local, size_t size, bool write)
{
	char path[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/mem", tid);
	fd = open(path, (write ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = write ? pwrite(fd, local, size, (off_t)address)
		  : pread(fd, local, size, (off_t)address);
	n = n < 0 ? (errno == EIO ? -EFAULT : -errno) : n;
	close(fd);
	return n;
}

int64_t host_vm_peek(int tid, uint64_t address, void *local, size_t size)
{
	return debug_copy(tid, address, local, size, false);
}

int64_t host_vm_poke(int tid, uint64_t address, const void *local, size_t size)
{
	return debug_copy(tid, address, (void *)local, size, true);
}

int host_memfd(const char *name, int64_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	err = host_file_resize(fd, size);
	if (err < 0) {
		close(fd);
		return err;
	}
	return fd;
}

int64_t host_file_size(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? st.st_size : -EINVAL;
}

int host_file_resize(int fd, int64_t size)
{
	return ftruncate(fd, size) < 0 ? -errno : 0;
}
