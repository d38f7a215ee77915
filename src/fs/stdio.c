/* SPDX-License-Identifier: MIT */
/*
 * stdio.c - files that lxrun was started with, and other files that are one NT handle and no name.
 *
 * As a rule such a file is direct: the guest has the host descriptor itself and reads and writes
 * without us. What is here serves the rest: sendfile, poll, stat, a second open through /proc/self/fd,
 * and terminals, whose process-group rules are lxcore's (src/tty).
 */
#include "lxrun/host_file.h"
#include "nt_file.h"
#include "nt_name.h"
#include "lxrun/anon.h"
#include "base/alloc.h"
#include "nt_stat.h"
#include "lx/ioctl.h"
#include "lxrun/signal.h"
#include "lxrun/task.h"
#include "lxrun/tty.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BOUNCE 65536u

/* ---- waiting for the NT layer ---- */

struct host_waiter {
	struct task *t;
	_Atomic bool fired;
};

static void host_ready(PVOID context, ULONG ready)
{
	struct host_waiter *w = context;

	w->fired = true;
	task_wake(w->t);
}

int host_wait(struct task *t, HANDLE handle, uint32_t events, uint64_t deadline_ns)
{
	struct host_waiter w = { .t = t };
	PIO_WATCH watch;
	ULONG ready;
	NTSTATUS status;
	int err = 0;

	events |= IO_READY_HANGUP | IO_READY_ERROR;
	status = IoQueryReadiness(handle, events, &ready);
	if (!NT_SUCCESS(status) || ready)
		return nt_to_errno(status);
	status = IoWatchReadiness(handle, events, host_ready, &w, &watch);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	while (!w.fired && !err)
		err = task_sleep(t, deadline_ns);
	IoUnwatchReadiness(watch);
	return w.fired ? 0 : err;
}

/* ---- pipes, sockets, character devices, terminals: the NT layer never waits, we do ---- */

int64_t host_read_some(HANDLE handle, struct iter *it)
{
	ULONG n = (ULONG)(it->left < BOUNCE ? it->left : BOUNCE);
	char small[4096], *buf = n <= sizeof(small) ? small : mem_realloc(NULL, n);
	IO_STATUS_BLOCK iosb = { 0 };
	NTSTATUS status;
	int64_t res;

	if (!buf)
		return -LX_ENOMEM;
	status = NtReadFile(handle, NULL, NULL, NULL, &iosb, buf, n, NULL, NULL);
	if (status != STATUS_SUCCESS)
		res = nt_to_errno(status);
	else
		res = iter_write(it, buf, iosb.Information);
	if (buf != small)
		mem_free(buf);
	return res;
}

/* What the host does not take goes back to the iterator. */
int64_t host_write_some(HANDLE handle, struct iter *it)
{
	ULONG n = (ULONG)(it->left < BOUNCE ? it->left : BOUNCE);
	char small[4096], *buf = n <= sizeof(small) ? small : mem_realloc(NULL, n);
	struct iter before = *it;
	IO_STATUS_BLOCK iosb = { 0 };
	NTSTATUS status;
	int64_t res;

	if (!buf)
		return -LX_ENOMEM;
	res = iter_read(it, buf, n);
	if (res > 0) {
		status = NtWriteFile(handle, NULL, NULL, NULL, &iosb, buf, (ULONG)res, NULL, NULL);
		res = status == STATUS_SUCCESS ? (int64_t)iosb.Information : nt_to_errno(status);
		*it = before;
		if (res > 0)
			iter_advance(it, (uint64_t)res);
	}
	if (buf != small)
		mem_free(buf);
	return res;
}

static int64_t stream_read(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	int64_t n;

	while ((n = host_read_some(f->handle, it)) == -LX_EAGAIN && !(f->flags & LX_O_NONBLOCK)) {
		n = host_wait(t, f->handle, IO_READY_READ, WAIT_FOREVER);
		if (n)
			break;
	}
	return n;
}

int64_t host_write_all(HANDLE handle, struct file *f, struct task *t, struct iter *it)
{
	int64_t n = 0, total = 0;

	while (it->left) {
		n = host_write_some(handle, it);
		if (n > 0) {
			total += n;
			continue;
		}
		if (n != -LX_EAGAIN || f->flags & LX_O_NONBLOCK)
			break;
		n = host_wait(t, handle, IO_READY_WRITE, WAIT_FOREVER);
		if (n)
			break;
	}
	if (n == -LX_EPIPE)
		signal_epipe(t);
	return total ? total : n;
}

static int64_t stream_write(struct file *f, struct task *t, struct iter *it, int64_t *pos)
{
	return host_write_all(f->handle, f, t, it);
}

static int64_t stream_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	IO_STATUS_BLOCK iosb;
	ULONG n = 0;
	NTSTATUS status;

	if (cmd != LX_FIONREAD)
		return -LX_ENOIOCTLCMD;
	status = NtDeviceIoControlFile(f->handle, NULL, NULL, NULL, &iosb,
				       IOCTL_LXRUN_TTY_BYTES_READY, NULL, 0, &n, sizeof(n));
	return NT_SUCCESS(status) ? guest_copyout(t, GADDR(arg), &n, sizeof(n))
				  : nt_to_errno(status);
}

