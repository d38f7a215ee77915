/* SPDX-License-Identifier: MIT */
/* unshare.c - unshare(2): tables of the task's own. Of name spaces those of mounts, UTS, IPC and numbers. */
#include "pid_ns.h"
#include "lxrun/ipc.h"

#define UNSHARE_FLAGS                                                                      \
	(LX_CLONE_THREAD | LX_CLONE_FS | LX_CLONE_SIGHAND | LX_CLONE_VM | LX_CLONE_FILES | \
	 LX_CLONE_SYSVSEM | CLONE_NEWTIME | LX_CLONE_NAMESPACES)
#define CLONE_NEWTIME 0x80ull

/* What a task gets of its own: all is made before any of it is the task's. */
struct own {
	struct fs_context *fs;
	struct uts_ns *uts;
	struct pid_ns *pids;
	struct ipc_ns *ipc;
	struct fdtable *files;
};

static int make_own(struct task *t, uint64_t flags, bool files, struct own *own)
{
	int err = 0;

	if (flags & LX_CLONE_NEWPID)
		err = pid_ns_for_clone(t, flags, &own->pids);
	if (!err && flags & (LX_CLONE_FS | LX_CLONE_NEWNS))
		err = fs_context_unshare(t->fs, flags & LX_CLONE_NEWNS, &own->fs);
	if (!err && flags & LX_CLONE_NEWUTS && !(own->uts = uts_ns_copy(t->uts)))
		err = -LX_ENOMEM;
	if (!err && flags & LX_CLONE_NEWIPC && !(own->ipc = ipc_ns_new()))
		err = -LX_ENOMEM;
	if (!err && files && !(own->files = fdtable_copy(t->files)))
		err = -LX_ENOMEM;
	return err;
}

static void drop_own(struct own *own)
{
	if (own->fs)
		fs_context_put(own->fs);
	if (own->uts)
		uts_ns_put(own->uts);
	if (own->ipc)
		ns_put(ipc_ns_base(own->ipc));
	pid_ns_put(own->pids);
	fdtable_put(own->files);
}

static void take_own(struct task *t, uint64_t flags, struct own *own)
{
	if (own->fs)
		task_set_fs(t, own->fs);
	if (own->uts)
		task_set_uts(t, own->uts);
	if (own->pids)
		task_set_child_ns(t, own->pids);
	if (flags & LX_CLONE_SYSVSEM)
		sem_undo_leave(t);
	if (own->ipc)
		task_set_ipc(t, own->ipc);
	if (own->files)
		task_set_files(t, own->files);
}

int64_t task_unshare(struct task *t, uint64_t flags)
{
	bool files = flags & LX_CLONE_FILES && fdtable_shared(t->files);
	struct own own = { NULL };
	int err;

	if (flags & ~(uint64_t)UNSHARE_FLAGS)
		return -LX_EINVAL;
	/* A thread, its memory and its handlers cannot leave the others. */
	if (flags & (LX_CLONE_THREAD | LX_CLONE_SIGHAND | LX_CLONE_VM) && t->tg->nr_tasks > 1)
		return -LX_EINVAL;
	if (flags & (LX_CLONE_NAMESPACES | CLONE_NEWTIME)) {
		if (!(flags & LX_CLONE_NEWUSER) && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
			return -LX_EPERM;
		/* The host must not see them, and it alone can unshare its table of descriptors. */
		if ((flags & (CLONE_OTHER_NS | CLONE_NEWTIME)) || files)
			return unsupported(t, "unshare", "flags", flags, -LX_EINVAL);
	}
	err = make_own(t, flags, files, &own);
	if (err)
		drop_own(&own);
	else
		take_own(t, flags, &own);
	return err;
}
