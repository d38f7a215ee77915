/* SPDX-License-Identifier: MIT */
/*
 * special.c - FIFO and device nodes, wherever they are stored. /dev/null is NT's \Device\Null, as a
 * rule a direct descriptor; zero, full and random are answered here.
 */
#include "special.h"
#include "vfs_impl.h"
#include "lx/ioctl.h"
#include "lxrun/host_file.h"
#include "lxrun/tty.h"
#include "nt/ex.h"
#include <string.h>

/* ---- null ---- */

static int64_t null_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return 0;
}

static int64_t sink_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t n = (int64_t)it->left;

	iter_advance(it, it->left);
	return n;
}

static int64_t zero_llseek(struct file *f, int64_t off, int whence)
{
	return 0;
}

static const struct file_ops null_fop = {
	.read = null_read,
	.write = sink_write,
	.llseek = zero_llseek,
	.nowait = true,
};

/* null and zero are NT devices too: a descriptor for the guest where the device has one. */
static int open_nt_device(struct file *f, PCWSTR device, USHORT length, const struct file_ops *fop)
{
	UNICODE_STRING name = { length, length, (PWSTR)device };
	OBJECT_ATTRIBUTES oa;
	IO_STATUS_BLOCK iosb;
	ACCESS_MASK access = SYNCHRONIZE;

	if (file_readable(f))
		access |= FILE_GENERIC_READ;
	if (file_writable(f))
		access |= FILE_GENERIC_WRITE;
	f->fop = fop;
	InitializeObjectAttributes(&oa, &name, 0, NULL, NULL);
	/* Without the NT device the file works all the same, only not directly. */
	if (NT_SUCCESS(NtCreateFile(&f->handle, access, &oa, &iosb, NULL, 0, FILE_SHARE_VALID_FLAGS,
				    FILE_OPEN, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0)))
		f->direct = IoIsDirectCapable(f->handle);
	return 0;
}

/* ---- zero, full, random ---- */

static int64_t zero_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return it->left ? iter_zero(it, it->left) : 0;
}

static int64_t full_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return -LX_ENOSPC;
}

static int64_t random_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	char buf[4096];
	int64_t n = 0, total = 0;

	while (it->left) {
		uint64_t want = it->left < sizeof(buf) ? it->left : sizeof(buf);

		if (!NT_SUCCESS(ExGenRandom(buf, want)))
			n = -LX_EIO;
		else
			n = iter_write(it, buf, want);
		if (n <= 0)
			break;
		total += n;
	}
	memset(buf, 0, sizeof(buf));
	return total ? total : n;
}

/* The pool is the host's and full. */
static int64_t random_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	int32_t bits = 256;

	return cmd == LX_RNDGETENTCNT ? guest_copyout(t, GADDR(arg), &bits, sizeof(bits))
				      : -LX_ENOIOCTLCMD;
}

static uint32_t random_poll(struct file *f, struct poll_table *pt)
{
	return LX_POLLIN | LX_POLLRDNORM | LX_POLLOUT | LX_POLLWRNORM;
}

static const struct file_ops zero_fop = {
	.read = zero_read,
	.write = sink_write,
	.llseek = zero_llseek,
	.nowait = true,
};
static const struct file_ops full_fop = {
	.read = zero_read,
	.write = full_write,
	.llseek = zero_llseek,
};
static const struct file_ops random_fop = {
	.read = random_read,
	.write = sink_write,
	.llseek = zero_llseek,
	.poll = random_poll,
	.nowait = true,
	.ioctl = random_ioctl,
};

/* ---- opening ---- */
#define DEVICE_NAME(lit) lit, sizeof(lit) - sizeof(WCHAR)

/* A terminal by its number, wherever its node is. */
static int open_terminal(uint64_t rdev, uint32_t flags, struct task *t, struct file *f)
{
	int64_t n = ((int64_t)lx_major(rdev) - 136) * 256 + lx_minor(rdev);
	struct tty *tty = lx_major(rdev) >= 136 && lx_major(rdev) < 144 ? tty_find(n) : NULL;
	int err = tty ? tty_open(tty, flags, t, f) : -LX_ENXIO;

	tty_put(tty);
	return err;
}

int device_open(uint64_t rdev, uint32_t flags, struct task *t, struct file *f)
{
	if (rdev == DEV_NULL)
		return open_nt_device(f, DEVICE_NAME(u"\\Device\\Null"), &null_fop);
	if (rdev == DEV_TTY)
		return tty_open_controlling(flags, t, f);
	if (rdev == DEV_CONSOLE)
		return tty_open_console(flags, t, f);
	if (rdev == DEV_PTMX)
		return pty_open_master(flags, t, f);
	if (rdev == DEV_ZERO)
		return open_nt_device(f, DEVICE_NAME(u"\\Device\\Zero"), &zero_fop);
	if (rdev == DEV_FULL)
		f->fop = &full_fop;
	else if (rdev == DEV_RANDOM || rdev == DEV_URANDOM)
		f->fop = &random_fop;
	else
		return open_terminal(rdev, flags, t, f);
	return 0;
}

int special_open(struct inode *inode, const struct kstat *st, uint32_t flags, struct task *t,
		 struct file *f)
{
	int err = cgroup_may_device(t, st->mode, st->rdev, vfs_device_rights(vfs_open_mask(flags)));

	if (err)
		return err;
	switch (st->mode & LX_S_IFMT) {
	case LX_S_IFIFO:
		return fifo_open(inode, flags, t, f);
	case LX_S_IFCHR:
		if (f->nodev)
			return -LX_EACCES;
		return device_open(st->rdev, flags, t, f);
	case LX_S_IFBLK:
		return f->nodev ? -LX_EACCES : -LX_ENXIO;
	default:
		return -LX_ENXIO;
	}
}
