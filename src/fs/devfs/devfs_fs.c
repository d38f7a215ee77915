/* SPDX-License-Identifier: MIT */
/*
 * devfs_fs.c - /dev: the devices that exist here. Terminals are in /dev/pts, a file system of its own.
 */
#include "../pseudo.h"
#include "../special.h"
#include "lxrun/quirks.h"

static int open_device(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f)
{
	return device_open(n->row->rdev, flags, t, f);
}

#define TTY_GROUP 5

static int tty_attr(const struct pseudo_node *n, struct kstat *st)
{
	st->gid = TTY_GROUP;
	return 0;
}

static bool has_full(const struct pseudo_node *dir)
{
	return !quirk_on(QUIRK_DEV_FULL);
}

static bool has_mqueue(const struct pseudo_node *dir)
{
	return !quirk_on(QUIRK_MQUEUE);
}

/* ---- rows ---- */

#define CHR(n, number)                                                      \
	{                                                                   \
		n, LX_S_IFCHR | 0666, .rdev = (number), .open = open_device \
	}
/* lx_makedev() as a constant; these numbers are small. */
#define DEV(major, minor) ((uint64_t)(major) << 8 | (minor))

static const struct pseudo_row no_rows[] = { { NULL } };

static const struct pseudo_row dev_root_rows[] = {
	{ "console", LX_S_IFCHR | 0600, .rdev = DEV(5, 1), .open = open_device },
	{ "fd", LX_S_IFLNK | 0777, .target = "/proc/self/fd" },
	{ "full", LX_S_IFCHR | 0666, .rdev = DEV(1, 7), .open = open_device, .present = has_full },
	{ "mqueue", LX_S_IFDIR | 01777, .rows = no_rows, .present = has_mqueue },
	CHR("null", DEV(1, 3)),
	{ "ptmx", LX_S_IFCHR | 0666, .rdev = DEV(5, 2), .open = open_device, .attr = tty_attr },
	{ "pts", LX_S_IFDIR | 0755, .rows = no_rows },
	CHR("random", DEV(1, 8)),
	{ "shm", LX_S_IFDIR | 01777, .rows = no_rows },
	{ "stderr", LX_S_IFLNK | 0777, .target = "/proc/self/fd/2" },
	{ "stdin", LX_S_IFLNK | 0777, .target = "/proc/self/fd/0" },
	{ "stdout", LX_S_IFLNK | 0777, .target = "/proc/self/fd/1" },
	{ "tty", LX_S_IFCHR | 0666, .rdev = DEV(5, 0), .open = open_device, .attr = tty_attr },
	CHR("urandom", DEV(1, 9)),
	CHR("zero", DEV(1, 5)),
	{ NULL },
};

static const struct pseudo_row dev_root = { .name = "",
					    .mode = LX_S_IFDIR | 0755,
					    .rows = dev_root_rows };

static int devfs_mount(const struct fs_type *type, const char *source, const char *data,
		       struct super **out)
{
	return pseudo_mount(type, &dev_root, TMPFS_MAGIC, 0, NULL, out);
}

const struct fs_type devfs_type = { .name = "devtmpfs",
				    .flags = FS_NODEV | FS_SINGLE,
				    .mount = devfs_mount };
