/* SPDX-License-Identifier: MIT */
/*
 * sysv_semop.c - semop, and what the end of a task takes back (SEM_UNDO).
 *
 * Who changes a set also performs what others wait for, oldest first, before anybody else sees the values; a
 * sleeper only finds out that it was done.
 */
#include "sysv_sem.h"

#define SEMAEM LX_SEMVMX

struct sem_undo_list {
	struct refs refs;  /* tasks that share it (CLONE_SYSVSEM) */
	struct ipc_ns *ns; /* its lock guards: */
	struct list undos; /* struct sem_undo */
};

/* ---- one attempt ---- */

static bool alters(const struct sem_wait *w)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (w->ops[i].sem_op)
			return true;
	return false;
}

static void take_back(struct sem_set *set, const struct sem_wait *w, uint32_t n)
{
	while (n-- > 0) {
		const struct lx_sembuf *op = &w->ops[n];

		set->sems[op->sem_num].value -= op->sem_op;
		if (op->sem_flg & LX_SEM_UNDO)
			w->undo->adjust[op->sem_num] += op->sem_op;
	}
}

/* 0: op is done; SEM_ASLEEP: not now; -LX_ERANGE. */
static int64_t perform_one(struct sem_set *set, struct sem_wait *w, const struct lx_sembuf *op)
{
	int value = set->sems[op->sem_num].value, adjust = 0;

	if ((!op->sem_op && value) || value + op->sem_op < 0)
		return SEM_ASLEEP;
	if (value + op->sem_op > LX_SEMVMX)
		return -LX_ERANGE;
	if (op->sem_flg & LX_SEM_UNDO) {
		adjust = w->undo->adjust[op->sem_num] - op->sem_op;
		if (adjust < -SEMAEM - 1 || adjust > SEMAEM)
			return -LX_ERANGE;
		w->undo->adjust[op->sem_num] = (int16_t)adjust;
	}
	set->sems[op->sem_num].value = value + op->sem_op;
	return 0;
}

/* All of w's operations or none. 0, SEM_ASLEEP (w->blocking says at which), -LX_EAGAIN, -LX_ERANGE. */
static int64_t perform(struct sem_set *set, struct sem_wait *w)
{
	int64_t res = 0;
	uint32_t i;

	for (i = 0; i < w->n; i++) {
		res = perform_one(set, w, &w->ops[i]);
		if (res)
			break;
	}
	if (res) {
		w->blocking = &w->ops[i];
		take_back(set, w, i);
		return res == SEM_ASLEEP && w->blocking->sem_flg & LX_IPC_NOWAIT ? -LX_EAGAIN : res;
	}
	for (i = 0; i < w->n; i++)
		set->sems[w->ops[i].sem_num].pid = w->task->tg->pid;
	set->otime = ipc_now();
	return 0;
}

/* ---- those who wait ---- */

static void finish(struct sem_wait *w, int64_t result)
{
	list_del(&w->link);
	w->result = result;
	task_wake(w->task);
}

/* Performs those that alter (or only look) as far as possible. Whether one has altered something. */
static bool perform_pending(struct sem_set *set, bool altering)
{
	struct sem_wait *w, *tmp;
	int64_t res;

	list_for_each_safe(w, tmp, &set->pending, link) {
		if (alters(w) != altering)
			continue;
		res = perform(set, w);
		if (res != SEM_ASLEEP)
			finish(w, res);
		if (!res && altering)
			return true;
	}
	return false;
}

void sem_update(struct sem_set *set)
{
	do
		perform_pending(set, false);
	while (perform_pending(set, true));
}

void sem_end_waits(struct sem_set *set)
{
	struct sem_wait *w, *tmp;
	struct sem_undo *u, *next;

	list_for_each_safe(w, tmp, &set->pending, link)
		finish(w, -LX_EIDRM);
	list_for_each_safe(u, next, &set->undos, set_link) {
		list_del(&u->set_link);
		u->set = NULL;
	}
}

int sem_count_waits(const struct sem_set *set, int num, bool zero)
{
	const struct sem_wait *w;
	int n = 0;

	list_for_each(w, &set->pending, link)
		n += w->blocking->sem_num == num && !w->blocking->sem_op == zero;
	return n;
}

/* ---- SEM_UNDO ---- */

static struct sem_undo_list *own_list(struct task *t)
{
	struct sem_undo_list *l = t->sem_undo;

	if (l)
		return l;
	l = mem_alloc(sizeof(*l));
	if (!l)
		return NULL;
	refs_init(&l->refs);
	list_init(&l->undos);
	l->ns = ipc_of(t);
	return t->sem_undo = l;
}

