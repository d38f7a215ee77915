/* SPDX-License-Identifier: MIT */
/*
 * uts.c - host and domain names, one pair per name space: the host's to begin with, then what was set. The
 * first name space is the instance's; a task without one (/init, a zombie) has the first.
 */
#include "task_impl.h"
#include "base/alloc.h"
#include "lxrun/options.h"
#include <string.h>

#define FIRST_INO 4026531838ull /* as Linux's */
#define NEXT_INO  4026532200ull

struct uts_ns {
	struct refs refs;
	uint64_t ino;     /* constant */
	struct list link; /* lock; in spaces; not the first */
	char names[2][LX_UTS_LEN + 1];
	bool set[2];
};

static struct lk lock = LK_INIT(INODE); /* guards all of them */
static struct list spaces = LIST_INIT(spaces);
static uint64_t next_ino = NEXT_INO;
static struct uts_ns first = { .ino = FIRST_INO };

struct uts_ns *uts_ns_get(struct uts_ns *ns)
{
	if (ns)
		refs_get(&ns->refs);
	return ns;
}

void uts_ns_put(struct uts_ns *ns)
{
	if (!ns || !refs_put(&ns->refs))
		return;
	lk_acquire(&lock);
	list_del(&ns->link);
	lk_release(&lock);
	mem_free(ns);
}

uint64_t uts_ns_ino(const struct uts_ns *ns)
{
	return ns ? ns->ino : FIRST_INO;
}

struct uts_ns *uts_ns_copy(const struct uts_ns *ns)
{
	struct uts_ns *copy = mem_alloc(sizeof(*copy));

	if (!copy)
		return NULL;
	refs_init(&copy->refs);
	list_init(&copy->link);
	lk_acquire(&lock);
	ns = ns ? ns : &first;
	memcpy(copy->names, ns->names, sizeof(copy->names));
	memcpy(copy->set, ns->set, sizeof(copy->set));
	copy->ino = next_ino++;
	list_add_tail(&spaces, &copy->link);
	lk_release(&lock);
	return copy;
}

bool uts_ns_find(uint64_t ino, struct uts_ns **out)
{
	struct uts_ns *ns;
	bool found = ino == FIRST_INO;

	*out = NULL;
	lk_acquire(&lock);
	list_for_each(ns, &spaces, link)
		if (!found && ns->ino == ino && refs_get_live(&ns->refs)) {
			*out = ns;
			found = true;
		}
	lk_release(&lock);
	return found;
}

struct uts_ns *task_uts(struct task *t)
{
	struct uts_ns *ns;

	lk_acquire(&t->lock);
	ns = uts_ns_get(t->uts);
	lk_release(&t->lock);
	return ns;
}

void task_set_uts(struct task *t, struct uts_ns *ns)
{
	struct uts_ns *old;

	lk_acquire(&t->lock);
	old = t->uts;
	t->uts = ns;
	lk_release(&t->lock);
	uts_ns_put(old);
}

void uts_name(struct task *t, enum uts_name which, char out[LX_UTS_LEN + 1])
{
	const struct uts_ns *ns = t && t->uts ? t->uts : &first;

	lk_acquire(&lock);
	if (ns->set[which])
		memcpy(out, ns->names[which], LX_UTS_LEN + 1);
	else
		strncpy(out, which == UTS_HOST ? lxrun_opt.hostname : "(none)", LX_UTS_LEN);
	lk_release(&lock);
	out[LX_UTS_LEN] = '\0';
}

int task_set_uts_name(struct task *t, enum uts_name which, const char *name, size_t len)
{
	struct uts_ns *ns = t->uts ? t->uts : &first;

	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	lk_acquire(&lock);
	memset(ns->names[which], 0, sizeof(ns->names[which]));
	memcpy(ns->names[which], name, len);
	ns->set[which] = true;
	lk_release(&lock);
	return 0;
}
