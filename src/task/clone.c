/* SPDX-License-Identifier: MIT */
/*
 * clone.c - new tasks: fork, vfork, clone, clone3 are one verb.
 *
 * Runs on the trace thread in the caller's life-cycle call. The host clones only after we answered
 * SC_CLONE, so the child is in all tables, with its number, before its first instruction. If the host
 * then refuses, ExitThread (and ExitProcess) with host number 0 take it all back: exit.c.
 */
#include "pid_ns.h"
#include "ptrace.h"
#include "lxrun/guestmem.h"
#include "lxrun/ipc.h"
#include "lxrun/mount.h"
#include "lxrun/pidfd.h"
#include "lxrun/tty.h"
#include "lxrun/trace.h"
#include "lxrun/quirks.h"
#include "base/alloc.h"
#include <string.h>

/* Flags with a meaning for the host's clone; the rest is ours alone or ignored. */
#define CLONE_FOR_HOST                                                                            \
	(LX_CLONE_VM | LX_CLONE_FS | LX_CLONE_FILES | LX_CLONE_SIGHAND | LX_CLONE_VFORK |         \
	 LX_CLONE_PARENT | LX_CLONE_THREAD | LX_CLONE_SYSVSEM | LX_CLONE_SETTLS |                 \
	 LX_CLONE_PARENT_SETTID | LX_CLONE_CHILD_CLEARTID | LX_CLONE_CHILD_SETTID | LX_CLONE_IO | \
	 LX_CLONE_CLEAR_SIGHAND)

/* Combinations that Linux's copy_process() refuses. */
static int check_flags(struct task *t, uint64_t flags)
{
	if ((flags & LX_CLONE_FS) && (flags & (LX_CLONE_NEWNS | LX_CLONE_NEWUSER)))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_THREAD) && !(flags & LX_CLONE_SIGHAND))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_SIGHAND) && !(flags & LX_CLONE_VM))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_THREAD) &&
	    (flags & (LX_CLONE_NEWUSER | LX_CLONE_NEWPID) || t->child_ns))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_PARENT) && tgroup_is_ns_init(t->tg))
		return -LX_EINVAL; /* it would have a brother who is no init */
	if ((flags & LX_CLONE_NEWIPC) && (flags & LX_CLONE_SYSVSEM))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_PIDFD) && (flags & LX_CLONE_DETACHED))
		return -LX_EINVAL;
	if ((flags & LX_CLONE_IO) && quirk_on(QUIRK_CLONE_IO))
		return -LX_EINVAL;
	if (flags & LX_CLONE_NAMESPACES)
		if (!(flags & LX_CLONE_NEWUSER) && !cred_capable(t->cred, LX_CAP_SYS_ADMIN))
			return -LX_EPERM;
	if (flags & CLONE_OTHER_NS)
		return unsupported(t, "clone", "flags", flags & CLONE_OTHER_NS, -LX_EINVAL);
	if (flags & LX_CLONE_INTO_CGROUP)
		return unsupported(t, "clone", "flags", LX_CLONE_INTO_CGROUP, -LX_EINVAL);
	return 0;
}

static struct mm *mm_copy(const struct mm *mm)
{
	struct mm *copy = mem_alloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *mm;
	refs_init(&copy->refs);
	if (mm->exe)
		file_get(mm->exe);
	copy->cmdline = NULL;
	if (mm->cmdline_len) {
		copy->cmdline = mem_alloc(mm->cmdline_len);
		if (copy->cmdline)
			memcpy(copy->cmdline, mm->cmdline, mm->cmdline_len);
		else
			copy->cmdline_len = 0;
	}
	return copy;
}

