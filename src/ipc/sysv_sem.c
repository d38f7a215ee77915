/* SPDX-License-Identifier: MIT */
/* sysv_sem.c - sets of semaphores: semget and semctl. */
#include "sysv_sem.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

static int check_set(const struct ipc_object *o, uint64_t n)
{
	return n > ((const struct sem_set *)o)->n ? -LX_EINVAL : 0;
}

static int64_t make_set(struct task *t, struct ipc_ns *ns, int32_t key, uint64_t n, uint32_t flags)
{
	struct sem_set *set;
	int id;

	if (!n)
		return -LX_EINVAL;
	if (ns->sems + n > ns->limit[IPC_SEMMNS])
		return -LX_ENOSPC;
	set = mem_alloc(sizeof(*set) + n * sizeof(struct sem));
	if (!set)
		return -LX_ENOMEM;
	list_init(&set->pending);
	list_init(&set->undos);
	set->n = (uint32_t)n;
	set->o.mode = flags & 0777;
	set->ctime = ipc_now();
	id = ipc_add(ns, IPC_SEM, &set->o, key, t);
	if (id < 0)
		mem_free(set);
	else
		ns->sems += n;
	return id;
}

int64_t sem_get(struct task *t, int32_t key, int nsems, uint32_t flags)
{
	static const struct ipc_maker maker = { IPC_SEM, check_set, make_set };

	if (nsems < 0 || (uint64_t)nsems > ipc_limit_get(t, IPC_SEMMSL))
		return -LX_EINVAL;
	return ipc_get(t, &maker, key, (uint64_t)nsems, flags);
}

/* Finds by number what t may read or write (want), or change (want 0). ns->lock held. */
static int find_set(struct task *t, int id, uint32_t want, struct sem_set **out)
{
	struct ipc_object *o;
	int err = ipc_find_for(t, IPC_SEM, id, want, &o);

	*out = err ? NULL : (struct sem_set *)o;
	return err;
}

int64_t sem_query(struct task *t, int id, int num, int cmd)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_set *set;
	int64_t res;

	lk_acquire(&ns->lock);
	res = find_set(t, id, IPC_READ, &set);
	if (!res && (num < 0 || (uint32_t)num >= set->n))
		res = -LX_EINVAL;
	if (!res)
		res = cmd == LX_GETVAL   ? set->sems[num].value
		      : cmd == LX_GETPID ? set->sems[num].pid
					 : sem_count_waits(set, num, cmd == LX_GETZCNT);
	lk_release(&ns->lock);
	return res;
}

/* What was promised to be taken back of a semaphore is forgotten with its value. */
static void store(struct task *t, struct sem_set *set, uint32_t num, int value)
{
	struct sem_undo *u;

	list_for_each(u, &set->undos, set_link)
		u->adjust[num] = 0;
	set->sems[num].value = value;
	set->sems[num].pid = t->tg->pid;
}

int64_t sem_set_value(struct task *t, int id, int num, int value)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_object *o;
	struct sem_set *set;
	int err;

	if (value < 0 || value > LX_SEMVMX)
		return -LX_ERANGE;
	lk_acquire(&ns->lock);
	err = ipc_find(ns, IPC_SEM, id, &o);
	set = err ? NULL : (struct sem_set *)o;
	if (!err && (num < 0 || (uint32_t)num >= set->n))
		err = -LX_EINVAL;
	if (!err)
		err = ipc_may(t, o, IPC_WRITE);
	if (!err) {
		store(t, set, (uint32_t)num, value);
		set->ctime = ipc_now();
		sem_update(set);
	}
	lk_release(&ns->lock);
	return err;
}

int64_t sem_count_writable(struct task *t, int id)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_set *set;
	int64_t res;

	lk_acquire(&ns->lock);
	res = find_set(t, id, IPC_WRITE, &set);
	if (!res)
		res = set->n;
	lk_release(&ns->lock);
	return res;
}