static const struct file_ops stream_fop = {
	.read = stream_read,
	.write = stream_write,
	.poll = nt_poll,
	.ioctl = stream_ioctl,
};

static const struct file_ops seekable_fop = {
	.read = nt_file_read,
	.write = nt_file_write,
	.llseek = nt_file_llseek,
	.truncate = nt_file_truncate,
	.fsync = nt_file_fsync,
};

/* ---- the inode ---- */

static int host_getattr(struct inode *inode, struct kstat *st)
{
	return nt_fstat(inode->handle, st);
}

static int host_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = attr->valid & ATTR_SIZE ? nt_set_size(inode->handle, attr->size) : 0;

	return err ? err : nt_set_attr(inode->handle, attr);
}

/* A pipe or character device of lxrun's own: one open is as good as two, in the directions it has. */
static int host_share(struct inode *inode, struct file *f)
{
	ACCESS_MASK need = (file_readable(f) ? FILE_READ_DATA : 0) |
			   (file_writable(f) ? FILE_WRITE_DATA : 0);
	ACCESS_MASK granted;
	NTSTATUS status = ObQueryHandleAccess(inode->handle, &granted);

	if (NT_SUCCESS(status) && need & ~granted)
		return -LX_EACCES;
	if (NT_SUCCESS(status))
		status = NtDuplicateObject(NtCurrentProcess(), inode->handle, NtCurrentProcess(),
					   &f->handle, 0, 0, DUPLICATE_SAME_ACCESS);
	f->fop = inode->fop;
	return nt_to_errno(status);
}

/* /proc/self/fd/N, /dev/stdin: a second open of the same object, with a position of its own. */
static int host_reopen(struct inode *inode, uint32_t flags, struct task *t, struct file *f)
{
	struct nt_name self;
	IO_STATUS_BLOCK iosb;
	NTSTATUS status;

	if (LX_S_ISSOCK(inode->mode))
		return -LX_ENXIO;
	if (inode->fop == &stream_fop)
		return host_share(inode, f);
	nt_name_set(&self, inode->handle, "");
	status = NtCreateFile(&f->handle, nt_file_access(flags), &self.attr, &iosb, NULL, 0,
			      FILE_SHARE_VALID_FLAGS,
			      flags & LX_O_TRUNC ? FILE_OVERWRITE : FILE_OPEN,
			      nt_file_options(flags & ~LX_O_CREAT), NULL, 0);
	if (!NT_SUCCESS(status))
		return nt_to_errno(status);
	f->fop = inode->fop;
	f->direct = IoIsDirectCapable(f->handle);
	return 0;
}

static const struct inode_ops host_iop = { .getattr = host_getattr,
					   .setattr = host_setattr,
					   .open = host_reopen };

struct file *host_file(HANDLE handle, IO_HOST_KIND kind, uint32_t flags, const char *name)
{
	bool seekable = kind == IoHostRegular || kind == IoHostDirectory;
	const struct file_ops *fop = seekable ? &seekable_fop : &stream_fop;
	struct kstat st;
	struct inode *inode = nt_fstat(handle, &st) ? NULL
						    : anon_inode(&host_iop, fop, st.ino, st.mode);
	char *text = mem_strdup(name);
	struct file *f = inode && text ? file_alloc(flags) : NULL;

	if (!inode || !text) {
		NtClose(handle);
		mem_free(text);
		inode_put(inode);
		return NULL;
	}
	inode->handle = handle;
	inode->priv = text;
	inode->uid = st.uid;
	inode->gid = st.gid;
	if (!f) {
		inode_put(inode);
		return NULL;
	}
	f->inode = inode;
	f->fop = fop;
	f->handle = handle;
	f->direct = IoIsDirectCapable(handle);
	return f;
}

/* ---- names ---- */

bool host_file_path(HANDLE handle, char *buf, size_t size)
{
	ULONG room = sizeof(FILE_NAME_INFORMATION) + LX_PATH_MAX * sizeof(WCHAR);
	FILE_NAME_INFORMATION *info = mem_alloc(room);
	IO_STATUS_BLOCK iosb;
	bool ok = info &&
		  NT_SUCCESS(
			  NtQueryInformationFile(handle, &iosb, info, room, FileNameInformation)) &&
		  nt_path_to_linux(info->FileName, info->FileNameLength / sizeof(WCHAR), buf, size,
				   IoNtNameToHost) > 0;

	mem_free(info);
	return ok;
}

struct file *stdio_file(HANDLE handle, int kind, uint32_t flags)
{
	char name[LX_PATH_MAX];
	struct kstat st = { 0 };

	if (kind == IoHostTerminal)
		return console_file(handle, flags);
	nt_fstat(handle, &st);
	if (kind == IoHostPipe)
		snprintf(name, sizeof(name), "pipe:[%" PRIu64 "]", st.ino);
	else if (kind == IoHostSocket)
		snprintf(name, sizeof(name), "socket:[%" PRIu64 "]", st.ino);
	else if (!host_file_path(handle, name, sizeof(name)))
		snprintf(name, sizeof(name), "(unreachable)");
	return host_file(handle, (IO_HOST_KIND)kind, flags, name);
}
