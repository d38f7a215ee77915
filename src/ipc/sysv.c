/* SPDX-License-Identifier: MIT */
/* sysv.c - numbers, keys and rights of System V IPC objects; its name spaces and limits. */
#include "sysv.h"
#include "base/text.h"
#include "lx/mqueue.h"
#include "lxrun/mqueue.h"
#include "lxrun/process.h"
#include "lxrun/vfs.h"
#include <string.h>

/* A number is seq * IPC_INDEXES + index, as Linux makes it without ipcmni_extend. */
#define IPC_SHIFT   15
#define IPC_INDEXES (1u << IPC_SHIFT)
#define SEQ_MAX     (INT32_MAX >> IPC_SHIFT)
/* Indexes are reused late: at least so many others come first. */
#define MIN_CYCLE 64u
#define NO_ID     UINT64_MAX

/* Name, the value at the start, the least and the largest. */
#define LIMITS(X)                                           \
	X(SEMMSL, 32000, 0, INT32_MAX)                      \
	X(SEMMNS, 1024000000, 0, INT32_MAX)                 \
	X(SEMOPM, 500, 0, INT32_MAX)                        \
	X(SEMMNI, 32000, 0, IPC_INDEXES)                    \
	X(SHMMAX, UINT64_MAX - (1ull << 24), 0, UINT64_MAX) \
	X(SHMALL, UINT64_MAX - (1ull << 24), 0, UINT64_MAX) \
	X(SHMMNI, 4096, 0, IPC_INDEXES)                     \
	X(MSGMAX, 8192, 0, INT32_MAX)                       \
	X(MSGMNB, 16384, 0, INT32_MAX)                      \
	X(MSGMNI, 32000, 0, IPC_INDEXES)                    \
	X(SEM_NEXT_ID, NO_ID, 0, INT32_MAX)                 \
	X(SHM_NEXT_ID, NO_ID, 0, INT32_MAX)                 \
	X(MSG_NEXT_ID, NO_ID, 0, INT32_MAX)                 \
	X(MQ_QUEUES_MAX, 256, 0, INT32_MAX)                 \
	X(MQ_MSG_MAX, 10, 1, LX_MQ_HARD_MSGMAX)             \
	X(MQ_MSGSIZE_MAX, 8192, 128, LX_MQ_HARD_MSGSIZEMAX) \
	X(MQ_MSG_DEFAULT, 10, 1, LX_MQ_HARD_MSGMAX)         \
	X(MQ_MSGSIZE_DEFAULT, 8192, 128, LX_MQ_HARD_MSGSIZEMAX)

static const struct {
	uint64_t least, most;
} bounds[IPC_LIMITS] = {
#define BOUNDS(name, value, min, max) [IPC_##name] = { (min), (max) },
	LIMITS(BOUNDS)
};

struct ipc_ns ipc_ns_first = {
	.ns = NS_FIRST(NS_IPC, "ipc", 4026531839),
	.lock = LK_INIT(INSTANCE),
	.ids = { { .last = -1 }, { .last = -1 }, { .last = -1 } },
	.limit = {
#define VALUE(name, value, min, max) [IPC_##name] = (value),
		LIMITS(VALUE)
	},
};

struct ipc_ns *ipc_of(struct task *t)
{
	return t->ipc ? t->ipc : &ipc_ns_first;
}

struct ipc_ns *ipc_ns_of(struct task *t)
{
	return t ? ipc_of(t) : &ipc_ns_first;
}

void ipc_ns_prepare(struct ipc_ns *ns)
{
	static const uint64_t limits[IPC_LIMITS] = { LIMITS(VALUE) };

	lk_init(&ns->lock, LR_INSTANCE);
	memcpy(ns->limit, limits, sizeof(limits));
	for (int i = 0; i < IPC_KINDS; i++)
		ns->ids[i].last = -1;
}

int64_t ipc_now(void)
{
	return vfs_now().tv_sec;
}

/* ---- tables ---- */

static const enum ipc_limit next_id[IPC_KINDS] = { IPC_SEM_NEXT_ID, IPC_SHM_NEXT_ID,
						   IPC_MSG_NEXT_ID };
static const enum ipc_limit most[IPC_KINDS] = { IPC_SEMMNI, IPC_SHMMNI, IPC_MSGMNI };

static bool grow(struct ipc_ids *ids, uint32_t size)
{
	struct ipc_object **slot;

	if (size <= ids->size)
		return true;
	size = size < MIN_CYCLE ? MIN_CYCLE : size + size / 2;
	if (size > IPC_INDEXES)
		size = IPC_INDEXES;
	slot = mem_realloc(ids->slot, size * sizeof(struct ipc_object *));
	if (!slot)
		return false;
	memset(slot + ids->size, 0, (size - ids->size) * sizeof(struct ipc_object *));
	ids->slot = slot;
	ids->size = size;
	return true;
}

