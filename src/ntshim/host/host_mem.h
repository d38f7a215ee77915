/* SPDX-License-Identifier: MIT */
/* host_mem.h - memory of other host processes, and memory files. Results: host_sys.h. */
#ifndef HOST_MEM_H
#define HOST_MEM_H
#include <stddef.h>
#include <stdint.h>

struct host_range {
	uint64_t address;
	size_t size;
};

/* What one host call takes. */
#define HOST_MAX_RANGES 16
/*
 * Copies count (at most HOST_MAX_RANGES) ranges of the address space of thread tid to local, or back.
 * size is the sum of their sizes. Honours the page protections there. Returns the bytes copied, which
 * are fewer (whole pages up to the first one that is not accessible) or -EFAULT if there are none.
 */
int64_t host_vm_read(int tid, const struct host_range *ranges, unsigned count, void *local,
		     size_t size);
int64_t host_vm_write(int tid, const struct host_range *ranges, unsigned count, const void *local,
		      size_t size);

/* As a debugger, through /proc/TID/mem: page protections do not count. Bytes copied. */
int64_t host_vm_peek(int tid, uint64_t address, void *local, size_t size);
int64_t host_vm_poke(int tid, uint64_t address, const void *local, size_t size);

/* A new memory file of size bytes; its descriptor. */
int host_memfd(const char *name, int64_t size);
/* Size of a regular file; -EISDIR, -EINVAL for what is none. */
int64_t host_file_size(int fd);
int host_file_resize(int fd, int64_t size);
#endif
