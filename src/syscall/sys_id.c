/* SPDX-License-Identifier: MIT */
/* sys_id.c - numbers and identities of the caller. */
#include "lx/capability.h"
#include "lxrun/ns.h"
#include "lxrun/process.h"
#include "lxrun/guestmem.h"
#include "lxrun/tty.h"
#include "base/alloc.h"

int64_t sys_getpid(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, t->tg->pid);
}

int64_t sys_gettid(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, t->tid);
}

int64_t sys_getppid(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, tgroup_ppid(t->tg));
}

int64_t sys_setpgid(struct task *t, const struct sc_args *a)
{
	int pgid = SC_I32(a, 1);

	return task_setpgid(t, pid_meant(t, SC_I32(a, 0)), pgid < 0 ? pgid : pid_meant(t, pgid));
}

int64_t sys_getpgid(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, task_getpgid(t, pid_meant(t, SC_I32(a, 0))));
}

int64_t sys_getpgrp(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, task_getpgid(t, 0));
}

int64_t sys_getsid(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, task_getsid(t, pid_meant(t, SC_I32(a, 0))));
}

int64_t sys_setsid(struct task *t, const struct sc_args *a)
{
	return pid_seen(t, task_setsid(t));
}

int64_t sys_vhangup(struct task *t, const struct sc_args *a)
{
	return tty_vhangup(t);
}

/* ---- users and groups ---- */

int64_t sys_getuid(struct task *t, const struct sc_args *a)
{
	return t->cred->uid;
}

int64_t sys_geteuid(struct task *t, const struct sc_args *a)
{
	return t->cred->euid;
}

int64_t sys_getgid(struct task *t, const struct sc_args *a)
{
	return t->cred->gid;
}

int64_t sys_getegid(struct task *t, const struct sc_args *a)
{
	return t->cred->egid;
}

int64_t sys_setuid(struct task *t, const struct sc_args *a)
{
	return task_setuid(t, SC_U32(a, 0));
}

int64_t sys_setgid(struct task *t, const struct sc_args *a)
{
	return task_setgid(t, SC_U32(a, 0));
}

int64_t sys_setreuid(struct task *t, const struct sc_args *a)
{
	return task_setreuid(t, SC_U32(a, 0), SC_U32(a, 1));
}

int64_t sys_setregid(struct task *t, const struct sc_args *a)
{
	return task_setregid(t, SC_U32(a, 0), SC_U32(a, 1));
}

int64_t sys_setresuid(struct task *t, const struct sc_args *a)
{
	return task_setresuid(t, SC_U32(a, 0), SC_U32(a, 1), SC_U32(a, 2));
}

int64_t sys_setresgid(struct task *t, const struct sc_args *a)
{
	return task_setresgid(t, SC_U32(a, 0), SC_U32(a, 1), SC_U32(a, 2));
}

int64_t sys_setfsuid(struct task *t, const struct sc_args *a)
{
	return task_setfsuid(t, SC_U32(a, 0));
}

int64_t sys_setfsgid(struct task *t, const struct sc_args *a)
{
	return task_setfsgid(t, SC_U32(a, 0));
}

static int64_t put_three(struct task *t, const struct sc_args *a, uint32_t r, uint32_t e,
			 uint32_t s)
{
	if (guest_copyout(t, SC_GPTR(a, 0), &r, sizeof(r)) ||
	    guest_copyout(t, SC_GPTR(a, 1), &e, sizeof(e)) ||
	    guest_copyout(t, SC_GPTR(a, 2), &s, sizeof(s)))
		return -LX_EFAULT;
	return 0;
}

int64_t sys_getresuid(struct task *t, const struct sc_args *a)
{
	return put_three(t, a, t->cred->uid, t->cred->euid, t->cred->suid);
}

int64_t sys_getresgid(struct task *t, const struct sc_args *a)
{
	return put_three(t, a, t->cred->gid, t->cred->egid, t->cred->sgid);
}

int64_t sys_getgroups(struct task *t, const struct sc_args *a)
{
	const struct cred *c = t->cred;
	uint32_t n = c->groups ? c->groups->n : 0;
	int size = SC_I32(a, 0);

	if (size < 0)
		return -LX_EINVAL;
	if (!size || !n)
		return n;
	if ((uint32_t)size < n)
		return -LX_EINVAL;
	return guest_copyout(t, SC_GPTR(a, 1), c->groups->ids, n * sizeof(c->groups->ids[0]))
		       ? -LX_EFAULT
		       : (int64_t)n;
}

int64_t sys_setgroups(struct task *t, const struct sc_args *a)
{
	uint32_t *groups = NULL, n = SC_U32(a, 0);
	int err = 0;

	if (!cred_capable(t->cred, LX_CAP_SETGID))
		return -LX_EPERM;
	if (n > GROUPS_MAX)
		return -LX_EINVAL;
	if (n) {
		groups = mem_alloc(n * sizeof(*groups));
		if (!groups)
			return -LX_ENOMEM;
		err = guest_copyin(t, groups, SC_GPTR(a, 1), n * sizeof(*groups));
	}
	if (!err)
		err = task_setgroups(t, n, groups);
	mem_free(groups);
	return err;
}

/* ---- capabilities ---- */

/* Words per set, or -LX_E* after telling the guest the version we know. */
static int cap_words(struct task *t, gaddr_t at, struct lx_cap_header *h)
{
	const uint32_t known = LX_CAP_VERSION_3;

	if (guest_copyin(t, h, at, sizeof(*h)))
		return -LX_EFAULT;
	if (h->version == LX_CAP_VERSION_1)
		return 1;
	if (h->version == LX_CAP_VERSION_2 || h->version == LX_CAP_VERSION_3)
		return 2;
	return guest_copyout(t, at, &known, sizeof(known)) ? -LX_EFAULT : -LX_EINVAL;
}

int64_t sys_capget(struct task *t, const struct sc_args *a)
{
	struct lx_cap_data data[2];
	struct lx_cap_header h;
	struct cred *c;
	int words = cap_words(t, SC_GPTR(a, 0), &h);

	if (words < 0)
		return words == -LX_EINVAL && !SC_U64(a, 1) ? 0 : words;
	if (h.pid < 0)
		return -LX_EINVAL;
	c = h.pid ? cred_of_thread(pid_meant(t, h.pid)) : cred_get(t->cred);
	if (!c)
		return -LX_ESRCH;
	for (int i = 0; i < 2; i++)
		data[i] = (struct lx_cap_data){ c->cap_effective >> 32 * i,
						c->cap_permitted >> 32 * i,
						c->cap_inheritable >> 32 * i };
	cred_put(c);
	if (!SC_U64(a, 1))
		return 0;
	return guest_copyout(t, SC_GPTR(a, 1), data, words * sizeof(data[0]));
}

int64_t sys_capset(struct task *t, const struct sc_args *a)
{
	struct lx_cap_data data[2] = { 0 };
	struct lx_cap_header h;
	int words = cap_words(t, SC_GPTR(a, 0), &h);

	if (words < 0)
		return words;
	if (h.pid && h.pid != pid_seen(t, t->tid))
		return -LX_EPERM;
	if (guest_copyin(t, data, SC_GPTR(a, 1), words * sizeof(data[0])))
		return -LX_EFAULT;
	return task_setcaps(t, data[0].effective | (uint64_t)data[1].effective << 32,
			    data[0].permitted | (uint64_t)data[1].permitted << 32,
			    data[0].inheritable | (uint64_t)data[1].inheritable << 32);
}
