/* SPDX-License-Identifier: MIT */
/*
 * sysv_ns.c - IPC name spaces. The first is the instance's and never ends; a task without one (/init, a zombie)
 * has the first. With the last task and the last open file of another goes all that is in it.
 */
#include "sysv.h"
#include "lxrun/mount.h"
#include "lxrun/mqueue.h"
#include "lxrun/process.h"

struct ipc_ns *ipc_ns_get(struct ipc_ns *ns)
{
	if (ns)
		ns_get(&ns->ns);
	return ns;
}

static void ipc_ns_free(struct ns *base)
{
	static void (*const ends[IPC_KINDS])(struct ipc_ns *, struct ipc_object *) = {
		[IPC_SEM] = sem_end, [IPC_SHM] = shm_end, [IPC_MSG] = msg_end
	};
	struct ipc_ns *ns = container_of(base, struct ipc_ns, ns);

	lk_acquire(&ns->lock);
	for (int kind = 0; kind < IPC_KINDS; kind++) {
		struct ipc_ids *ids = &ns->ids[kind];

		for (uint32_t i = 0; i < ids->size; i++)
			if (ids->slot[i])
				ends[kind](ns, ids->slot[i]);
		mem_free(ids->slot);
	}
	lk_release(&ns->lock);
	mqueue_ns_gone(ns->mqueue);
	mem_free(ns);
}

struct mount *ipc_ns_mqueue(struct ipc_ns *ns, struct mount *fresh)
{
	struct mount *m;

	lk_acquire(&ns->lock);
	if (!ns->mqueue && fresh) {
		refs_get(&fresh->refs);
		ns->mqueue = fresh;
	}
	m = ns->mqueue;
	if (m && m != fresh)
		refs_get(&m->refs);
	lk_release(&ns->lock);
	return m;
}

struct ipc_ns *ipc_ns_new(void)
{
	struct ipc_ns *ns = mem_alloc(sizeof(*ns));

	if (!ns)
		return NULL;
	ipc_ns_prepare(ns);
	ns_init(&ns->ns, NS_IPC, ipc_ns_free);
	return ns;
}

struct ns *ipc_ns_base(struct ipc_ns *ns)
{
	return ns ? &ns->ns : &ipc_ns_first.ns;
}

void task_set_ipc(struct task *t, struct ipc_ns *ns)
{
	struct ipc_ns *old;

	sem_undo_leave(t);
	lk_acquire(&t->lock);
	old = t->ipc;
	t->ipc = ns;
	lk_release(&t->lock);
	if (old)
		ns_put(&old->ns);
}

void task_enter_ipc(struct task *t, struct ns *base)
{
	ns_get(base);
	task_set_ipc(t, container_of(base, struct ipc_ns, ns));
}
