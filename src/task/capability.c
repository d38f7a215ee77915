/* SPDX-License-Identifier: MIT */
/*
 * capability.c - capabilities(7): capset, bounding and ambient sets, securebits, and what exec makes of
 * them. What a change of user ids does to them is in ids.c, what a file says of them in file_caps.c.
 */
#include "task_impl.h"

static bool subset(uint64_t a, uint64_t b)
{
	return !(a & ~b);
}

void cred_init_caps(struct cred *c)
{
	c->cap_bounding = LX_CAP_ALL;
	c->cap_effective = c->cap_permitted = c->uid ? 0 : LX_CAP_ALL;
	c->cap_inheritable = c->cap_ambient = 0;
}

int task_setcaps(struct task *t, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	const struct cred *old = t->cred;
	struct cred *c;

	effective &= LX_CAP_ALL;
	permitted &= LX_CAP_ALL;
	inheritable &= LX_CAP_ALL;
	if (!cred_capable(old, LX_CAP_SETPCAP) &&
	    !subset(inheritable, old->cap_inheritable | old->cap_permitted))
		return -LX_EPERM;
	if (!subset(inheritable, old->cap_inheritable | old->cap_bounding) ||
	    !subset(permitted, old->cap_permitted) || !subset(effective, permitted))
		return -LX_EPERM;
	c = cred_copy(old);
	if (!c)
		return -LX_ENOMEM;
	c->cap_effective = effective;
	c->cap_permitted = permitted;
	c->cap_inheritable = inheritable;
	c->cap_ambient &= permitted & inheritable;
	task_set_cred(t, c);
	return 0;
}

int task_drop_bounding(struct task *t, uint64_t cap)
{
	struct cred *c;

	if (!cred_capable(t->cred, LX_CAP_SETPCAP))
		return -LX_EPERM;
	if (cap > LX_CAP_LAST)
		return -LX_EINVAL;
	c = cred_copy(t->cred);
	if (!c)
		return -LX_ENOMEM;
	c->cap_bounding &= ~(1ull << cap);
	task_set_cred(t, c);
	return 0;
}

static int put_securebits(struct task *t, uint32_t bits)
{
	struct cred *c = cred_copy(t->cred);

	if (!c)
		return -LX_ENOMEM;
	c->securebits = bits;
	task_set_cred(t, c);
	return 0;
}

int task_set_securebits(struct task *t, uint64_t bits)
{
	uint32_t old = t->cred->securebits, locks = old & LX_SECBITS_LOCKS;

	if (bits & ~(uint64_t)(LX_SECBITS_ALL | LX_SECBITS_LOCKS) || locks & ~bits ||
	    locks >> 1 & (old ^ bits) || !cred_capable(t->cred, LX_CAP_SETPCAP))
		return -LX_EPERM;
	return put_securebits(t, bits);
}

int task_set_keepcaps(struct task *t, uint64_t on)
{
	uint32_t old = t->cred->securebits;

	if (on > 1)
		return -LX_EINVAL;
	if (old & LX_SECBIT_KEEP_CAPS << 1)
		return -LX_EPERM;
	return put_securebits(t, on ? old | LX_SECBIT_KEEP_CAPS : old & ~LX_SECBIT_KEEP_CAPS);
}

enum { AMBIENT_IS_SET = 1, AMBIENT_RAISE, AMBIENT_LOWER, AMBIENT_CLEAR_ALL };

int task_ambient(struct task *t, uint64_t op, uint64_t cap)
{
	const struct cred *old = t->cred;
	uint64_t ambient = 0;
	struct cred *c;

	if (op < AMBIENT_IS_SET || op > AMBIENT_CLEAR_ALL ||
	    cap > (op == AMBIENT_CLEAR_ALL ? 0 : LX_CAP_LAST))
		return -LX_EINVAL;
	if (op == AMBIENT_IS_SET)
		return old->cap_ambient >> cap & 1;
	if (op == AMBIENT_RAISE) {
		if (!(old->cap_permitted & old->cap_inheritable & 1ull << cap) ||
		    old->securebits & LX_SECBIT_NO_CAP_AMBIENT_RAISE)
			return -LX_EPERM;
		ambient = old->cap_ambient | 1ull << cap;
	} else if (op == AMBIENT_LOWER) {
		ambient = old->cap_ambient & ~(1ull << cap);
	}
	c = cred_copy(old);
	if (!c)
		return -LX_ENOMEM;
	c->cap_ambient = ambient;
	task_set_cred(t, c);
	return 0;
}

/* ---- exec ---- */

#define S_ISUID 04000u
#define S_ISGID 02000u
#define S_IXGRP 00010u

/* capabilities(7), "Transformation of capabilities during execve": what the file gives. -LX_EPERM: not enough. */
static int caps_of_file(struct cred *c, const struct file_caps *f, bool *effective)
{
	*effective = f->effective;
	c->cap_permitted = (c->cap_bounding & f->permitted) | (c->cap_inheritable & f->inheritable);
	/* A program that does not know of capabilities would not notice that it lacks some. */
	return f->effective && !subset(f->permitted, c->cap_permitted) ? -LX_EPERM : 0;
}

/* Root's privilege comes from the user id, unless securebits say no, or the file has capabilities instead. */
static void caps_of_root(struct cred *c, bool has_caps, bool *effective)
{
	if (c->securebits & LX_SECBIT_NOROOT || (has_caps && c->uid && !c->euid))
		return;
	if (!c->uid || !c->euid)
		c->cap_permitted = c->cap_bounding | c->cap_inheritable;
	if (!c->euid)
		*effective = true;
}

/* c has its new ids. *secure: AT_SECURE. */
static int exec_caps(struct cred *c, const struct cred *old, const struct exec_file *x,
		     bool *secure)
{
	bool effective = false, sets_id;
	int err = caps_of_file(c, &x->caps, &effective);

	if (err)
		return err;
	caps_of_root(c, x->caps.present, &effective);
	if (x->no_new_privs)
		c->cap_permitted &= old->cap_permitted;
	sets_id = c->euid != old->uid || c->egid != old->gid;
	if (x->caps.present || sets_id)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = effective ? c->cap_permitted : c->cap_ambient;
	c->securebits &= ~LX_SECBIT_KEEP_CAPS;
	*secure = sets_id || (c->uid && (effective || !subset(c->cap_permitted, c->cap_ambient)));
	return 0;
}

static bool same(const struct cred *a, const struct cred *b)
{
	return a->euid == b->euid && a->suid == b->suid && a->fsuid == b->fsuid &&
	       a->egid == b->egid && a->sgid == b->sgid && a->fsgid == b->fsgid &&
	       a->cap_effective == b->cap_effective && a->cap_permitted == b->cap_permitted &&
	       a->cap_ambient == b->cap_ambient && a->securebits == b->securebits;
}

int cred_for_exec(const struct cred *old, const struct exec_file *x, struct cred **out,
		  bool *secure)
{
	struct cred *c = cred_copy(old);
	int err;

	*out = NULL;
	if (!c)
		return -LX_ENOMEM;
	if (x->sets_ids && x->mode & S_ISUID)
		c->euid = x->uid;
	/* without group execution the bit marks mandatory locking */
	if (x->sets_ids && (x->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		c->egid = x->gid;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	err = exec_caps(c, old, x, secure);
	if (err || same(c, old))
		cred_put(c);
	else
		*out = c;
	return err;
}
