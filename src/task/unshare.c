/* SPDX-License-Identifier: MIT */
/* unshare.c - unshare(2): tables of the task's own. Of name spaces those of mounts, UTS, IPC and numbers. */
#include "pid_ns.h"
#include "lxrun/ipc.h"

#define UNSHARE_FLAGS                                                                      \
	(LX_CLONE_THREAD | LX_CLONE_FS | LX_CLONE_SIGHAND | LX_CLONE_VM | LX_CLONE_FILES | \
	 LX_CLONE_SYSVSEM | CLONE_NEWTIME | LX_CLONE_NAMESPACES)
#define CLONE_NEWTIME 0x80ull

static int unshare_uts(struct task *t)
{
	struct uts_ns *ns = uts_ns_copy(t->uts);

	if (ns)
		task_set_uts(t, ns);
	return ns ? 0 : -LX_ENOMEM;
}

static int unshare_ipc(struct task *t)
{
	struct ipc_ns *ns = ipc_ns_new();

	if (ns)
		task_set_ipc(t, ns);
	return ns ? 0 : -LX_ENOMEM;
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
		/* The host must not see them, and it alone can unshare its table of descriptors. */
		if ((flags & (CLONE_OTHER_NS | CLONE_NEWTIME)) || files)
			return unsupported(t, "unshare", "flags", flags, -LX_EINVAL);
	}
	if (flags & (LX_CLONE_FS | LX_CLONE_NEWNS))
		err = fs_context_unshare(t, flags & LX_CLONE_NEWNS);
	if (!err && flags & LX_CLONE_NEWUTS)
		err = unshare_uts(t);
	if (!err && flags & LX_CLONE_NEWPID)
		err = task_unshare_pids(t);
	if (!err && flags & LX_CLONE_SYSVSEM)
		sem_undo_leave(t);
	if (!err && flags & LX_CLONE_NEWIPC)
		err = unshare_ipc(t);
	if (!err && files)
		err = fdtable_unshare(t);
	return err;
}