int64_t sem_set_all(struct task *t, int id, const uint16_t *values, uint32_t n)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_set *set;
	int err;

	for (uint32_t i = 0; i < n; i++)
		if (values[i] > LX_SEMVMX)
			return -LX_ERANGE;
	lk_acquire(&ns->lock);
	err = find_set(t, id, IPC_WRITE, &set);
	if (!err && set->n != n) /* another than the caller has counted */
		err = -LX_EIDRM;
	for (uint32_t i = 0; !err && i < n; i++)
		store(t, set, i, values[i]);
	if (!err) {
		set->ctime = ipc_now();
		sem_update(set);
	}
	lk_release(&ns->lock);
	return err;
}

int64_t sem_get_all(struct task *t, int id, uint16_t **values)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_set *set;
	int64_t res;

	*values = NULL;
	lk_acquire(&ns->lock);
	res = find_set(t, id, IPC_READ, &set);
	if (!res) {
		*values = mem_alloc(set->n * sizeof(**values));
		res = *values ? (int64_t)set->n : -LX_ENOMEM;
	}
	for (int64_t i = 0; i < res; i++)
		(*values)[i] = (uint16_t)set->sems[i].value;
	lk_release(&ns->lock);
	return res;
}

int64_t sem_stat(struct task *t, int id, int cmd, struct lx_semid_ds *out)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_object *o;
	int64_t res;

	lk_acquire(&ns->lock);
	res = ipc_find_stat(t, IPC_SEM, id, cmd, LX_SEM_STAT, LX_SEM_STAT_ANY, &o);
	if (res >= 0) {
		const struct sem_set *set = (const struct sem_set *)o;

		*out = (struct lx_semid_ds){ .otime = set->otime,
					     .ctime = set->ctime,
					     .nsems = set->n };
		ipc_fill_perm(o, &out->perm);
	}
	lk_release(&ns->lock);
	return res;
}

int64_t sem_set(struct task *t, int id, const struct ipc_change *change)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_set *set;
	int err;

	lk_acquire(&ns->lock);
	err = find_set(t, id, 0, &set);
	if (!err) {
		ipc_change_owner(&set->o, change);
		set->ctime = ipc_now();
	}
	lk_release(&ns->lock);
	return err;
}

void sem_end(struct ipc_ns *ns, struct ipc_object *o)
{
	struct sem_set *set = (struct sem_set *)o;

	ipc_take_out(ns, IPC_SEM, o);
	ns->sems -= set->n;
	sem_end_waits(set);
	mem_free(set);
}

int64_t sem_remove(struct task *t, int id)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_set *set;
	int err;

	lk_acquire(&ns->lock);
	err = find_set(t, id, 0, &set);
	if (!err)
		sem_end(ns, &set->o);
	lk_release(&ns->lock);
	return err;
}

/* What Linux makes of numbers that limit nothing: include/uapi/linux/sem.h. */
#define SEMUSZ 20

int64_t sem_info(struct task *t, bool use, struct lx_seminfo *out)
{
	struct ipc_ns *ns = ipc_of(t);
	int highest;

	lk_acquire(&ns->lock);
	*out = (struct lx_seminfo){
		.semmap = (int32_t)ns->limit[IPC_SEMMNS],
		.semmni = (int32_t)ns->limit[IPC_SEMMNI],
		.semmns = (int32_t)ns->limit[IPC_SEMMNS],
		.semmnu = (int32_t)ns->limit[IPC_SEMMNS],
		.semmsl = (int32_t)ns->limit[IPC_SEMMSL],
		.semopm = (int32_t)ns->limit[IPC_SEMOPM],
		.semume = (int32_t)ns->limit[IPC_SEMOPM],
		.semvmx = LX_SEMVMX,
		.semusz = use ? (int32_t)ns->ids[IPC_SEM].in_use : SEMUSZ,
		.semaem = use ? (int32_t)ns->sems : LX_SEMVMX,
	};
	highest = ipc_highest(ns, IPC_SEM);
	lk_release(&ns->lock);
	return highest;
}

void sem_show_line(const struct ipc_object *o, struct text *tx)
{
	const struct sem_set *set = (const struct sem_set *)o;

	text_printf(tx, "%10d %10d  %4o %10u %5u %5u %5u %5u %10" PRId64 " %10" PRId64 "\n", o->key,
		    o->id, o->mode, set->n, o->uid, o->gid, o->cuid, o->cgid, set->otime,
		    set->ctime);
}
