/* SPDX-License-Identifier: MIT */
/* proc_fd.c - /proc/PID/fd and fdinfo. The links are magic: they name the open file itself. */
#include "proc.h"
#include "lxrun/nsfs.h"
#include "lxrun/anon.h"
#include "nt/io.h"
#include <inttypes.h>
#include <stdio.h>

/* Returns a reference to descriptor fd of the process, or NULL. */
static struct file *get_file(const struct pseudo_node *n, int64_t fd, bool *cloexec)
{
	struct fdtable *ft = proc_files(n);
	struct file *f = NULL;

	if (!ft)
		return NULL;
	if (fd < 0 || fd > INT32_MAX || fdtable_next(ft, (int)fd, &f, cloexec) != fd) {
		file_put(f);
		f = NULL;
	}
	fdtable_put(ft);
	return f;
}

static int list_fds(const struct pseudo_node *dir, struct number_list *l)
{
	struct fdtable *ft = proc_files(dir);
	struct file *f;
	bool cloexec;
	int fd = -1;

	if (!ft)
		return 0;
	while ((fd = fdtable_next(ft, fd + 1, &f, &cloexec)) >= 0) {
		file_put(f);
		numbers_add(l, fd);
	}
	fdtable_put(ft);
	return 0;
}

static bool fd_exists(const struct pseudo_node *dir, int64_t n)
{
	bool cloexec;
	struct file *f = get_file(dir, n, &cloexec);

	file_put(f);
	return f != NULL;
}

const struct pseudo_numbers proc_fds = {
	.slot = PROC_FD, .row = &proc_fd_row, .list = list_fds, .exists = fd_exists
};
const struct pseudo_numbers proc_fdinfos = {
	.slot = PROC_FD, .row = &proc_fdinfo_row, .list = list_fds, .exists = fd_exists
};

/* ---- links ---- */

static int fd_attr(const struct pseudo_node *n, struct kstat *st)
{
	bool cloexec;
	struct file *f = get_file(n, n->id[PROC_FD], &cloexec);

	if (!f)
		return -LX_ENOENT;
	st->mode = LX_S_IFLNK | (file_readable(f) ? 0500 : 0) | (file_writable(f) ? 0300 : 0);
	st->size = 64;
	file_put(f);
	return proc_pid_attr(n, st);
}

static int64_t fd_link(const struct pseudo_node *n, struct task *t, char *buf, size_t size)
{
	bool cloexec;
	struct file *f;
	int64_t res = proc_may_look(n, t);

	if (res)
		return res;
	f = get_file(n, n->id[PROC_FD], &cloexec);
	if (!f)
		return -LX_ENOENT;
	if (f->path.dentry && !anon_is(f->inode) && !nsfs_is_nowhere(f))
		res = proc_path_text(t, &f->path, f, buf, size);
	else
		res = anon_text(f, buf, size);
	file_put(f);
	return res;
}

static int fd_jump(const struct pseudo_node *n, struct task *t, struct path *out)
{
	bool cloexec;
	struct file *f;
	int err = proc_may_look(n, t);

	if (err)
		return err;
	f = get_file(n, n->id[PROC_FD], &cloexec);
	if (!f)
		return -LX_ENOENT;
	if (f->path.dentry) {
		*out = f->path;
		path_get(out);
	} else {
		err = f->inode ? anon_path(f->inode, out) : -LX_ENXIO;
	}
	file_put(f);
	return err;
}

const struct pseudo_row proc_fd_row = {
	.name = "", .mode = LX_S_IFLNK | 0700, .link = fd_link, .jump = fd_jump, .attr = fd_attr
};

/* ---- fdinfo ---- */

/* The host keeps the position of a direct file. */
static int64_t position(struct file *f)
{
	FILE_POSITION_INFORMATION info;
	IO_STATUS_BLOCK iosb;
	int64_t pos;

	if (f->direct && NT_SUCCESS(NtQueryInformationFile(f->handle, &iosb, &info, sizeof(info),
							   FilePositionInformation)))
		return info.CurrentByteOffset.QuadPart;
	lk_acquire(&f->lock);
	pos = f->pos;
	lk_release(&f->lock);
	return pos;
}

static int fdinfo_show(const struct pseudo_node *n, struct task *t, struct text *tx)
{
	char extra[1024];
	bool cloexec = false;
	struct file *f = get_file(n, n->id[PROC_FD], &cloexec);

	if (!f)
		return -LX_ENOENT;
	text_printf(tx, "pos:\t%" PRId64 "\nflags:\t0%o\nmnt_id:\t%d\nino:\t%" PRIu64 "\n",
		    position(f), f->flags | (cloexec ? LX_O_CLOEXEC : 0),
		    f->path.mnt ? f->path.mnt->id : 0, f->inode ? f->inode->ino : 0);
	if (f->fop && f->fop->show_fdinfo && f->fop->show_fdinfo(f, extra, sizeof(extra)) > 0)
		text_printf(tx, "%s", extra);
	file_put(f);
	return 0;
}

const struct pseudo_row proc_fdinfo_row = {
	.name = "", .mode = LX_S_IFREG | 0400, .show = fdinfo_show, .attr = proc_pid_attr
};