static bool is_free(const struct ipc_ids *ids, uint32_t index)
{
	return index >= ids->size || !ids->slot[index];
}

/* The first free index from `from` on, below end; end: none. */
static uint32_t free_index(const struct ipc_ids *ids, uint32_t from, uint32_t end)
{
	while (from < end && !is_free(ids, from))
		from++;
	return from;
}

/* In a circle that is a half larger than what is in use. */
static int next_index(struct ipc_ids *ids)
{
	uint32_t end = ids->in_use * 3 / 2, i;

	end = end < MIN_CYCLE ? MIN_CYCLE : end > IPC_INDEXES ? IPC_INDEXES : end;
	i = free_index(ids, (uint32_t)(ids->last + 1), end);
	if (i >= end)
		i = free_index(ids, 0, end);
	if (i >= end || !grow(ids, i + 1))
		return i >= end ? -LX_ENOSPC : -LX_ENOMEM;
	if ((int)i <= ids->last && ++ids->seq >= SEQ_MAX)
		ids->seq = 0;
	ids->last = (int)i;
	return (int)i;
}

/* /proc/sys/kernel/..._next_id asked for this number; the next free index takes it, if its own does not. */
static int wanted_index(struct ipc_ids *ids, uint64_t id, uint16_t *seq)
{
	uint32_t i = free_index(ids, (uint32_t)id & (IPC_INDEXES - 1), IPC_INDEXES);

	if (i == IPC_INDEXES || !grow(ids, i + 1))
		return i == IPC_INDEXES ? -LX_ENOSPC : -LX_ENOMEM;
	*seq = (uint16_t)(id >> IPC_SHIFT);
	return (int)i;
}

int ipc_add(struct ipc_ns *ns, enum ipc_kind kind, struct ipc_object *o, int32_t key,
	    struct task *t)
{
	struct ipc_ids *ids = &ns->ids[kind];
	uint64_t *wanted = &ns->limit[next_id[kind]];
	int index;

	if (ids->in_use >= ns->limit[most[kind]])
		return -LX_ENOSPC;
	if (*wanted != NO_ID) {
		index = wanted_index(ids, *wanted, &o->seq);
		*wanted = NO_ID;
	} else {
		index = next_index(ids);
		o->seq = ids->seq;
	}
	if (index < 0)
		return index;
	refs_init(&o->refs);
	o->key = key;
	o->uid = o->cuid = t->cred->euid;
	o->gid = o->cgid = t->cred->egid;
	o->id = o->seq << IPC_SHIFT | index;
	ids->slot[index] = o;
	ids->in_use++;
	return o->id;
}

void ipc_take_out(struct ipc_ns *ns, enum ipc_kind kind, struct ipc_object *o)
{
	struct ipc_ids *ids = &ns->ids[kind];

	ids->slot[o->id & (IPC_INDEXES - 1)] = NULL;
	ids->in_use--;
	o->removed = true;
}

int ipc_find_index(struct ipc_ns *ns, enum ipc_kind kind, int index, struct ipc_object **out)
{
	struct ipc_ids *ids = &ns->ids[kind];

	if (kind == IPC_SHM)
		shm_sweep(ns);
	if (index < 0 || is_free(ids, (uint32_t)index & (IPC_INDEXES - 1)))
		return -LX_EINVAL;
	*out = ids->slot[index & (IPC_INDEXES - 1)];
	return 0;
}

int ipc_find(struct ipc_ns *ns, enum ipc_kind kind, int id, struct ipc_object **out)
{
	int err = ipc_find_index(ns, kind, id, out);

	return !err && (*out)->id != id ? -LX_EINVAL : err;
}

struct ipc_object *ipc_find_key(struct ipc_ns *ns, enum ipc_kind kind, int32_t key)
{
	struct ipc_ids *ids = &ns->ids[kind];

	for (uint32_t i = 0; i < ids->size; i++)
		if (ids->slot[i] && ids->slot[i]->key == key)
			return ids->slot[i];
	return NULL;
}

int ipc_highest(const struct ipc_ns *ns, enum ipc_kind kind)
{
	uint32_t i = ns->ids[kind].size;

	while (i > 0 && !ns->ids[kind].slot[i - 1])
		i--;
	return i ? (int)i - 1 : 0;
}

/* ---- rights ---- */

int ipc_may(struct task *t, const struct ipc_object *o, uint32_t want)
{
	const struct cred *c = t->cred;
	uint32_t granted = o->mode;

	want |= want >> 6 | want >> 3;
	if (c->euid == o->cuid || c->euid == o->uid)
		granted >>= 6;
	else if (cred_in_group(c, o->cgid) || cred_in_group(c, o->gid))
		granted >>= 3;
	return want & ~granted & 7 && !cred_capable(c, LX_CAP_IPC_OWNER) ? -LX_EACCES : 0;
}