/* What the child shares or copies. Called in the parent's own context: its pointers hold still. */
static int copy_task(struct task *child, struct task *t, const struct clone_request *req)
{
	uint64_t flags = req->flags;

	memcpy(child->comm, t->comm, sizeof(child->comm));
	child->cred = cred_get(t->cred);
	child->files = flags & LX_CLONE_FILES ? fdtable_get(t->files) : fdtable_copy(t->files);
	child->fs = flags & LX_CLONE_FS ? fs_context_get(t->fs) : fs_context_copy(t->fs);
	child->mm = flags & LX_CLONE_VM ? mm_get(t->mm) : mm_copy(t->mm);
	if (!child->files || !child->fs || !child->mm)
		return -LX_ENOMEM;
	if ((flags & LX_CLONE_NEWNS) && mount_ns_unshare(child->fs))
		return -LX_ENOMEM;
	child->uts = flags & LX_CLONE_NEWUTS ? uts_ns_copy(t->uts) : uts_ns_get(t->uts);
	if ((flags & LX_CLONE_NEWUTS) && !child->uts)
		return -LX_ENOMEM;
	child->ipc = flags & LX_CLONE_NEWIPC ? ipc_ns_new() : ipc_ns_get(t->ipc);
	if ((flags & LX_CLONE_NEWIPC) && !child->ipc)
		return -LX_ENOMEM;
	if (flags & LX_CLONE_SYSVSEM) {
		child->sem_undo = sem_undo_share(t);
		if (!child->sem_undo)
			return -LX_ENOMEM;
	}
	if (flags & LX_CLONE_CHILD_CLEARTID)
		child->clear_child_tid = req->child_tid.va;
	child->no_new_privs = t->no_new_privs;
	child->timer_slack_ns = child->timer_slack_default_ns = t->timer_slack_ns;
	child->personality = t->personality;
	child->sched = sched_for_child(&t->sched);
	return 0;
}

static struct tgroup *copy_tgroup(struct task *t, const struct clone_request *req)
{
	struct tgroup *tg = t->tg, *child = tgroup_new();

	if (!child)
		return NULL;
	lk_acquire(&tg->lock);
	child->sigchld = tg->sigchld;
	memcpy(child->rlimit, tg->rlimit, sizeof(child->rlimit));
	child->dumpable = tg->dumpable;
	child->oom_score_adj = tg->oom_score_adj;
	child->uid = tg->uid;
	lk_release(&tg->lock);
	if (req->flags & LX_CLONE_CLEAR_SIGHAND && child->sigchld.handler != LX_SIG_IGN)
		child->sigchld = (struct lx_sigaction){ .handler = LX_SIG_DFL };
	child->vfork_child = req->flags & LX_CLONE_VFORK;
	if (req->flags & LX_CLONE_SIGHAND)
		child->sighand_id = tg->sighand_id;
	child->exit_signal = req->flags & LX_CLONE_PARENT ? tg->exit_signal : req->exit_signal;
	return child;
}

static int create_host_process(struct task *t, struct tgroup *tg, uint64_t flags)
{
	PS_PICO_PROCESS_ATTRIBUTES attr = {
		.ParentProcess = t->tg->process,
		.Context = tg,
		.Flags = flags & LX_CLONE_PARENT ? PS_PICO_CREATE_PROCESS_CLONE_PARENT : 0,
	};

	return nt_to_errno(pico.CreateProcess(&attr, &tg->process));
}

static int create_host_thread(struct task *t, struct task *child, const struct clone_request *req)
{
	PS_PICO_THREAD_ATTRIBUTES attr = {
		.Process = child->tg->process,
		.Context = child,
		.UserStack = req->stack,
		.UserFsBase = req->tls,
		.Parent = t->thread,
		.CloneFlags = req->flags & CLONE_FOR_HOST,
		.ThreadId = (ULONG)pid_seen(child, child->tid),
		.ThreadIdForParent = (ULONG)pid_seen(t, child->tid),
		.ParentTidAddress = req->parent_tid.va,
		.ChildTidAddress = req->child_tid.va,
		.NoteAddress = req->flags & LX_CLONE_PIDFD ? req->pidfd.va : 0,
		.Note = (ULONG)child->pidfd,
	};

	return nt_to_errno(pico.CreateThread(&attr, &child->thread));
}

/* A parent that has been killed takes the child along: whoever kills a group sees it, or it sees that. */
static void publish(struct task *t, struct task *child, uint64_t flags)
{
	struct tgroup *tg = t->tg, *new = child->tg;
	struct lx_siginfo info;
	bool killed;

	lk_acquire(&tasks_lock);
	if (new != tg) {
		tgroup_publish(new, child->tid, flags & LX_CLONE_PARENT ? tg->parent : tg, tg->pgid,
			       tg->sid);
		new->tty = tg->tty ? tty_get(tg->tty) : NULL;
	}
	task_publish(child, child->tid);
	cgroup_fork(t, child);
	killed = tg->killed || new->ns->closed;
	lk_release(&tasks_lock);
	if (!killed || new == tg)
		return;
	signal_info_user(&info, LX_SIGKILL, LX_SI_USER, NULL);
	signal_send_group(new, &info);
}

