/* SPDX-License-Identifier: MIT */
/*
 * pidfd_info.c - ioctl(2) on a pidfd: PIDFD_GET_INFO and the name spaces of the process (include/uapi/linux/pidfd.h).
 * There is no unified hierarchy of control groups, and so never a number of one.
 */
#include "pid_ns.h"
#include "lx/ioctl.h"
#include "lxrun/guestmem.h"
#include "lxrun/nsfs.h"
#include "lxrun/pidfd.h"
#include <string.h>

#define FOR_CHILDREN 0x100u
#define NO_SUCH_KIND 0x200u /* of which the emulated kernel has none */

/* Kind and more of a request that opens a name space. */
static const uint16_t kinds[] = {
	[LX_PIDFD_GET_CGROUP_NAMESPACE & 0xff] = NS_CGROUP,
	[LX_PIDFD_GET_IPC_NAMESPACE & 0xff] = NS_IPC,
	[LX_PIDFD_GET_MNT_NAMESPACE & 0xff] = NS_MNT,
	[LX_PIDFD_GET_NET_NAMESPACE & 0xff] = NS_NET,
	[LX_PIDFD_GET_PID_NAMESPACE & 0xff] = NS_PID,
	[LX_PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE & 0xff] = NS_PID | FOR_CHILDREN,
	[LX_PIDFD_GET_TIME_NAMESPACE & 0xff] = NO_SUCH_KIND,
	[LX_PIDFD_GET_TIME_FOR_CHILDREN_NAMESPACE & 0xff] = NO_SUCH_KIND,
	[LX_PIDFD_GET_USER_NAMESPACE & 0xff] = NS_USER,
	[LX_PIDFD_GET_UTS_NAMESPACE & 0xff] = NS_UTS,
};

/* A task of the target's that lives: a reference, or NULL. */
static struct task *live_task(const struct pidfd_target *p)
{
	if (!p->thread || p->thread->tid == p->tg->pid)
		return tgroup_any_task(p->tg);
	return p->thread->dying ? NULL : task_get(p->thread);
}

static int64_t open_space(const struct pidfd_target *p, struct task *t, uint32_t what)
{
	struct task *target = live_task(p);
	int64_t res = -LX_ESRCH;
	struct ns *ns;

	if (!target)
		return res;
	if (task_may_access(t, target)) {
		res = -LX_EACCES;
	} else if (what & NO_SUCH_KIND) {
		res = -LX_EOPNOTSUPP;
	} else {
		ns = task_ns(target, (enum ns_kind)(what & 0xff), what & FOR_CHILDREN);
		if (ns)
			res = nsfs_open(t, ns);
	}
	task_put(target);
	return res;
}

/* ---- PIDFD_GET_INFO ---- */

static void fill_cred(struct lx_pidfd_info *info, const struct cred *c)
{
	info->ruid = c->uid;
	info->rgid = c->gid;
	info->euid = c->euid;
	info->egid = c->egid;
	info->suid = c->suid;
	info->sgid = c->sgid;
	info->fsuid = c->fsuid;
	info->fsgid = c->fsgid;
	info->mask |= LX_PIDFD_INFO_CREDS;
}

static uint32_t coredump_mask(const struct tgroup *tg)
{
	return tg->dumpable == 1 ? LX_PIDFD_COREDUMP_USER
	       : tg->dumpable    ? LX_PIDFD_COREDUMP_ROOT
				 : LX_PIDFD_COREDUMP_SKIP;
}

/* Who has been waited for shows how it ended, and nothing else. */
static int fill_gone(const struct pidfd_target *p, uint64_t asked, struct lx_pidfd_info *info)
{
	if (!(asked & LX_PIDFD_INFO_EXIT))
		return -LX_ESRCH;
	info->exit_code = p->thread && p->thread->tid != p->tg->pid ? p->thread->exit_status
								    : p->tg->wait_status;
	info->mask |= LX_PIDFD_INFO_EXIT;
	return 0;
}

static int fill(const struct pidfd_target *p, struct task *t, uint64_t asked,
		struct lx_pidfd_info *info)
{
	struct task *live = live_task(p);
	struct cred *cred = live ? task_cred(live) : tgroup_last_cred(p->tg);

	if (asked & LX_PIDFD_INFO_COREDUMP && live) {
		info->coredump_mask = coredump_mask(p->tg);
		info->mask |= LX_PIDFD_INFO_COREDUMP;
	}
	if (cred)
		fill_cred(info, cred);
	cred_put(cred);
	task_put(live);
	info->ppid = (uint32_t)pid_seen(t, tgroup_ppid(p->tg));
	info->tgid = (uint32_t)pid_seen(t, p->tg->pid);
	info->pid = p->thread ? (uint32_t)pid_seen(t, p->thread->tid) : info->tgid;
	info->mask |= LX_PIDFD_INFO_PID;
	return cred && info->pid && info->tgid ? 0 : -LX_ESRCH;
}

static int64_t get_info(const struct pidfd_target *p, struct task *t, uint32_t size, gaddr_t at)
{
	static const char zero[256];
	struct lx_pidfd_info info = { 0 };
	uint64_t asked, done = size < sizeof(info) ? size : sizeof(info), n;
	int err;

	if (!at.va)
		return -LX_EINVAL;
	if (guest_copyin(t, &asked, at, sizeof(asked)))
		return -LX_EFAULT;
	if (!pid_ns_inside(p->tg->ns, t->tg->ns))
		return -LX_EREMOTE;
	err = pidfd_is_gone(p) ? fill_gone(p, asked, &info) : fill(p, t, asked, &info);
	if (err)
		return err;
	err = guest_copyout(t, at, &info, done);
	for (; !err && done < size; done += n) { /* a newer structure: the rest is not known here */
		n = size - done < sizeof(zero) ? size - done : sizeof(zero);
		err = guest_copyout(t, GADDR(at.va + done), zero, n);
	}
	return err;
}

int64_t pidfd_ioctl(struct file *f, struct task *t, uint32_t cmd, uint64_t arg)
{
	const struct pidfd_target *p = f->priv;
	uint32_t size = LX_IOC_SIZE(cmd);

	if ((cmd & ~LX_IOC_SIZE_BITS) == LX_PIDFD_GET_INFO && size >= LX_PIDFD_INFO_SIZE_VER0)
		return get_info(p, t, size, GADDR(arg));
	if (cmd < LX_PIDFD_GET_CGROUP_NAMESPACE || cmd > LX_PIDFD_GET_UTS_NAMESPACE)
		return -LX_ENOIOCTLCMD;
	if (pidfd_is_gone(p))
		return -LX_ESRCH;
	return arg ? -LX_EINVAL : open_space(p, t, kinds[cmd & 0xff]);
}
