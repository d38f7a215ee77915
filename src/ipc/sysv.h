/* SPDX-License-Identifier: MIT */
/*
 * sysv.h - what semaphores, shared memory and message queues share: numbers, keys, rights.
 *
 * A name space has one lock (LR_INSTANCE) for all that is in it. An object is counted: the tables hold one
 * reference, whoever sleeps another; `removed` says that the tables have none any more.
 */
#ifndef IPC_SYSV_H
#define IPC_SYSV_H
#include "lxrun/ipc.h"
#include "lxrun/ns.h"
#include "lxrun/task.h"
#include "base/alloc.h"

/* Begins each object. The name space's lock guards all but refs. */
struct ipc_object {
	struct refs refs;
	int id;
	int32_t key;
	uint32_t uid, gid, cuid, cgid, mode;
	uint16_t seq;
	bool removed;
};

struct ipc_ids {
	struct ipc_object **slot; /* by index */
	uint32_t size, in_use;
	int last; /* the index given out last; -1 */
	uint16_t seq;
};

struct ipc_ns {
	struct ns ns;
	struct lk lock; /* LR_INSTANCE; guards: */
	struct ipc_ids ids[IPC_KINDS];
	uint64_t limit[IPC_LIMITS];    /* which ipc_ns_limit() reads without it */
	uint64_t sems;                 /* semaphores of all sets */
	uint64_t pages;                /* of all segments */
	uint64_t msg_bytes, msg_count; /* in all queues */
	struct mount *mqueue;          /* holds a reference; NULL until somebody asks */
};

/* The name space of t, the caller. Borrows. */
struct ipc_ns *ipc_of(struct task *t);
/* The instance's. */
extern struct ipc_ns ipc_ns_first;
/* The lock and the limits that Linux begins with, of what is zero. */
void ipc_ns_prepare(struct ipc_ns *ns);

/*
 * ---- tables; ns->lock held ----
 * Enters o (its mode is set) with key as t's, with a new number. The number, -LX_ENOSPC, -LX_ENOMEM.
 */
int ipc_add(struct ipc_ns *ns, enum ipc_kind kind, struct ipc_object *o, int32_t key,
	    struct task *t);
/* Takes o out; its reference is the caller's now. */
void ipc_take_out(struct ipc_ns *ns, enum ipc_kind kind, struct ipc_object *o);
/* Borrows. -LX_EINVAL: no such number, or its index has another object now. */
int ipc_find(struct ipc_ns *ns, enum ipc_kind kind, int id, struct ipc_object **out);
struct ipc_object *ipc_find_key(struct ipc_ns *ns, enum ipc_kind kind, int32_t key);
/* For *_STAT: by index. Borrows; -LX_EINVAL. */
int ipc_find_index(struct ipc_ns *ns, enum ipc_kind kind, int index, struct ipc_object **out);
/* The highest index in use; 0 if there is none. */
int ipc_highest(const struct ipc_ns *ns, enum ipc_kind kind);

/* ---- rights; ns->lock held ---- */
#define IPC_READ  0444u
#define IPC_WRITE 0222u
#define IPC_EXEC  0111u
/* 0 or -LX_EACCES. want: bits of IPC_*, or a mode as semget(2) takes it. */
int ipc_may(struct task *t, const struct ipc_object *o, uint32_t want);
/* ipc_find() of what t may use so; want 0: remove, or give away: -LX_EPERM. */
int ipc_find_for(struct task *t, enum ipc_kind kind, int id, uint32_t want,
		 struct ipc_object **out);
/*
 * Finds by number for a command: IPC_STAT and want, *_STAT by index and want, *_STAT_ANY by index without.
 * Returns what the command returns.
 */
int64_t ipc_find_stat(struct task *t, enum ipc_kind kind, int id, int cmd, int stat, int stat_any,
		      struct ipc_object **out);
void ipc_fill_perm(const struct ipc_object *o, struct lx_ipc_perm *out);
void ipc_change_owner(struct ipc_object *o, const struct ipc_change *change);
int64_t ipc_now(void); /* seconds */

/* What each kind says of itself to ipc_get(). ns->lock held in both. */
struct ipc_maker {
	enum ipc_kind kind;
	/* The object that is there: 0 or -LX_EINVAL, because what is wanted is larger. */
	int (*check)(const struct ipc_object *o, uint64_t size);
	/* A new one, entered: its number or -LX_E*. */
	int64_t (*make)(struct task *t, struct ipc_ns *ns, int32_t key, uint64_t size,
			uint32_t flags);
};
/* semget, shmget, msgget. */
int64_t ipc_get(struct task *t, const struct ipc_maker *maker, int32_t key, uint64_t size,
		uint32_t flags);

/* ---- lines of /proc/sysvipc; ns->lock held ---- */
void sem_show_line(const struct ipc_object *o, struct text *tx);
void shm_show_line(const struct ipc_object *o, struct text *tx);
void msg_show_line(const struct ipc_object *o, struct text *tx);
/* o goes with its name space; ns->lock held. */
void sem_end(struct ipc_ns *ns, struct ipc_object *o);
void shm_end(struct ipc_ns *ns, struct ipc_object *o);
void msg_end(struct ipc_ns *ns, struct ipc_object *o);
/* Segments whose last attach has gone after their removal are forgotten. ns->lock held. */
void shm_sweep(struct ipc_ns *ns);
#endif
