/* SPDX-License-Identifier: MIT */
/*
 * uts.c - host and domain names, one pair per name space: the host's to begin with, then what was set. The
 * first name space is the instance's; a task without one (/init, a zombie) has the first.
 */
#include "pid_ns.h"
#include "base/alloc.h"
#include "lxrun/options.h"
#include <string.h>

static struct lk lock = LK_INIT(INODE); /* guards the names of all of them */
struct uts_ns uts_ns_first = { .ns = NS_FIRST(NS_UTS, "uts", 4026531838) };

struct uts_ns *uts_ns_get(struct uts_ns *ns)
{
	if (ns)
		ns_get(&ns->ns);
	return ns;
}

void uts_ns_put(struct uts_ns *ns)
{
	if (ns)
		ns_put(&ns->ns);
}

static void uts_ns_free(struct ns *ns)
{
	mem_free(container_of(ns, struct uts_ns, ns));
}

struct uts_ns *uts_ns_copy(const struct uts_ns *ns)
{
	struct uts_ns *copy = mem_alloc(sizeof(*copy));

	if (!copy)
		return NULL;
	lk_acquire(&lock);
	ns = ns ? ns : &uts_ns_first;
	memcpy(copy->names, ns->names, sizeof(copy->names));
	memcpy(copy->set, ns->set, sizeof(copy->set));
	lk_release(&lock);
	ns_init(&copy->ns, NS_UTS, uts_ns_free);
	return copy;
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
	const struct uts_ns *ns = t && t->uts ? t->uts : &uts_ns_first;

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
	struct uts_ns *ns = t->uts ? t->uts : &uts_ns_first;

	if (!cred_capable(t->cred, LX_CAP_SYS_ADMIN))
		return -LX_EPERM;
	lk_acquire(&lock);
	memset(ns->names[which], 0, sizeof(ns->names[which]));
	memcpy(ns->names[which], name, len);
	ns->set[which] = true;
	lk_release(&lock);
	return 0;
}
