/* SPDX-License-Identifier: MIT */
/* nt_file.h - file operations (vfs.h) of files whose data are f->handle's. */
#ifndef FS_NT_FILE_H
#define FS_NT_FILE_H
#include "lxrun/vfs.h"
#include "nt/io.h"

/* How such a handle is opened: pread and pwrite leave its position alone. */
#define NT_FILE_OPTIONS (FILE_SYNCHRONOUS_IO_NONALERT | FILE_LXRUN_KEEP_POSITION)

/* Rights that open(2) flags ask for, as an NT access mask. */
ACCESS_MASK nt_file_access(uint32_t flags);
/* Open flags that NT has as CreateOptions; NT_FILE_OPTIONS included. */
ULONG nt_file_options(uint32_t flags);
int64_t nt_file_read(struct file *f, struct task *t, struct iter *it, int64_t *pos);
int64_t nt_file_write(struct file *f, struct task *t, struct iter *it, int64_t *pos);
int64_t nt_file_llseek(struct file *f, int64_t off, int whence);
int nt_file_fsync(struct file *f, bool data_only);
int nt_file_truncate(struct file *f, uint64_t size);
int nt_set_position(HANDLE handle, int64_t pos);
#endif
