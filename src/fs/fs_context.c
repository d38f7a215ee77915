/* SPDX-License-Identifier: MIT */
/* fs_context.c - root, working directory and umask: what CLONE_FS shares. */
#include "base/alloc.h"
#include "vfs_impl.h"

struct fs_context *fs_context_new(const struct path *root, const struct path *cwd, uint32_t umask)
{
	struct fs_context *fs = mem_alloc(sizeof(*fs));

	if (!fs)
		return NULL;
	refs_init(&fs->refs);
	lk_init(&fs->lock, LR_FS);
	fs->root = *root;
	fs->cwd = *cwd;
	path_get(&fs->root);
	path_get(&fs->cwd);
	fs->umask = umask;
	fs->ns = mount_ns_get(mount_first_ns());
	return fs;
}

struct fs_context *fs_context_get(struct fs_context *fs)
{
	refs_get(&fs->refs);
	return fs;
}

struct fs_context *fs_context_copy(struct fs_context *fs)
{
	struct path root, cwd;
	struct fs_context *copy;

	fs_get_root(fs, &root);
	fs_get_cwd(fs, &cwd);
	copy = fs_context_new(&root, &cwd, fs->umask);
	if (copy) {
		mount_ns_put(copy->ns);
		copy->ns = mount_ns_get(fs->ns);
	}
	path_put(&root);
	path_put(&cwd);
	return copy;
}

void fs_context_put(struct fs_context *fs)
{
	if (!fs || !refs_put(&fs->refs))
		return;
	path_put(&fs->root);
	path_put(&fs->cwd);
	mount_ns_put(fs->ns);
	mem_free(fs);
}

static void get_locked(struct fs_context *fs, const struct path *p, struct path *out)
{
	lk_acquire(&fs->lock);
	*out = *p;
	path_get(out);
	lk_release(&fs->lock);
}

void fs_get_root(struct fs_context *fs, struct path *out)
{
	get_locked(fs, &fs->root, out);
}

void fs_get_cwd(struct fs_context *fs, struct path *out)
{
	get_locked(fs, &fs->cwd, out);
}

int fs_context_unshare(struct fs_context *old, bool new_mounts, struct fs_context **out)
{
	struct fs_context *copy = fs_context_copy(old);
	int err = copy ? 0 : -LX_ENOMEM;

	if (!err && new_mounts)
		err = mount_ns_unshare(copy);
	if (err)
		fs_context_put(copy);
	else
		*out = copy;
	return err;
}

void task_set_fs(struct task *t, struct fs_context *fs)
{
	struct fs_context *old;

	lk_acquire(&t->lock);
	old = t->fs;
	t->fs = fs;
	lk_release(&t->lock);
	fs_context_put(old);
}
