/* SPDX-License-Identifier: MIT */
/* file.c - life of open files: what descriptors, memory maps of the loader and /proc links share. */
#include "base/alloc.h"
#include "fsnotify.h"

struct file *file_alloc(uint32_t flags)
{
	struct file *f = mem_alloc(sizeof(*f));

	if (!f)
		return NULL;
	refs_init(&f->refs);
	lk_init(&f->lock, LR_FILE);
	list_init(&f->epoll_items);
	f->flags = flags;
	return f;
}

struct file *file_get(struct file *f)
{
	refs_get(&f->refs);
	return f;
}

void file_put(struct file *f)
{
	if (!f || !refs_put(&f->refs))
		return;
	if (!list_empty(&f->epoll_items))
		epoll_file_gone(f);
	vfs_lock_forget(f, f);
	lease_forget(f);
	file_owner_drop(f);
	fsnotify_file(f, file_writable(f) ? LX_IN_CLOSE_WRITE : LX_IN_CLOSE_NOWRITE);
	if (f->fop && f->fop->release)
		f->fop->release(f);
	if (f->handle && (!f->inode || f->handle != f->inode->handle))
		NtClose(f->handle);
	if (f->writer)
		mount_writer_put(f->path.mnt);
	inode_put(f->inode); /* the path's mount keeps its super */
	path_put(&f->path);
	mem_free(f);
}
