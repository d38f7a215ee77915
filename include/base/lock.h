/* SPDX-License-Identifier: MIT */
/*
 * lock.h - the one kind of lock, and the one lock order.
 *
 * Acquire strictly downwards in the list of ranks: a thread that holds rank N may take ranks > N
 * only. Debug builds assert it (src/base/lock.c). Two locks of one rank: lk_acquire_pair(), lower
 * address first. No lock is held across a wait (KeWait*, waitq_sleep). docs/locking.md says why.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H
#include <stdint.h>

#define LOCK_RANKS(R)                                                                              \
	R(INSTANCE)   /* instance and session tables */                                            \
	R(TASKS)      /* the process tree: pids, parents, groups, states */                        \
	R(SIGNAL)     /* queued signal information of one thread group */                          \
	R(MOUNT)      /* mount table */                                                            \
	R(FS)         /* cwd, root, umask */                                                       \
	R(FDTABLE)    /* one descriptor table */                                                   \
	R(EPOLL)      /* one epoll set */                                                          \
	R(DCACHE)     /* names: hash, parents, children */                                         \
	R(FILE)       /* one open file: position, flags */                                         \
	R(INODE)      /* one inode, one pipe, one eventfd, one terminal */                         \
	R(WAITQ)      /* waiters of one object */                                                  \
	R(TASK)       /* one task's own fields */                                                  \
	R(PICO)       /* trap engine: tables of host threads, receiver pool */                     \
	R(OB)         /* object manager: name space */                                             \
	R(HANDLES)    /* handle table */                                                           \
	R(IO)         /* volumes, FCB table, change journal */                                     \
	R(FCB)        /* one file control block */                                                 \
	R(DISPATCHER) /* all dispatcher objects */                                                 \
	R(HOST)       /* pollers and timers of src/ntshim/host */                                  \
	R(TRACE)      /* trace output, statistics: leaf */

enum lock_rank {
	LR_NONE,
#define LR_ENUM(r) LR_##r,
	LOCK_RANKS(LR_ENUM)
#undef LR_ENUM
};

struct lk {
	_Atomic uint32_t word; /* 0 free, 1 held, 2 held and waited for */
	uint32_t         rank;
};

#define LK_INIT(r) { 0, LR_##r }

static inline void lk_init(struct lk *l, enum lock_rank rank)
{
	l->word = 0;
	l->rank = rank;
}

void lk_acquire(struct lk *l);
void lk_release(struct lk *l);
/* Returns 1 if the lock was free and is now held, else 0. */
int lk_try(struct lk *l);
/* Asserts (debug builds) that the calling thread's deepest lock has at least l's rank. */
void lk_assert_held(const struct lk *l);
void lk_acquire_pair(struct lk *a, struct lk *b); /* a may equal b */
void lk_release_pair(struct lk *a, struct lk *b);
#endif