/* CLONE_PIDFD: the descriptor is the parent's before the child runs; child->pidfd remembers it. */
static int install_pidfd(struct task *t, struct task *child, bool thread, gaddr_t where)
{
	struct file *f = pidfd_file(child->tg, thread ? child : NULL, 0);
	int fd = f ? fd_install_plain(t, f, true) : -LX_ENOMEM;
	int32_t old;

	if (fd < 0)
		return fd;
	child->pidfd = fd;
	child->cloned_by = t->tid;
	/* Told once the child has its copy of the memory; that it can be told is found out now. */
	if (guest_copyin(t, &old, where, sizeof(old)))
		return -LX_EFAULT;
	return guest_copyout(t, where, &old, sizeof(old));
}

void clone_undo_pidfd(struct task *t)
{
	struct task *parent = t->cloned_by ? task_find(t->cloned_by) : NULL;
	struct fdtable *files = NULL;

	if (!parent)
		return;
	lk_acquire(&parent->lock);
	if (parent->files)
		files = fdtable_get(parent->files);
	lk_release(&parent->lock);
	if (files) {
		fdtable_close(files, t->pidfd);
		fdtable_put(files);
	}
	task_put(parent);
}

/* RLIMIT_NPROC counts the tasks of a real user; root and who administers are free of it. */
static bool too_many_tasks(struct task *t)
{
	uint64_t limit = t->tg->rlimit[LX_RLIMIT_NPROC].rlim_cur, n = 0;
	const struct cred *c = t->cred;
	struct tgroup *tg;

	if (limit == LX_RLIM_INFINITY || !c->uid || cred_capable(c, LX_CAP_SYS_RESOURCE) ||
	    cred_capable(c, LX_CAP_SYS_ADMIN))
		return false;
	lk_acquire(&tasks_lock);
	list_for_each(tg, &task_groups, all_link)
		if (tg->uid == c->uid && tg->process)
			n += tg->nr_tasks ? tg->nr_tasks : 1;
	lk_release(&tasks_lock);
	return n >= limit;
}

/* What the child is called, in the name space that it is born in and outwards. */
static int take_number(struct task *t, struct task *child, const struct clone_request *req)
{
	struct pid_ns *ns;
	int pid, err = 0;

	if (child->tg != t->tg) {
		err = pid_ns_for_clone(t, req->flags, &ns);
		if (err)
			return err;
		pid_ns_put(child->tg->ns);
		child->tg->ns = ns;
	}
	lk_acquire(&tasks_lock);
	pid = pid_alloc(child->tg->ns, req->wanted);
	lk_release(&tasks_lock);
	if (pid > 0)
		child->tid = pid;
	return pid > 0 ? 0 : pid;
}

int64_t task_clone(struct task *t, const struct clone_request *req)
{
	bool thread = req->flags & LX_CLONE_THREAD;
	struct tgroup *tg = NULL;
	struct task *child = NULL;
	int err = check_flags(t, req->flags);

	if (err)
		return err;
	if (too_many_tasks(t))
		return -LX_EAGAIN;
	tg = thread ? tgroup_get(t->tg) : copy_tgroup(t, req);
	child = tg ? task_new(tg) : NULL;
	err = child ? copy_task(child, t, req) : -LX_ENOMEM;
	if (err)
		goto fail;
	err = take_number(t, child, req);
	if (!err && req->flags & LX_CLONE_PIDFD)
		err = install_pidfd(t, child, thread, req->pidfd);
	if (!err && !thread)
		err = create_host_process(t, tg, req->flags);
	if (!err)
		err = create_host_thread(t, child, req);
	if (err)
		goto fail;
	publish(t, child, req->flags);
	ptrace_clone(t, child, req->flags, req->exit_signal);
	trace_result(pid_seen(t, child->tid));
	if (thread)
		tgroup_put(tg);
	return SC_CLONE;
fail:
	if (child && child->tid) {
		clone_undo_pidfd(child);
		pid_unused(child->tid);
	}
	task_put(child);
	tgroup_put(tg);
	return err;
}
