/* SPDX-License-Identifier: MIT */
/* ns.c - what the kinds of name spaces have in common: numbers, references, which are a task's; entering one. */
#include "pid_ns.h"
#include "lxrun/mount.h"
#include "lxrun/pidfd.h"
#include "lxrun/vfs.h"
#include <inttypes.h>
#include <stdio.h>

#define NEXT_INO 4026532200ull

static const struct {
	const char *name;
	uint64_t flag;
} kinds[NS_KINDS] = {
	[NS_CGROUP] = { "cgroup", LX_CLONE_NEWCGROUP }, [NS_IPC] = { "ipc", LX_CLONE_NEWIPC },
	[NS_MNT] = { "mnt", LX_CLONE_NEWNS },           [NS_NET] = { "net", LX_CLONE_NEWNET },
	[NS_PID] = { "pid", LX_CLONE_NEWPID },          [NS_USER] = { "user", LX_CLONE_NEWUSER },
	[NS_UTS] = { "uts", LX_CLONE_NEWUTS },
};

/* Kinds of which there is but one. */
static struct ns single[NS_KINDS] = {
	[NS_CGROUP] = NS_FIRST(NS_CGROUP, "cgroup", 4026531835),
	[NS_NET] = NS_FIRST(NS_NET, "net", 4026531840),
	[NS_USER] = NS_FIRST(NS_USER, "user", 4026531837),
};

static struct lk lock = LK_INIT(INODE); /* guards: */
static struct list spaces = LIST_INIT(spaces);
static uint64_t next_ino = NEXT_INO;

uint64_t ns_flag(enum ns_kind kind)
{
	return kinds[kind].flag;
}

void ns_init(struct ns *ns, enum ns_kind kind, void (*free)(struct ns *ns))
{
	refs_init(&ns->refs);
	ns->kind = kind;
	ns->free = free;
	lk_acquire(&lock);
	ns->ino = next_ino++;
	list_add_tail(&spaces, &ns->link);
	lk_release(&lock);
	snprintf(ns->text, sizeof(ns->text), "%s:[%" PRIu64 "]", kinds[kind].name, ns->ino);
}

struct ns *ns_get(struct ns *ns)
{
	refs_get(&ns->refs);
	return ns;
}

void ns_put(struct ns *ns)
{
	if (!ns || !refs_put(&ns->refs))
		return;
	if (ns->link.next) {
		lk_acquire(&lock);
		list_del(&ns->link);
		lk_release(&lock);
	}
	if (ns->free)
		ns->free(ns);
}

/* The instance's first of a kind: a reference, or NULL. */
static struct ns *first_of(enum ns_kind kind)
{
	switch (kind) {
	case NS_MNT:
		return mount_first_ns() ? ns_get(&mount_first_ns()->ns) : NULL;
	case NS_IPC:
		return ns_get(ipc_ns_base(NULL));
	case NS_PID:
		return ns_get(&pid_ns_first.ns);
	case NS_UTS:
		return ns_get(&uts_ns_first.ns);
	default:
		return ns_get(&single[kind]);
	}
}

struct ns *ns_find(uint64_t ino)
{
	struct ns *ns, *found = NULL;

	for (int kind = 0; kind < NS_KINDS; kind++) {
		ns = first_of(kind);
		if (ns && ns->ino == ino)
			return ns;
		ns_put(ns);
	}
	lk_acquire(&lock);
	list_for_each(ns, &spaces, link)
		if (!found && ns->ino == ino && refs_get_live(&ns->refs))
			found = ns;
	lk_release(&lock);
	return found;
}

static struct ns *mounts_of(struct task *t)
{
	struct fs_context *fs;
	struct ns *ns;

	lk_acquire(&t->lock);
	fs = t->fs ? fs_context_get(t->fs) : NULL;
	lk_release(&t->lock);
	if (!fs)
		return NULL;
	lk_acquire(&fs->lock);
	ns = ns_get(&fs->ns->ns);
	lk_release(&fs->lock);
	fs_context_put(fs);
	return ns;
}

