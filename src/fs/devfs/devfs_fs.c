/* SPDX-License-Identifier: MIT */
/*
 * devfs_fs.c - /dev: the devices that exist here, and the terminal lxrun was started on under the name
 * it has on the host, so that ttyname(3) finds it.
 */
#include "../pseudo.h"
#include "../special.h"
#include "lxrun/tty.h"
#include <stdlib.h>
#include <string.h>

#define TMPFS_MAGIC 0x01021994 /* what statfs says of a Linux /dev */

static int open_device(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f)
{
	return device_open(n->row->rdev, flags, t, f);
}

/* ---- passed-through terminals ---- */

#define TTY_GROUP  5
#define PTS_PREFIX "/dev/pts/"

/* Number in /dev/pts, or -1. */
static int64_t pts_number(const struct tty *tty)
{
	const char *p = tty->name + strlen(PTS_PREFIX);
	char *end;
	long n;

	if (strncmp(tty->name, PTS_PREFIX, strlen(PTS_PREFIX)))
		return -1;
	n = strtol(p, &end, 10);
	return end > p && !*end && n >= 0 ? n : -1;
}

/* Returns a reference to the terminal that is /dev/pts/n, or NULL. */
static struct tty *find_pts(int64_t n)
{
	struct tty *tty;

	for (unsigned i = 0; (tty = tty_nth(i)) != NULL; i++) {
		if (pts_number(tty) == n)
			return tty;
		tty_put(tty);
	}
	return NULL;
}

static int list_pts(const struct pseudo_node *dir, struct number_list *l)
{
	struct tty *tty;

	for (unsigned i = 0; (tty = tty_nth(i)) != NULL; i++) {
		int64_t n = pts_number(tty);

		if (n >= 0)
			numbers_add(l, n);
		tty_put(tty);
	}
	return 0;
}

static bool pts_exists(const struct pseudo_node *dir, int64_t n)
{
	struct tty *tty = find_pts(n);

	tty_put(tty);
	return tty != NULL;
}

static int open_pts(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f)
{
	struct tty *tty = find_pts(n->id[0]);
	int err = tty ? tty_open(tty, flags, t, f) : -LX_ENXIO;

	tty_put(tty);
	return err;
}

/* Everything as the host has it: ttyname(3) compares device and inode numbers. */
static int pts_attr(const struct pseudo_node *n, struct kstat *st)
{
	struct tty *tty = find_pts(n->id[0]);
	int err = tty ? nt_fstat(tty->handle, st) : -LX_ENOENT;

	tty_put(tty);
	return err;
}

static const struct pseudo_row pts_row = { "", LX_S_IFCHR | 0620, .open = open_pts,
					   .attr = pts_attr };
static const struct pseudo_numbers pts_numbers = { 0, &pts_row, list_pts, pts_exists };

/* In a container the terminal may be the console. Returns a reference, or NULL. */
static struct tty *find_console(void)
{
	struct tty *tty;

	for (unsigned i = 0; (tty = tty_nth(i)) != NULL; i++) {
		if (!strcmp(tty->name, "/dev/console"))
			return tty;
		tty_put(tty);
	}
	return NULL;
}

static bool has_console(const struct pseudo_node *dir)
{
	struct tty *tty = find_console();

	tty_put(tty);
	return tty != NULL;
}

static int open_console(const struct pseudo_node *n, uint32_t flags, struct task *t, struct file *f)
{
	struct tty *tty = find_console();
	int err = tty ? tty_open(tty, flags, t, f) : -LX_ENXIO;

	tty_put(tty);
	return err;
}

static int console_attr(const struct pseudo_node *n, struct kstat *st)
{
	struct tty *tty = find_console();
	int err = tty ? nt_fstat(tty->handle, st) : -LX_ENOENT;

	tty_put(tty);
	return err;
}

static int tty_attr(const struct pseudo_node *n, struct kstat *st)
{
	st->gid = TTY_GROUP;
	return 0;
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
	{ "console", LX_S_IFCHR | 0600, .open = open_console, .attr = console_attr,
	  .present = has_console },
	{ "fd", LX_S_IFLNK | 0777, .target = "/proc/self/fd" },
	CHR("full", DEV(1, 7)),
	CHR("null", DEV(1, 3)),
	{ "pts", LX_S_IFDIR | 0755, .numbers = &pts_numbers },
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
	return pseudo_mount(type, &dev_root, TMPFS_MAGIC, 0, out);
}

const struct fs_type devfs_type = { .name = "devtmpfs",
				    .flags = FS_NODEV | FS_SINGLE,
				    .mount = devfs_mount };