static int may_change(struct task *t, const struct ipc_object *o)
{
	const struct cred *c = t->cred;
	bool owner = c->euid == o->cuid || c->euid == o->uid;

	return owner || cred_capable(c, LX_CAP_SYS_ADMIN) ? 0 : -LX_EPERM;
}

int ipc_find_for(struct task *t, enum ipc_kind kind, int id, uint32_t want, struct ipc_object **out)
{
	int err = ipc_find(ipc_of(t), kind, id, out);

	if (err)
		return err;
	return want ? ipc_may(t, *out, want) : may_change(t, *out);
}

int64_t ipc_find_stat(struct task *t, enum ipc_kind kind, int id, int cmd, int stat, int stat_any,
		      struct ipc_object **out)
{
	bool by_index = cmd == stat || cmd == stat_any;
	struct ipc_ns *ns = ipc_of(t);
	int err = by_index ? ipc_find_index(ns, kind, id, out) : ipc_find(ns, kind, id, out);

	if (!err && cmd != stat_any)
		err = ipc_may(t, *out, IPC_READ);
	if (err)
		return err;
	return by_index ? (*out)->id : 0;
}

void ipc_fill_perm(const struct ipc_object *o, struct lx_ipc_perm *out)
{
	*out = (struct lx_ipc_perm){ .key = o->key,
				     .uid = o->uid,
				     .gid = o->gid,
				     .cuid = o->cuid,
				     .cgid = o->cgid,
				     .mode = o->mode,
				     .seq = o->seq };
}

void ipc_change_owner(struct ipc_object *o, const struct ipc_change *change)
{
	o->uid = change->uid;
	o->gid = change->gid;
	o->mode = (o->mode & ~0777u) | (change->mode & 0777);
}

int64_t ipc_get(struct task *t, const struct ipc_maker *maker, int32_t key, uint64_t size,
		uint32_t flags)
{
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_object *o = NULL;
	int64_t res;

	lk_acquire(&ns->lock);
	if (maker->kind == IPC_SHM)
		shm_sweep(ns);
	if (key != LX_IPC_PRIVATE)
		o = ipc_find_key(ns, maker->kind, key);
	if (!o) {
		res = key != LX_IPC_PRIVATE && !(flags & LX_IPC_CREAT)
			      ? -LX_ENOENT
			      : maker->make(t, ns, key, size, flags);
	} else if (flags & LX_IPC_CREAT && flags & LX_IPC_EXCL) {
		res = -LX_EEXIST;
	} else {
		res = maker->check(o, size);
		if (!res)
			res = ipc_may(t, o, flags & 0777);
		if (!res)
			res = o->id;
	}
	lk_release(&ns->lock);
	return res;
}

/* ---- /proc ---- */

void ipc_show(struct task *t, enum ipc_kind kind, struct text *tx)
{
	static const struct {
		const char *head;
		void (*line)(const struct ipc_object *o, struct text *tx);
	} kinds[IPC_KINDS] = {
		[IPC_SEM] = { "       key      semid perms      nsems   uid   gid  cuid  cgid      "
			      "otime      ctime\n",
			      sem_show_line },
		[IPC_SHM] = { "       key      shmid perms                  size  cpid  lpid "
			      "nattch   "
			      "uid   gid  cuid  cgid      atime      dtime      ctime              "
			      "  "
			      "   rss                  swap\n",
			      shm_show_line },
		[IPC_MSG] = { "       key      msqid perms      cbytes       qnum lspid lrpid   "
			      "uid   "
			      "gid  cuid  cgid      stime      rtime      ctime\n",
			      msg_show_line },
	};
	struct ipc_ns *ns = ipc_of(t);
	struct ipc_ids *ids = &ns->ids[kind];

	text_str(tx, kinds[kind].head);
	lk_acquire(&ns->lock);
	if (kind == IPC_SHM)
		shm_sweep(ns);
	for (uint32_t i = 0; i < ids->size; i++)
		if (ids->slot[i])
			kinds[kind].line(ids->slot[i], tx);
	lk_release(&ns->lock);
}

uint64_t ipc_limit_get(struct task *t, enum ipc_limit which)
{
	struct ipc_ns *ns = ipc_of(t);
	uint64_t value;

	lk_acquire(&ns->lock);
	value = ns->limit[which];
	lk_release(&ns->lock);
	return value;
}

uint64_t ipc_ns_limit(struct ipc_ns *ns, enum ipc_limit which)
{
	return __atomic_load_n(&ns->limit[which], __ATOMIC_RELAXED);
}

int ipc_limit_set(struct task *t, enum ipc_limit which, uint64_t value)
{
	struct ipc_ns *ns = ipc_of(t);

	if (value < bounds[which].least || value > bounds[which].most)
		return -LX_EINVAL;
	lk_acquire(&ns->lock);
	__atomic_store_n(&ns->limit[which], value, __ATOMIC_RELAXED);
	lk_release(&ns->lock);
	return 0;
}
