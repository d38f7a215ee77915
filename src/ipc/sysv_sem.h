/* SPDX-License-Identifier: MIT */
/* sysv_sem.h - a set of semaphores, between semop (sysv_semop.c) and semctl (sysv_sem.c). */
#ifndef IPC_SYSV_SEM_H
#define IPC_SYSV_SEM_H
#include "sysv.h"

struct sem {
	int value, pid;
};

/* All under the name space's lock. */
struct sem_set {
	struct ipc_object o;
	int64_t otime, ctime;
	struct list pending; /* struct sem_wait, oldest first */
	struct list undos;   /* struct sem_undo */
	uint32_t n;
	struct sem sems[];
};

/* What a task's end takes back of one set. */
struct sem_undo {
	struct list set_link, list_link;
	struct sem_set *set; /* borrows; NULL: it has been removed */
	int id;
	int16_t adjust[];
};

/* A semop that sleeps; on its caller's stack. */
struct sem_wait {
	struct list link;
	struct task *task;
	const struct lx_sembuf *ops, *blocking; /* which of them */
	uint32_t n;
	struct sem_undo *undo;
	int64_t result; /* SEM_ASLEEP until somebody has performed it, or it failed */
};
#define SEM_ASLEEP 1

/* Performs what can be performed now that values have changed. ns->lock held. */
void sem_update(struct sem_set *set);
/* The set goes: ends its waits with -LX_EIDRM. ns->lock held. */
void sem_end_waits(struct sem_set *set);
/* How many wait for semaphore num to grow (zero: to become 0). ns->lock held. */
int sem_count_waits(const struct sem_set *set, int num, bool zero);
#endif
