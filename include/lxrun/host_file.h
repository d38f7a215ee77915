/* SPDX-License-Identifier: MIT */
/* host_file.h - files that are one NT handle without a name in the VFS: stdio and memfd. */
#ifndef LXRUN_HOST_FILE_H
#define LXRUN_HOST_FILE_H
#include "lxrun/vfs.h"
#include "nt/io.h"

/*
 * A file on handle with an inode of its own. kind decides what blocks and what can be polled. name
 * (copied) is what /proc/PID/fd shows. Consumes handle, also on failure. Returns a reference, or NULL.
 */
struct file *host_file(HANDLE handle, IO_HOST_KIND kind, uint32_t flags, const char *name);
/* Sleeps until handle has one of IO_READY_* events, deadline_ns or a signal. 0, -LX_ETIMEDOUT, -LX_ERESTARTSYS. */
int host_wait(struct task *t, HANDLE handle, uint32_t events, uint64_t deadline_ns);
/*
 * One read or write of a pipe, socket or terminal through a bounce buffer. Never waits: bytes,
 * -LX_EAGAIN, -LX_E*.
 */
int64_t host_read_some(HANDLE handle, struct iter *it);
int64_t host_write_some(HANDLE handle, struct iter *it);
/* Writes all of it, waiting as f's O_NONBLOCK says. Bytes or -LX_E*; SIGPIPE is sent. */
int64_t host_write_all(HANDLE handle, struct file *f, struct task *t, struct iter *it);
/* The host's path of an open file as bytes: "/etc/passwd". False when it has none. */
bool host_file_path(HANDLE handle, char *buf, size_t size);
#endif
