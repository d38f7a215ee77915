/* SPDX-License-Identifier: MIT */
/* sysfs.h - what the files of sysfs share. */
#ifndef SYSFS_H
#define SYSFS_H
#include "../pseudo.h"

/* Which number of a node says what. */
enum { SYS_CPU, SYS_CACHE, SYS_NODE = SYS_CPU };

#define SYS_TEXT(n, func)                          \
	{                                          \
		n, LX_S_IFREG | 0444, .show = func \
	}
#define SYS_ITEM(n, func, which)                                   \
	{                                                          \
		n, LX_S_IFREG | 0444, .show = func, .arg = (which) \
	}
#define SYS_DIR(n, table)                           \
	{                                           \
		n, LX_S_IFDIR | 0755, .rows = table \
	}

extern const struct pseudo_row sys_cpu_rows[], sys_node_rows[], sys_no_rows[];
extern const struct pseudo_row sys_class_net_rows[], sys_virtual_net_rows[];
extern const struct pseudo_numbers sys_cpus, sys_nodes;
#endif
