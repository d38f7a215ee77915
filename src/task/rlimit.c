/* SPDX-License-Identifier: MIT */
/*
 * rlimit.c - resource limits: kept here, inherited over fork, enforced by whoever owns the resource.
 * Descriptors are lxcore's; memory, stack, CPU time and file size are the host kernel's, which hears
 * of a change because the handler lets the host execute the same call (sys_info.c).
 */
#include "lxrun/ns.h"
#include "task_impl.h"
#include "lxrun/quirks.h"

#define NR_OPEN (1u << 20) /* /proc/sys/fs/nr_open: nobody may go above */

/* Another process's limits: all ids equal, or the capability. */
static bool may_prlimit(struct task *t, struct tgroup *tg)
{
	struct cred *tc = tgroup_cred(tg);
	const struct cred *c = t->cred;
	bool ok = t->tg == tg || cred_capable(c, LX_CAP_SYS_RESOURCE);

	if (tc)
		ok = ok || (c->uid == tc->euid && c->uid == tc->suid && c->uid == tc->uid &&
			    c->gid == tc->egid && c->gid == tc->sgid && c->gid == tc->gid);
	cred_put(tc);
	return ok;
}

static int set_limit(struct task *t, struct tgroup *tg, uint32_t resource,
		     const struct lx_rlimit *new)
{
	struct lx_rlimit *r = &tg->rlimit[resource];

	if (new->rlim_cur > new->rlim_max)
		return -LX_EINVAL;
	if (resource == LX_RLIMIT_NOFILE && new->rlim_max > NR_OPEN)
		return -LX_EPERM;
	if (new->rlim_max > r->rlim_max && !cred_capable(t->cred, LX_CAP_SYS_RESOURCE))
		return -LX_EPERM;
	*r = *new;
	return 0;
}

uint64_t task_file_limit(struct task *t)
{
	uint64_t limit;

	if (quirk_on(QUIRK_RLIMIT_FSIZE))
		return LX_RLIM_INFINITY;
	lk_acquire(&t->tg->lock);
	limit = t->tg->rlimit[LX_RLIMIT_FSIZE].rlim_cur;
	lk_release(&t->tg->lock);
	return limit;
}

int task_prlimit(struct task *t, int pid, uint32_t resource, const struct lx_rlimit *new,
		 struct lx_rlimit *old)
{
	struct tgroup *tg;
	int err = 0;

	if (resource >= LX_RLIM_NLIMITS)
		return -LX_EINVAL;
	tg = pid ? tgroup_of_thread(pid_meant(t, pid)) : tgroup_get(t->tg);
	if (!tg)
		return -LX_ESRCH;
	if (!may_prlimit(t, tg)) {
		tgroup_put(tg);
		return -LX_EPERM;
	}
	lk_acquire(&tg->lock);
	if (old)
		*old = tg->rlimit[resource];
	if (new)
		err = set_limit(t, tg, resource, new);
	lk_release(&tg->lock);
	tgroup_put(tg);
	return err;
}
