/* SPDX-License-Identifier: MIT */
/*
 * ipc.h - verbs behind the calls on System V semaphores, shared memory and message queues (src/ipc/sysv*.c).
 * Semantics: semop(2), semctl(2), shmat(2), msgop(2) and their kin. Each returns a value or -LX_E*.
 *
 * Objects are found by number in the caller's IPC name space. Whatever waits holds a reference, and is told
 * -LX_EIDRM when its object is removed.
 */
#ifndef LXRUN_IPC_H
#define LXRUN_IPC_H
#include "lx/ipc.h"
#include "lx/types.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct task;
struct text;

/* What IPC_SET changes. */
struct ipc_change {
	uint32_t uid, gid, mode;
	uint64_t qbytes; /* message queues */
};

/* ---- semaphores ---- */
int64_t sem_get(struct task *t, int32_t key, int nsems, uint32_t flags);
/* Performs ops all at once, or sleeps until it can, or until deadline (as task_sleep): -LX_EAGAIN. */
int64_t sem_op(struct task *t, int id, const struct lx_sembuf *ops, uint32_t n, uint64_t deadline);
/* What one semtimedop may take: -LX_E2BIG above. */
uint32_t sem_op_limit(struct task *t);
/* GETVAL, GETPID, GETNCNT, GETZCNT. */
int64_t sem_query(struct task *t, int id, int num, int cmd);
int64_t sem_set_value(struct task *t, int id, int num, int value);
/* How many semaphores id has, if t may change them. */
int64_t sem_count_writable(struct task *t, int id);
/* GETALL: *values is mem_free()d by the caller; returns their number. */
int64_t sem_get_all(struct task *t, int id, uint16_t **values);
int64_t sem_set_all(struct task *t, int id, const uint16_t *values, uint32_t n);
/* IPC_STAT and SEM_STAT*: what the command returns. */
int64_t sem_stat(struct task *t, int id, int cmd, struct lx_semid_ds *out);
int64_t sem_set(struct task *t, int id, const struct ipc_change *change);
int64_t sem_remove(struct task *t, int id);
/* IPC_INFO, or with `use` SEM_INFO: the highest index in use. */
int64_t sem_info(struct task *t, bool use, struct lx_seminfo *out);

/* ---- shared memory ---- */
int64_t shm_get(struct task *t, int32_t key, uint64_t size, uint32_t flags);
/* SC_MAP: the engine performs it, and the host says where. Trace thread. */
int64_t shm_attach(struct task *t, int id, uint64_t address, uint32_t flags);
int64_t shm_stat(struct task *t, int id, int cmd, struct lx_shmid_ds *out);
int64_t shm_set(struct task *t, int id, const struct ipc_change *change);
int64_t shm_remove(struct task *t, int id);
int64_t shm_lock(struct task *t, int id, bool lock);
int64_t shm_limits(struct task *t, struct lx_shminfo *out);
int64_t shm_use(struct task *t, struct lx_shm_info *out);
/* The segment of t's name space whose pages the host shows as `inode`: its key and number. False: there is none. */
bool shm_of_region(struct task *t, uint64_t inode, int32_t *key, int *id);

/* ---- message queues ---- */
int64_t msg_get(struct task *t, int32_t key, uint32_t flags);
int64_t msg_send(struct task *t, int id, int64_t type, gaddr_t text, uint64_t size, uint32_t flags);
/* buf: the guest's struct msgbuf. The size of what was received. */
int64_t msg_receive(struct task *t, int id, gaddr_t buf, uint64_t size, int64_t type, uint32_t flags);
int64_t msg_stat(struct task *t, int id, int cmd, struct lx_msqid_ds *out);
int64_t msg_set(struct task *t, int id, const struct ipc_change *change);
int64_t msg_remove(struct task *t, int id);
int64_t msg_info(struct task *t, bool use, struct lx_msginfo *out);

/* ---- life of tasks ---- */
struct sem_undo_list;
/* CLONE_SYSVSEM: the list of t, made if need be, one reference more. NULL: no memory. */
struct sem_undo_list *sem_undo_share(struct task *t);
/* t has done with its list: whoever is last takes its operations back. */
void sem_undo_leave(struct task *t);

/* ---- /proc ---- */
enum ipc_kind { IPC_SEM, IPC_SHM, IPC_MSG, IPC_KINDS };
/* Text of /proc/sysvipc/{sem,shm,msg} as t sees it. */
void ipc_show(struct task *t, enum ipc_kind kind, struct text *tx);
enum ipc_limit {
	IPC_SEMMSL, IPC_SEMMNS, IPC_SEMOPM, IPC_SEMMNI,
	IPC_SHMMAX, IPC_SHMALL, IPC_SHMMNI,
	IPC_MSGMAX, IPC_MSGMNB, IPC_MSGMNI,
	IPC_SEM_NEXT_ID, IPC_SHM_NEXT_ID, IPC_MSG_NEXT_ID, /* -1: no matter */
	IPC_MQ_QUEUES_MAX, IPC_MQ_MSG_MAX, IPC_MQ_MSGSIZE_MAX, /* POSIX queues: /proc/sys/fs/mqueue */
	IPC_MQ_MSG_DEFAULT, IPC_MQ_MSGSIZE_DEFAULT,
	IPC_LIMITS
};
/* Values of /proc/sys in t's name space. */
uint64_t ipc_limit_get(struct task *t, enum ipc_limit which);
/* -LX_EINVAL: out of its bounds. */
int ipc_limit_set(struct task *t, enum ipc_limit which, uint64_t value);

/* ---- what src/fs/mqueue wants of a name space ---- */
struct ipc_ns;
struct mount;
struct ipc_ns *ipc_ns_of(struct task *t); /* borrows; t NULL: the first */
uint64_t ipc_ns_limit(struct ipc_ns *ns, enum ipc_limit which); /* under any lock */
/* Its own mount of the file system: a reference; NULL: none yet. fresh becomes it, if there is none; if it does not, it is the caller's still. */
struct mount *ipc_ns_mqueue(struct ipc_ns *ns, struct mount *fresh);
#endif
