/* SPDX-License-Identifier: MIT */
/* sysfs_fs.c - /sys: only what is true here. The processors are the host's; there are no other devices. */
#include "sysfs.h"
#include "base/alloc.h"
#include "nt/ex.h"
#include <stdio.h>
#include <string.h>

const struct pseudo_row sys_no_rows[] = { { NULL } };

/* ---- memory: what guests' pages are is the host's to say ---- */

static int show_huge(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char name[64], value[256];
	SIZE_T len;

	snprintf(name, sizeof(name), "transparent_hugepage/%s", n->row->name);
	if (!NT_SUCCESS(ExQueryHostText(name, value, sizeof(value), &len)))
		return -LX_ENODEV;
	text_put(tx, value, len);
	return 0;
}

static bool has_huge(const struct pseudo_node *dir)
{
	char c;
	SIZE_T len;

	return ExQueryHostText("transparent_hugepage/enabled", &c, 1, &len) ==
	       STATUS_BUFFER_OVERFLOW;
}

static const struct pseudo_row huge_rows[] = {
	SYS_TEXT("defrag", show_huge),         SYS_TEXT("enabled", show_huge),
	SYS_TEXT("hpage_pmd_size", show_huge), SYS_TEXT("shmem_enabled", show_huge),
	SYS_TEXT("use_zero_page", show_huge),  { NULL },
};
static const struct pseudo_row mm_rows[] = {
	{ "transparent_hugepage", LX_S_IFDIR | 0755, .rows = huge_rows, .present = has_huge },
	{ NULL },
};

/* ---- the tree ---- */

static const struct pseudo_row system_rows[] = {
	{ "cpu", LX_S_IFDIR | 0755, .rows = sys_cpu_rows, .numbers = &sys_cpus },
	{ "node", LX_S_IFDIR | 0755, .rows = sys_node_rows, .numbers = &sys_nodes },
	{ NULL },
};
static const struct pseudo_row virtual_rows[] = { SYS_DIR("net", sys_virtual_net_rows), { NULL } };
static const struct pseudo_row devices_rows[] = {
	SYS_DIR("system", system_rows),
	SYS_DIR("virtual", virtual_rows),
	{ NULL },
};
static const struct pseudo_row class_rows[] = {
	SYS_DIR("block", sys_no_rows),
	SYS_DIR("net", sys_class_net_rows),
	{ NULL },
};
static const struct pseudo_row dev_rows[] = {
	SYS_DIR("block", sys_no_rows),
	SYS_DIR("char", sys_no_rows),
	{ NULL },
};
static const struct pseudo_row fs_rows[] = { SYS_DIR("cgroup", sys_no_rows), { NULL } };
static const struct pseudo_row kernel_rows[] = { SYS_DIR("mm", mm_rows), { NULL } };

static const struct pseudo_row sys_root_rows[] = {
	SYS_DIR("block", sys_no_rows),
	SYS_DIR("bus", sys_no_rows),
	SYS_DIR("class", class_rows),
	SYS_DIR("dev", dev_rows),
	SYS_DIR("devices", devices_rows),
	SYS_DIR("firmware", sys_no_rows),
	SYS_DIR("fs", fs_rows),
	SYS_DIR("kernel", kernel_rows),
	SYS_DIR("module", sys_no_rows),
	SYS_DIR("power", sys_no_rows),
	{ NULL },
};

static const struct pseudo_row sys_root = { .name = "",
					    .mode = LX_S_IFDIR | 0555,
					    .rows = sys_root_rows };

static int sysfs_mount(const struct fs_type *type, const char *source, const char *data,
		       struct super **out)
{
	return pseudo_mount(type, &sys_root, SYSFS_MAGIC, 0, NULL, out);
}

const struct fs_type sysfs_type = { .name = "sysfs",
				    .flags = FS_NODEV | FS_SINGLE,
				    .mount = sysfs_mount };
