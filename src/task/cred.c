/* SPDX-License-Identifier: MIT */
/* cred.c - credentials: immutable once published, replaced as a whole. Rules of change: ids.c. */
#include "task_impl.h"
#include "base/alloc.h"
#include <string.h>

struct cred *cred_get(struct cred *c)
{
	refs_get(&c->refs);
	return c;
}

void cred_put(struct cred *c)
{
	if (!c || !refs_put(&c->refs))
		return;
	if (c->groups && refs_put(&c->groups->refs))
		mem_free(c->groups);
	mem_free(c);
}

struct cred *cred_copy(const struct cred *c)
{
	struct cred *copy = mem_alloc(sizeof(*copy));

	if (!copy)
		return NULL;
	memcpy(copy, c, sizeof(*copy));
	refs_init(&copy->refs);
	if (copy->groups)
		refs_get(&copy->groups->refs);
	return copy;
}

bool cred_in_group(const struct cred *c, uint32_t gid)
{
	if (c->fsgid == gid)
		return true;
	for (uint32_t i = 0; c->groups && i < c->groups->n; i++)
		if (c->groups->ids[i] == gid)
			return true;
	return false;
}

int cred_set_groups(struct cred *c, uint32_t n, const uint32_t *ids)
{
	struct group_list *l = NULL;

	if (n) {
		l = mem_alloc(sizeof(*l) + n * sizeof(*ids));
		if (!l)
			return -LX_ENOMEM;
		refs_init(&l->refs);
		l->n = n;
		memcpy(l->ids, ids, n * sizeof(*ids));
	}
	if (c->groups && refs_put(&c->groups->refs))
		mem_free(c->groups);
	c->groups = l;
	return 0;
}

struct cred *task_cred(struct task *t)
{
	struct cred *c;

	lk_acquire(&t->lock);
	c = t->cred ? cred_get(t->cred) : NULL;
	lk_release(&t->lock);
	return c;
}

/* Linux's commit_creds(): who acts as somebody else now may know what others must not see. */
static bool is_another(const struct cred *old, const struct cred *c)
{
	return old->euid != c->euid || old->egid != c->egid || old->fsuid != c->fsuid ||
	       old->fsgid != c->fsgid || c->cap_permitted & ~old->cap_permitted;
}

void task_set_cred(struct task *t, struct cred *c)
{
	struct cred *old;

	lk_acquire(&t->lock);
	old = t->cred;
	t->cred = c;
	t->tg->uid = c->uid;
	lk_release(&t->lock);
	if (is_another(old, c)) {
		t->tg->dumpable = 0;
		t->pdeathsig = 0;
	}
	cred_put(old);
}
