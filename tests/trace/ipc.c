/* SPDX-License-Identifier: MIT */
/*
 * System V IPC and POSIX message queues, with arguments of every form that a trace shows. Its trace under strace and
 * under lxrun must be equal line by line.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEY 0x4c58

union semun {
	int val;
	void *buf;
};

static void semaphores(void)
{
	struct sembuf ops[3] = { { 0, 1, 0 },
				 { 1, 2, SEM_UNDO },
				 { 0, -1, IPC_NOWAIT | SEM_UNDO } };
	struct timespec soon = { 0, 1000 };
	unsigned short values[2] = { 3, 4 };
	struct semid_ds ds;
	struct seminfo info;
	int id = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);

	semget(KEY, 2, IPC_CREAT | IPC_EXCL | 0640);
	semctl(semget(KEY, 0, 0), 0, IPC_RMID);
	semget(KEY, 0, 0);
	semop(id, ops, 3);
	ops[0].sem_num = 9;
	semop(id, ops, 1);
	ops[0] = (struct sembuf){ 1, -30, 0 };
	semtimedop(id, ops, 1, &soon);
	semop(id, NULL, 1);
	semop(id, ops, 0);
	syscall(SYS_semctl, id, 0, SETVAL, 7);
	syscall(SYS_semctl, id, 1, GETVAL, 0);
	syscall(SYS_semctl, id, 0, GETPID, 0);
	syscall(SYS_semctl, id, 0, GETNCNT, 0);
	syscall(SYS_semctl, id, 0, SETALL, values);
	syscall(SYS_semctl, id, 0, GETALL, values);
	syscall(SYS_semctl, id, 0, IPC_STAT, &ds);
	syscall(SYS_semctl, id, 0, IPC_SET, &ds);
	syscall(SYS_semctl, id, 0, IPC_SET, NULL);
	syscall(SYS_semctl, 0, 0, IPC_INFO, &info);
	syscall(SYS_semctl, 0, 0, SEM_INFO, &info);
	syscall(SYS_semctl, 99999, 0, SEM_STAT, &ds);
	syscall(SYS_semctl, id, 0, IPC_STAT, 8);
	syscall(SYS_semctl, id, 0, 77, 0);
	syscall(SYS_semctl, id, 0, IPC_RMID, 0);
}

static void segments(void)
{
	struct shmid_ds ds;
	char info[200], *p;
	int id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);

	shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | SHM_NORESERVE | 0444);
	shmctl(shmget(KEY, 0, 0), IPC_RMID, NULL);
	shmget(KEY, 1, 0);
	p = shmat(id, NULL, 0);
	shmdt(p);
	shmat(id, (void *)1, SHM_RDONLY);
	p = shmat(id, (void *)0x10000001000, SHM_RND | SHM_RDONLY);
	shmdt(p);
	shmdt(p);
	shmat(99999, NULL, SHM_EXEC);
	syscall(SYS_shmctl, id, IPC_STAT, &ds);
	ds.shm_perm.mode = 0400;
	syscall(SYS_shmctl, id, IPC_SET, &ds);
	syscall(SYS_shmctl, id, IPC_SET, 8);
	syscall(SYS_shmctl, id, SHM_LOCK, 0);
	syscall(SYS_shmctl, id, SHM_UNLOCK, 0);
	syscall(SYS_shmctl, 0, IPC_INFO, info);
	syscall(SYS_shmctl, 0, SHM_INFO, info);
	syscall(SYS_shmctl, 99999, SHM_STAT, &ds);
	syscall(SYS_shmctl, id, 77, &ds);
	syscall(SYS_shmctl, id, IPC_RMID, 0);
}

static void messages(void)
{
	struct {
		long type;
		char text[60];
	} m = { 5, "a message\n" };
	struct msqid_ds ds;
	char info[200];
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);

	msgget(KEY, IPC_CREAT | IPC_EXCL | 0600);
	msgctl(msgget(KEY, 0), IPC_RMID, NULL);
	msgget(KEY, 0);
	syscall(SYS_msgsnd, id, &m, 10L, 0);
	syscall(SYS_msgsnd, id, &m, 60L, IPC_NOWAIT);
	syscall(SYS_msgsnd, id, &m, 0L, 0);
	m.type = 0;
	syscall(SYS_msgsnd, id, &m, 3L, 0);
	syscall(SYS_msgsnd, id, NULL, 3L, 0);
	syscall(SYS_msgsnd, id, &m, -1L, 0);
	syscall(SYS_msgrcv, id, &m, 60L, 5L, IPC_NOWAIT);
	syscall(SYS_msgrcv, id, &m, 4L, 0L, MSG_NOERROR);
	syscall(SYS_msgrcv, id, &m, 60L, -7L, 0);
	syscall(SYS_msgrcv, id, &m, 60L, 7L, MSG_EXCEPT | IPC_NOWAIT);
	syscall(SYS_msgrcv, id, NULL, 60L, 0L, IPC_NOWAIT);
	syscall(SYS_msgctl, id, IPC_STAT, &ds);
	syscall(SYS_msgctl, id, IPC_SET, &ds);
	syscall(SYS_msgctl, id, IPC_SET, NULL);
	syscall(SYS_msgctl, 0, IPC_INFO, info);
	syscall(SYS_msgctl, 0, MSG_INFO, info);
	syscall(SYS_msgctl, 99999, MSG_STAT, &ds);
	syscall(SYS_msgctl, id, IPC_RMID, 0);
}

static void queues(void)
{
	struct mq_attr attr = { 0, 3, 20 }, old;
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct timespec late = { 1, 0 };
	char buf[30];
	unsigned prio;
	int q = syscall(SYS_mq_open, "lxrun-trace", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600,
			&attr);

	syscall(SYS_mq_open, "lxrun-none", O_RDONLY, 0, NULL);
	syscall(SYS_mq_open, NULL, O_RDONLY | O_CREAT, 0600, NULL);
	syscall(SYS_mq_timedsend, q, "hello\n", 6L, 3, NULL);
	syscall(SYS_mq_timedsend, q, "hello, but this is longer than that", 35L, 3, &late);
	syscall(SYS_mq_timedreceive, q, buf, 30L, &prio, &late);
	syscall(SYS_mq_timedreceive, q, buf, 30L, NULL, &late);
	syscall(SYS_mq_timedreceive, q, buf, 1L, NULL, NULL);
	syscall(SYS_mq_notify, q, &ev);
	syscall(SYS_mq_notify, q, NULL);
	attr.mq_flags = O_NONBLOCK;
	syscall(SYS_mq_getsetattr, q, &attr, &old);
	syscall(SYS_mq_getsetattr, q, NULL, &old);
	syscall(SYS_mq_getsetattr, -1, NULL, &old);
	syscall(SYS_mq_unlink, "lxrun-trace");
	close(q);
}

int main(void)
{
	semaphores();
	segments();
	messages();
	queues();
	return 0;
}
