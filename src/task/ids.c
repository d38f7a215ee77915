/* SPDX-License-Identifier: MIT */
/*
 * ids.c - the rules by which a task may change its identities (credentials(7)), the same for users and
 * groups but for the capability that lifts them and for what happens to capabilities.
 */
#include "task_impl.h"
#include <string.h>

/* One of the two quadruples of a cred. */
struct idset {
	uint32_t real, eff, saved, fs;
};

enum id_kind { ID_USER, ID_GROUP };

static struct idset idset_of(const struct cred *c, enum id_kind kind)
{
	if (kind == ID_USER)
		return (struct idset){ c->uid, c->euid, c->suid, c->fsuid };
	return (struct idset){ c->gid, c->egid, c->sgid, c->fsgid };
}

static bool privileged(const struct cred *c, enum id_kind kind)
{
	return cred_capable(c, kind == ID_USER ? LX_CAP_SETUID : LX_CAP_SETGID);
}

#define CAPS_OF_FILES                                                                          \
	(1ull << LX_CAP_CHOWN | 1ull << LX_CAP_DAC_OVERRIDE | 1ull << LX_CAP_DAC_READ_SEARCH | \
	 1ull << LX_CAP_FOWNER | 1ull << LX_CAP_FSETID | 1ull << LX_CAP_LINUX_IMMUTABLE |      \
	 1ull << LX_CAP_MKNOD | 1ull << LX_CAP_MAC_OVERRIDE)

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void fix_capabilities(struct cred *c, const struct idset *old)
{
	bool had_root = !old->real || !old->eff || !old->saved;
	bool has_root = !c->uid || !c->euid || !c->suid;

	if (c->securebits & LX_SECBIT_NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		if (!(c->securebits & LX_SECBIT_KEEP_CAPS))
			c->cap_permitted = c->cap_effective = 0;
		c->cap_ambient = 0;
	}
	if (!old->eff && c->euid)
		c->cap_effective = 0;
	if (old->eff && !c->euid)
		c->cap_effective = c->cap_permitted;
	if (!old->fs && c->fsuid)
		c->cap_effective &= ~CAPS_OF_FILES;
	if (old->fs && !c->fsuid)
		c->cap_effective |= c->cap_permitted & CAPS_OF_FILES;
}

static int idset_apply(struct task *t, enum id_kind kind, const struct idset *new)
{
	struct idset old = idset_of(t->cred, kind);
	struct cred *c;

	if (!memcmp(&old, new, sizeof(old)))
		return 0;
	c = cred_copy(t->cred);
	if (!c)
		return -LX_ENOMEM;
	if (kind == ID_USER) {
		c->uid = new->real;
		c->euid = new->eff;
		c->suid = new->saved;
		c->fsuid = new->fs;
		fix_capabilities(c, &old);
	} else {
		c->gid = new->real;
		c->egid = new->eff;
		c->sgid = new->saved;
		c->fsgid = new->fs;
	}
	task_set_cred(t, c);
	return 0;
}

static int set_id(struct task *t, enum id_kind kind, uint32_t id)
{
	struct idset s = idset_of(t->cred, kind);

	if (id == LX_ID_KEEP)
		return -LX_EINVAL;
	if (privileged(t->cred, kind))
		s.real = s.saved = id;
	else if (id != s.real && id != s.saved)
		return -LX_EPERM;
	s.eff = s.fs = id;
	return idset_apply(t, kind, &s);
}

static int set_re(struct task *t, enum id_kind kind, uint32_t r, uint32_t e)
{
	struct idset old = idset_of(t->cred, kind), s = old;
	bool any = privileged(t->cred, kind);

	if (r != LX_ID_KEEP) {
		if (!any && r != old.real && r != old.eff)
			return -LX_EPERM;
		s.real = r;
	}
	if (e != LX_ID_KEEP) {
		if (!any && e != old.real && e != old.eff && e != old.saved)
			return -LX_EPERM;
		s.eff = e;
	}
	if (r != LX_ID_KEEP || (e != LX_ID_KEEP && e != old.real))
		s.saved = s.eff;
	s.fs = s.eff;
	return idset_apply(t, kind, &s);
}

static bool idset_has(const struct idset *s, uint32_t id)
{
	return id == LX_ID_KEEP || id == s->real || id == s->eff || id == s->saved;
}

static int set_res(struct task *t, enum id_kind kind, uint32_t r, uint32_t e, uint32_t sv)
{
	struct idset s = idset_of(t->cred, kind);

	if (!privileged(t->cred, kind) &&
	    !(idset_has(&s, r) && idset_has(&s, e) && idset_has(&s, sv)))
		return -LX_EPERM;
	if (r != LX_ID_KEEP)
		s.real = r;
	if (e != LX_ID_KEEP)
		s.eff = e;
	if (sv != LX_ID_KEEP)
		s.saved = sv;
	s.fs = s.eff;
	return idset_apply(t, kind, &s);
}

/* Cannot fail by contract: without memory the identity stays as it is, which the caller can see. */
static uint32_t set_fs(struct task *t, enum id_kind kind, uint32_t id)
{
	struct idset s = idset_of(t->cred, kind);
	uint32_t old = s.fs;

	if (id == LX_ID_KEEP)
		return old;
	if (privileged(t->cred, kind) || idset_has(&s, id) || id == s.fs) {
		s.fs = id;
		idset_apply(t, kind, &s);
	}
	return old;
}

int task_setuid(struct task *t, uint32_t uid)
{
	return set_id(t, ID_USER, uid);
}

int task_setgid(struct task *t, uint32_t gid)
{
	return set_id(t, ID_GROUP, gid);
}

int task_setreuid(struct task *t, uint32_t r, uint32_t e)
{
	return set_re(t, ID_USER, r, e);
}

int task_setregid(struct task *t, uint32_t r, uint32_t e)
{
	return set_re(t, ID_GROUP, r, e);
}

int task_setresuid(struct task *t, uint32_t r, uint32_t e, uint32_t s)
{
	return set_res(t, ID_USER, r, e, s);
}

int task_setresgid(struct task *t, uint32_t r, uint32_t e, uint32_t s)
{
	return set_res(t, ID_GROUP, r, e, s);
}

uint32_t task_setfsuid(struct task *t, uint32_t uid)
{
	return set_fs(t, ID_USER, uid);
}

uint32_t task_setfsgid(struct task *t, uint32_t gid)
{
	return set_fs(t, ID_GROUP, gid);
}

int task_setgroups(struct task *t, uint32_t n, const uint32_t *groups)
{
	struct cred *c;

	if (!cred_capable(t->cred, LX_CAP_SETGID))
		return -LX_EPERM;
	c = cred_copy(t->cred);
	if (!c)
		return -LX_ENOMEM;
	if (cred_set_groups(c, n, groups)) {
		cred_put(c);
		return -LX_ENOMEM;
	}
	task_set_cred(t, c);
	return 0;
}
