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
	R(FUTEX)      /* queues of futexes with an owner */                                        \
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
	R(PS)         /* process and thread ids, jobs */                                           \
	R(IO)         /* volumes, FCB table, change journal */                                     \
	R(FCB)        /* one file control block */                                                 \
	R(NPFS)       /* names and instances of named pipes */                                     \
	R(PIPES)      /* the queues of one instance */                                             \
	R(NOTIFY)     /* change notification */                                                    \
	R(REQUEST)    /* lists of pending I/O requests */                                          \
	R(PORT)       /* one I/O completion port */                                                \
	R(MM)         /* the address space and the pages of sections */                            \
	R(DISPATCHER) /* all dispatcher objects */                                                 \
	R(AIO)        /* asynchronous host operations */                                           \
	R(HOST)       /* pollers and timers of src/ntshim/host */                                  \
	R(TOKEN)      /* which token a thread impersonates with: leaf */                           \
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

/* Not for direct use. */
void lk_acquire_slow(struct lk *l);
void lk_wake(struct lk *l);
#ifndef LXRUN_DEBUG
#define lk_check_order(l, try) ((void)0)
#define lk_check_release(l)    ((void)0)
#else
/* Aborts with both names unless l may be taken now; records that it is held. */
void lk_check_order(const struct lk *l, int try);
void lk_check_release(const struct lk *l);
#endif

static inline void lk_acquire(struct lk *l)
{
	uint32_t free = 0;

	lk_check_order(l, 0);
	if (__builtin_expect(!__atomic_compare_exchange_n((uint32_t *)&l->word, &free, 1, 0,
							  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED), 0))
		lk_acquire_slow(l);
}

/* Returns 1 if the lock was free and is now held, else 0. Allowed in any order of ranks. */
static inline int lk_try(struct lk *l)
{
	uint32_t free = 0;

	if (!__atomic_compare_exchange_n((uint32_t *)&l->word, &free, 1, 0, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return 0;
	lk_check_order(l, 1);
	return 1;
}

static inline void lk_release(struct lk *l)
{
	lk_check_release(l);
	if (__builtin_expect(__atomic_exchange_n((uint32_t *)&l->word, 0, __ATOMIC_RELEASE) == 2, 0))
		lk_wake(l);
}

/* Asserts (debug builds) that the calling thread holds l. */
void lk_assert_held(const struct lk *l);
/* Asserts (debug builds) that the calling thread holds no lock: before every wait. */
void lk_assert_none(void);
void lk_acquire_pair(struct lk *a, struct lk *b); /* a may equal b */
void lk_release_pair(struct lk *a, struct lk *b);
#endif
