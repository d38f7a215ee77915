/* SPDX-License-Identifier: MIT */
/* nt_stat.h - NT file information as Linux attributes. */
#ifndef FS_NT_STAT_H
#define FS_NT_STAT_H
#include "lxrun/vfs.h"
#include "nt/io.h"

void nt_kstat(const FILE_LXRUN_STAT_INFORMATION *info, struct kstat *st);
/* Sets mode, owner and times of what handle has open, as attr->valid says; not its size. 0 or -LX_E*. */
int nt_set_attr(HANDLE handle, const struct iattr *attr);
/* The number of the change journal of the volume that root is on, for super_ops.journal; one of its own each time if there is none. */
uint64_t nt_journal(HANDLE root);
/* statfs(2) of the volume it is on. 0 or -LX_E*. */
int nt_statfs(HANDLE handle, struct lx_statfs *out);
/* Sets its size. */
int nt_set_size(HANDLE handle, uint64_t size);
#endif
