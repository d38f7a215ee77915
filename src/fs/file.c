/* SPDX-License-Identifier: MIT */
/* file.c - life of open files: what descriptors, memory maps of the loader and /proc links share. */
#include "base/alloc.h"
#include "vfs_impl.h"

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
	if (f->fop && f->fop->release)
		f->fop->release(f);
	if (f->handle && (!f->inode || f->handle != f->inode->handle))
		NtClose(f->handle);
	path_put(&f->path);
	inode_put(f->inode);
	mem_free(f);
}
