/* SPDX-License-Identifier: MIT */
/* host_mem.h - memory of other host processes, and memory files. Results: host_sys.h. */
#ifndef HOST_MEM_H
#define HOST_MEM_H
#include <stdbool.h>
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

/* ---- the caller's own address space; addresses and sizes are whole pages ---- */
#define HOST_PROT_READ  1u
#define HOST_PROT_WRITE 2u
#define HOST_PROT_EXEC  4u
/* Reserves size bytes at address, or elsewhere if that is taken; *at says where. */
int host_vm_reserve(uint64_t address, uint64_t size, uint64_t *at);
/* Inside a reservation: back to a reservation, its contents gone. */
int host_vm_discard(uint64_t address, uint64_t size);
int host_vm_protect(uint64_t address, uint64_t size, unsigned protect);
/* Inside a reservation: shows the file from offset on. private: a copy of what is written there. */
int host_vm_map(uint64_t address, uint64_t size, int fd, int64_t offset, unsigned protect,
		bool private);

/* A new memory file of size bytes; its descriptor. */
int host_memfd(const char *name, int64_t size);
/* Size of a regular file; -EISDIR, -EINVAL for what is none. */
int64_t host_file_size(int fd);
/* Which file of the host fd is. */
int host_file_identity(int fd, uint64_t *device, uint64_t *inode);
/* Reads at most size bytes from offset on; the bytes read. */
int host_file_read(int fd, int64_t offset, void *buf, size_t size);
/* Writes all of size bytes: 0. */
int host_file_write(int fd, int64_t offset, const void *buf, size_t size);
int host_file_resize(int fd, int64_t size);
#endif
