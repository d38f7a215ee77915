/* SPDX-License-Identifier: MIT */
/* host_mem.c - memory of other host processes, and memory files. */
#include "host_mem.h"
#include "host_door.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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
	ssize_t n = HOST_DOOR(
		-1, process_vm_readv(tid, &here, 1, remote, to_iovec(remote, ranges, count), 0));

	return n < 0 ? -errno : n;
}

int64_t host_vm_write(int tid, const struct host_range *ranges, unsigned count, const void *local,
		      size_t size)
{
	struct iovec remote[HOST_MAX_RANGES], here = { (void *)local, size };
	ssize_t n = HOST_DOOR(
		-1, process_vm_writev(tid, &here, 1, remote, to_iovec(remote, ranges, count), 0));

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

int host_vm_reserve(uint64_t address, uint64_t size, uint64_t *at)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	void *p = HOST_DOOR((void *)-1, mmap((void *)(uintptr_t)address, size, PROT_NONE,
					     flags | MAP_FIXED_NOREPLACE, -1, 0));

	if (p == MAP_FAILED)
		p = HOST_DOOR((void *)-1, mmap(NULL, size, PROT_NONE, flags, -1, 0));
	*at = (uintptr_t)p;
	return p == MAP_FAILED ? -errno : 0;
}

int host_vm_discard(uint64_t address, uint64_t size)
{
	void *p = HOST_DOOR((void *)-1,
			    mmap((void *)(uintptr_t)address, size, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));

	return p == MAP_FAILED ? -errno : 0;
}

static int to_prot(unsigned protect)
{
	_Static_assert(HOST_PROT_READ == PROT_READ && HOST_PROT_WRITE == PROT_WRITE &&
			       HOST_PROT_EXEC == PROT_EXEC,
		       "protections");
	return (int)protect;
}

int host_vm_protect(uint64_t address, uint64_t size, unsigned protect)
{
	return HOST_DOOR(-1, mprotect((void *)(uintptr_t)address, size, to_prot(protect))) ? -errno
											   : 0;
}

int host_vm_map(uint64_t address, uint64_t size, int fd, int64_t offset, unsigned protect,
		bool private)
{
	void *p = HOST_DOOR((void *)-1,
			    mmap((void *)(uintptr_t)address, size, to_prot(protect),
				 (private ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, fd, offset));

	return p == MAP_FAILED ? -errno : 0;
}

int host_memfd(const char *name, int64_t size)
{
	int fd = HOST_DOOR(-1, memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)), err;

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

	if (HOST_DOOR(-1, fstat(fd, &st)) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? st.st_size : -EINVAL;
}

int host_file_resize(int fd, int64_t size)
{
	return HOST_DOOR(-1, ftruncate(fd, size)) < 0 ? -errno : 0;
}

int host_file_identity(int fd, uint64_t *device, uint64_t *inode)
{
	struct stat st;

	if (HOST_DOOR(-1, fstat(fd, &st)) < 0)
		return -errno;
	*device = ((uint64_t)major(st.st_dev) << 32) | minor(st.st_dev);
	*inode = st.st_ino;
	return 0;
}

int host_file_read(int fd, int64_t offset, void *buf, size_t size)
{
	ssize_t n = HOST_DOOR(-1, pread(fd, buf, size, offset));

	return n < 0 ? -errno : (int)n;
}

int host_file_write(int fd, int64_t offset, const void *buf, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = HOST_DOOR(-1, pwrite(fd, (const char *)buf + done, size - done,
						 offset + (int64_t)done));

		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}
