/* SPDX-License-Identifier: MIT */
/* ipc.h - System V IPC as x86-64 guests see it: include/uapi/linux/{ipc,sem,shm,msg}.h. */
#ifndef LX_IPC_H
#define LX_IPC_H
#include <stdint.h>

#define LX_IPC_PRIVATE 0
#define LX_IPC_CREAT   01000u
#define LX_IPC_EXCL    02000u
#define LX_IPC_NOWAIT  04000u
#define LX_IPC_RMID    0
#define LX_IPC_SET     1
#define LX_IPC_STAT    2
#define LX_IPC_INFO    3

struct lx_ipc_perm {
	int32_t key;
	uint32_t uid, gid, cuid, cgid, mode;
	uint16_t seq, pad;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct lx_ipc_perm) == 48, "struct ipc64_perm");

/* ---- semaphores ---- */
#define LX_SEM_UNDO     0x1000
#define LX_GETPID       11
#define LX_GETVAL       12
#define LX_GETALL       13
#define LX_GETNCNT      14
#define LX_GETZCNT      15
#define LX_SETVAL       16
#define LX_SETALL       17
#define LX_SEM_STAT     18
#define LX_SEM_INFO     19
#define LX_SEM_STAT_ANY 20
#define LX_SEMVMX       32767
struct lx_sembuf {
	uint16_t sem_num;
	int16_t sem_op, sem_flg;
};
_Static_assert(sizeof(struct lx_sembuf) == 6, "struct sembuf");
struct lx_semid_ds {
	struct lx_ipc_perm perm;
	int64_t otime;
	uint64_t unused1;
	int64_t ctime;
	uint64_t unused2, nsems, unused3, unused4;
};
_Static_assert(sizeof(struct lx_semid_ds) == 104, "struct semid64_ds");
struct lx_seminfo {
	int32_t semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem;
};
_Static_assert(sizeof(struct lx_seminfo) == 40, "struct seminfo");

/* ---- shared memory ---- */
#define LX_SHM_HUGETLB   04000u
#define LX_SHM_NORESERVE 010000u
#define LX_SHM_RDONLY    010000u
#define LX_SHM_RND       020000u
#define LX_SHM_REMAP     040000u
#define LX_SHM_EXEC      0100000u
#define LX_SHM_DEST      01000u
#define LX_SHM_LOCKED    02000u
#define LX_SHM_LOCK      11
#define LX_SHM_UNLOCK    12
#define LX_SHM_STAT      13
#define LX_SHM_INFO      14
#define LX_SHM_STAT_ANY  15
struct lx_shmid_ds {
	struct lx_ipc_perm perm;
	uint64_t segsz;
	int64_t atime, dtime, ctime;
	int32_t cpid, lpid;
	uint64_t nattch, unused[2];
};
_Static_assert(sizeof(struct lx_shmid_ds) == 112, "struct shmid64_ds");
struct lx_shminfo {
	uint64_t shmmax, shmmin, shmmni, shmseg, shmall, unused[4];
};
_Static_assert(sizeof(struct lx_shminfo) == 72, "struct shminfo64");
struct lx_shm_info {
	int32_t used_ids, pad;
	uint64_t shm_tot, shm_rss, shm_swp, swap_attempts, swap_successes;
};
_Static_assert(sizeof(struct lx_shm_info) == 48, "struct shm_info");

/* ---- message queues ---- */
#define LX_MSG_STAT     11
#define LX_MSG_INFO     12
#define LX_MSG_STAT_ANY 13
#define LX_MSG_NOERROR  010000u
#define LX_MSG_EXCEPT   020000u
#define LX_MSG_COPY     040000u
struct lx_msqid_ds {
	struct lx_ipc_perm perm;
	int64_t stime, rtime, ctime;
	uint64_t cbytes, qnum, qbytes;
	int32_t lspid, lrpid;
	uint64_t unused[2];
};
_Static_assert(sizeof(struct lx_msqid_ds) == 120, "struct msqid64_ds");
struct lx_msginfo {
	int32_t msgpool, msgmap, msgmax, msgmnb, msgmni, msgssz, msgtql;
	uint16_t msgseg, pad;
};
_Static_assert(sizeof(struct lx_msginfo) == 32, "struct msginfo");
#endif
