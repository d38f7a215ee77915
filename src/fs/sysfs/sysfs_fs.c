/* SPDX-License-Identifier: MIT */
/* sysfs_fs.c - /sys: only what is true here. The processors are the host's; there are no other devices. */
#include "../pseudo.h"
#include "nt/ex.h"

#define SYSFS_MAGIC 0x62656572

static int show_cpus(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	ULONG cpus = ExQueryProcessorCount();

	if (cpus > 1)
		text_printf(tx, "0-%u\n", cpus - 1);
	else
		text_printf(tx, "0\n");
	return 0;
}

static const struct pseudo_row no_rows[] = { { NULL } };

static const struct pseudo_row cpu_rows[] = {
	{ "online", LX_S_IFREG | 0444, .show = show_cpus },
	{ "possible", LX_S_IFREG | 0444, .show = show_cpus },
	{ "present", LX_S_IFREG | 0444, .show = show_cpus },
	{ NULL },
};

static const struct pseudo_row system_rows[] = { { "cpu", LX_S_IFDIR | 0755, .rows = cpu_rows },
						 { NULL } };
static const struct pseudo_row devices_rows[] = {
	{ "system", LX_S_IFDIR | 0755, .rows = system_rows }, { NULL }
};
static const struct pseudo_row fs_rows[] = { { "cgroup", LX_S_IFDIR | 0755, .rows = no_rows },
					     { NULL } };

static const struct pseudo_row sys_root_rows[] = {
	{ "devices", LX_S_IFDIR | 0755, .rows = devices_rows },
	{ "fs", LX_S_IFDIR | 0755, .rows = fs_rows },
	{ "kernel", LX_S_IFDIR | 0755, .rows = no_rows },
	{ NULL },
};

static const struct pseudo_row sys_root = { .name = "",
					    .mode = LX_S_IFDIR | 0555,
					    .rows = sys_root_rows };

static int sysfs_mount(const struct fs_type *type, const char *source, const char *data,
		       struct super **out)
{
	return pseudo_mount(type, &sys_root, SYSFS_MAGIC, 0, out);
}

const struct fs_type sysfs_type = { .name = "sysfs",
				    .flags = FS_NODEV | FS_SINGLE,
				    .mount = sysfs_mount };
