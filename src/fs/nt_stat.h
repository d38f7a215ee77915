/* SPDX-License-Identifier: MIT */
/* nt_stat.h - NT file information as Linux attributes. */
#ifndef FS_NT_STAT_H
#define FS_NT_STAT_H
#include "lxrun/vfs.h"
#include "nt/io.h"

void nt_kstat(const FILE_LXRUN_STAT_INFORMATION *info, struct kstat *st);
#endif
