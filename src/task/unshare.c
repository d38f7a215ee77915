/* SPDX-License-Identifier: MIT */
/* unshare.c - unshare(2) and setns(2): tables of the task's own. Namespaces are not there. */
#include "task_impl.h"

#define UNSHARE_FLAGS                                                                      \
	(LX_CLONE_THREAD | LX_CLONE_FS | LX_CLONE_SIGHAND | LX_CLONE_VM | LX_CLONE_FILES | \
	 LX_CLONE_SYSVSEM | CLONE_NEWTIME | LX_CLONE_NAMESPACES)
#define CLONE_NEWTIME 0x80ull

static int own_fs(struct task *t)
{
	struct fs_context *fs = fs_context_copy(t->fs), *old = t->fs;

	if (!fs)
		return -LX_ENOMEM;
	lk_acquire(&t->lock);
	t->fs = fs;
	lk_release(&t->lock);
	fs_context_put(old);
	return 0;
}

static int own_files(struct task *t)
{
	struct fdtable *files = fdtable_copy(t->files), *old = t->files;

	if (!files)
		return -LX_ENOMEM;
	lk_acquire(&t->lock);
	t->files = files;
	lk_release(&t->lock);
	fdtable_put(old);
	return 0;
}

int64_t task_unshare(struct task *t, uint64_t flags)
{
	bool files = flags & LX_CLONE_FILES && fdtable_shared(t->files);
	int err = 0;

	if (flags & ~(uint64_t)UNSHARE_FLAGS)
		return -LX_EINVAL;
	/* A thread, its memory and its handlers cannot leave the others. */
	if (flags & (LX_CLONE_THREAD | LX_CLONE_SIGHAND | LX_CLONE_VM) && t->tg->nr_tasks > 1)
		return -LX_EINVAL;
	if (flags & (LX_CLONE_NAMESPACES | CLONE_NEWTIME)) {
		if (!(flags & LX_CLONE_NEWUSER) && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
			return -LX_EPERM;
		return unsupported(t, "unshare", "flags", flags, -LX_EINVAL);
	}
	if (flags & LX_CLONE_FS)
		err = own_fs(t);
	if (!err && files)
		err = own_files(t);
	return err;
}