struct ns *task_ns(struct task *t, enum ns_kind kind, bool for_children)
{
	struct ns *ns;

	if (!t)
		return first_of(kind);
	switch (kind) {
	case NS_MNT:
		return mounts_of(t);
	case NS_PID:
		return pid_ns_base(task_pid_ns_get(t, for_children));
	case NS_IPC:
		lk_acquire(&t->lock);
		ns = ns_get(ipc_ns_base(t->ipc));
		lk_release(&t->lock);
		return ns;
	case NS_UTS:
		lk_acquire(&t->lock);
		ns = ns_get(t->uts ? &t->uts->ns : &uts_ns_first.ns);
		lk_release(&t->lock);
		return ns;
	default:
		return first_of(kind);
	}
}

/* ---- setns(2) ---- */

/* Whether others have the same root and working directory as t, and would be moved along. */
static bool shares_fs(struct task *t)
{
	const struct tgroup *tg;
	struct task *other;
	bool shared = false;

	lk_acquire(&tasks_lock);
	list_for_each(tg, &task_groups, all_link)
		list_for_each(other, &tg->tasks, tg_link) {
			if (other == t)
				continue;
			lk_acquire(&other->lock);
			shared |= other->fs == t->fs;
			lk_release(&other->lock);
		}
	lk_release(&tasks_lock);
	return shared;
}

static int may_enter(struct task *t, struct ns *ns)
{
	if (ns->kind == NS_USER)
		return -LX_EINVAL; /* one's own cannot be entered once more, and there is no other */
	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	if (ns->kind == NS_PID && !pid_ns_inside(container_of(ns, struct pid_ns, ns), t->tg->ns))
		return -LX_EINVAL;
	if (ns->kind != NS_MNT)
		return 0;
	if (!cred_capable(t->cred, LX_CAP_SYS_CHROOT))
		return -LX_EPERM;
	return shares_fs(t) ? -LX_EINVAL : 0;
}

static void enter(struct task *t, struct ns *ns)
{
	struct pid_ns *pids;

	switch (ns->kind) {
	case NS_MNT:
		mount_ns_enter(t->fs, container_of(ns, struct mount_ns, ns));
		break;
	case NS_PID:
		pids = container_of(ns, struct pid_ns, ns);
		task_set_child_ns(t, pids == t->tg->ns ? NULL : pid_ns_get(pids));
		break;
	case NS_IPC:
		task_enter_ipc(t, ns);
		break;
	case NS_UTS:
		ns_get(ns);
		task_set_uts(t, container_of(ns, struct uts_ns, ns));
		break;
	default: /* the only one there is, in which t is */
		break;
	}
}

int task_enter_ns(struct task *t, struct ns *ns)
{
	int err = may_enter(t, ns);

	if (!err)
		enter(t, ns);
	return err;
}

/* The kinds that flags name, of target. */
static int enter_kinds(struct task *t, struct task *target, uint64_t flags)
{
	struct ns *list[NS_KINDS] = { NULL };
	int err = 0;

	for (int kind = 0; kind < NS_KINDS && !err; kind++) {
		if (!(flags & kinds[kind].flag))
			continue;
		list[kind] = task_ns(target, kind, false);
		err = list[kind] ? may_enter(t, list[kind]) : -LX_ESRCH;
	}
	for (int kind = 0; kind < NS_KINDS; kind++) {
		if (list[kind] && !err)
			enter(t, list[kind]);
		ns_put(list[kind]);
	}
	return err;
}

int task_enter_ns_of(struct task *t, const struct pidfd_target *p, uint64_t flags)
{
	struct task *target;
	uint64_t known = 0;
	int err;

	for (int kind = 0; kind < NS_KINDS; kind++)
		known |= kinds[kind].flag;
	if (!flags || flags & ~known)
		return -LX_EINVAL;
	target = p->thread ? task_get(p->thread) : tgroup_any_task(p->tg);
	err = target ? task_may_access(t, target) : -LX_ESRCH;
	if (!err)
		err = enter_kinds(t, target, flags);
	task_put(target);
	return err;
}