struct sem_undo_list *sem_undo_share(struct task *t)
{
	struct sem_undo_list *l = own_list(t);

	if (l)
		refs_get(&l->refs);
	return l;
}

static void undo_free(struct sem_undo *u)
{
	list_del(&u->set_link);
	list_del(&u->list_link);
	mem_free(u);
}

static struct sem_undo *find_undo(struct sem_undo_list *l, const struct sem_set *set)
{
	struct sem_undo *u, *tmp, *found = NULL;

	list_for_each_safe(u, tmp, &l->undos, list_link)
		if (!u->set)
			undo_free(u);
		else if (u->set == set)
			found = u;
	return found;
}

/* The entry of t's list for set, made if need be. ns->lock held. */
static int undo_for(struct task *t, struct sem_set *set, struct sem_undo **out)
{
	struct sem_undo_list *l = own_list(t);
	struct sem_undo *u = l ? find_undo(l, set) : NULL;

	if (!l)
		return -LX_ENOMEM;
	if (!u) {
		u = mem_alloc(sizeof(*u) + set->n * sizeof(u->adjust[0]));
		if (!u)
			return -LX_ENOMEM;
		u->set = set;
		u->id = set->o.id;
		list_add_tail(&set->undos, &u->set_link);
		list_add_tail(&l->undos, &u->list_link);
	}
	*out = u;
	return 0;
}

static void apply_undo(struct sem_undo *u, int pid)
{
	struct sem_set *set = u->set;

	for (uint32_t i = 0; i < set->n; i++) {
		struct sem *s = &set->sems[i];

		if (!u->adjust[i])
			continue;
		s->value += u->adjust[i];
		s->value = s->value < 0 ? 0 : s->value > LX_SEMVMX ? LX_SEMVMX : s->value;
		s->pid = pid;
	}
	set->otime = ipc_now();
	sem_update(set);
}

void sem_undo_leave(struct task *t)
{
	struct sem_undo_list *l = t->sem_undo;
	struct sem_undo *u, *tmp;

	t->sem_undo = NULL;
	if (!l || !refs_put(&l->refs))
		return;
	lk_acquire(&l->ns->lock);
	list_for_each_safe(u, tmp, &l->undos, list_link) {
		if (u->set)
			apply_undo(u, t->tg->pid);
		undo_free(u);
	}
	lk_release(&l->ns->lock);
	mem_free(l);
}

/* ---- semop ---- */

uint32_t sem_op_limit(struct task *t)
{
	return (uint32_t)ipc_limit_get(t, IPC_SEMOPM);
}

/* The first attempt, with all that is to be checked. A sleeper is queued. ns->lock held. */
static int64_t begin(struct task *t, struct ipc_ns *ns, int id, struct sem_wait *w,
		     struct sem_set **set)
{
	struct ipc_object *o;
	bool undo = false;
	int64_t res = ipc_find(ns, IPC_SEM, id, &o);

	if (res)
		return res;
	*set = (struct sem_set *)o;
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->ops[i].sem_num >= (*set)->n)
			return -LX_EFBIG;
		undo |= (w->ops[i].sem_flg & LX_SEM_UNDO) != 0;
	}
	res = ipc_may(t, o, alters(w) ? IPC_WRITE : IPC_READ);
	if (!res && undo)
		res = undo_for(t, *set, &w->undo);
	if (!res)
		res = perform(*set, w);
	if (!res && alters(w))
		sem_update(*set);
	if (res == SEM_ASLEEP)
		list_add_tail(&(*set)->pending, &w->link);
	return res;
}

/* Until somebody has ended the wait, or the time or a signal does. */
static int64_t sleep_on(struct task *t, struct ipc_ns *ns, struct sem_wait *w, uint64_t deadline)
{
	int64_t res;
	int err = 0;

	do {
		if (!err)
			err = task_sleep(t, deadline);
		lk_acquire(&ns->lock);
		if (err && w->result == SEM_ASLEEP) {
			list_del(&w->link);
			w->result = err == -LX_ETIMEDOUT ? -LX_EAGAIN : -LX_EINTR;
		}
		res = w->result;
		lk_release(&ns->lock);
	} while (res == SEM_ASLEEP);
	return res;
}

int64_t sem_op(struct task *t, int id, const struct lx_sembuf *ops, uint32_t n, uint64_t deadline)
{
	struct ipc_ns *ns = ipc_of(t);
	struct sem_wait w = { .task = t, .ops = ops, .n = n };
	struct sem_set *set;
	int64_t res;

	lk_acquire(&ns->lock);
	w.result = res = begin(t, ns, id, &w, &set);
	lk_release(&ns->lock);
	return res == SEM_ASLEEP ? sleep_on(t, ns, &w, deadline) : res;
}
