/* SPDX-License-Identifier: MIT */
/* fs_types.c - the one list of file systems: what /proc/filesystems shows and mount(2) may name. */
#include "lxrun/vfs.h"

extern const struct fs_type volfs_type, tmpfs_type, proc_type, devfs_type, sysfs_type, devpts_type,
	drvfs_type, binfmt_misc_type, cgroup_type, mqueue_type;

const struct fs_type *const fs_types[] = {
	&volfs_type, &tmpfs_type,       &proc_type,   &devfs_type,  &sysfs_type, &devpts_type,
	&drvfs_type, &binfmt_misc_type, &cgroup_type, &mqueue_type, NULL,
};
