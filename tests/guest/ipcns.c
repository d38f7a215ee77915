/* SPDX-License-Identifier: MIT */
/* IPC name spaces: clone, unshare, setns, /proc/PID/ns/ipc, and what goes with them. */
#include "guest.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define KEY 0x61000000

static int status_of(pid_t pid)
{
	int status = -1;

	EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void need_right(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWIPC) ? 1 : 0);
	SKIP_UNLESS(!status_of(pid));
}

static ino_t number(const char *path)
{
	struct stat st = { 0 };

	OK(stat(path, &st));
	return st.st_ino;
}

static key_t key(void)
{
	return KEY | (getpid() & 0xffffff);
}

TEST(a_new_one_is_empty)
{
	key_t k = key();

	need_right();
	int sem = (int)OK(semget(k, 1, IPC_CREAT | 0600));
	int shm = (int)OK(shmget(k, 4096, IPC_CREAT | 0600));
	int msg = (int)OK(msgget(k, IPC_CREAT | 0600));
	ino_t before = number("/proc/self/ns/ipc");
	pid_t pid = fork();

	if (!pid) {
		OK(unshare(CLONE_NEWIPC));
		TRUE(number("/proc/self/ns/ipc") != before);
		ERR(semget(k, 1, 0), ENOENT);
		ERR(shmget(k, 1, 0), ENOENT);
		ERR(msgget(k, 0), ENOENT);
		EQ(semget(k, 1, IPC_CREAT | 0600), 0);
		EQ(shmget(k, 4096, IPC_CREAT | 0600), 0);
		EQ(msgget(k, IPC_CREAT | 0600), 0);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	EQ(number("/proc/self/ns/ipc"), before);
	EQ(semget(k, 1, 0), sem);
	OK(semctl(sem, 0, IPC_RMID));
	OK(shmctl(shm, IPC_RMID, NULL));
	OK(msgctl(msg, IPC_RMID, NULL));
}

static char stack[65536];

static int in_clone(void *arg)
{
	return semget(IPC_PRIVATE, 1, 0600) == 0 ? 0 : 1;
}

TEST(clone_makes_one)
{
	need_right();
	EQ(status_of(clone(in_clone, stack + sizeof(stack), CLONE_NEWIPC | SIGCHLD, NULL)), 0);
	ERR(clone(in_clone, stack + sizeof(stack), CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD, NULL),
	    EINVAL);
}

TEST(setns_enters_one)
{
	int other[2], go[2], fd, old;
	char path[64], c;
	pid_t pid;

	need_right();
	old = open("/proc/self/ns/ipc", O_RDONLY);
	pipe(other);
	pipe(go);
	pid = fork();
	if (!pid) {
		OK(unshare(CLONE_NEWIPC));
		OK(semget(KEY, 3, IPC_CREAT | 0600));
		write(other[1], "x", 1);
		read(go[0], &c, 1);
		_exit(guest_failures);
	}
	read(other[0], &c, 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", pid);
	fd = (int)OK(open(path, O_RDONLY));
	ERR(setns(fd, CLONE_NEWUTS), EINVAL);
	OK(setns(fd, CLONE_NEWIPC));
	EQ(number("/proc/self/ns/ipc"), number(path));
	EQ(semget(KEY, 3, 0), 0);
	OK(setns(old, 0));
	write(go[1], "x", 1);
	EQ(status_of(pid), 0);
	OK(setns(fd, 0)); /* the open file has kept it */
	EQ(semget(KEY, 3, 0), 0);
	OK(setns(old, 0));
}

TEST(its_end_takes_all_but_attached_memory)
{
	need_right();
	pid_t pid = fork();

	if (!pid) {
		OK(unshare(CLONE_NEWIPC));
		int id = shmget(KEY, 4096, IPC_CREAT | 0600);
		char *p = shmat(id, NULL, 0);
		struct sembuf up = { 0, 1, SEM_UNDO };

		OK(semop((int)OK(semget(KEY, 1, IPC_CREAT | 0600)), &up, 1));
		p[0] = 'a';
		OK(unshare(CLONE_NEWIPC));
		EQ(p[0], 'a');
		OK(shmdt(p));
		ERR(shmget(KEY, 1, 0), ENOENT);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
}

TEST(limits_are_its_own)
{
	char text[64] = "";
	int fd;

	need_right();
	pid_t pid = fork();

	if (!pid) {
		OK(unshare(CLONE_NEWIPC));
		fd = (int)OK(open("/proc/sys/kernel/sem", O_RDWR));
		OK(write(fd, "5 20 2 3", 8));
		EQ(pread(fd, text, sizeof(text), 0), 9);
		STREQ(text, "5\t20\t2\t3\n");
		ERR(semget(IPC_PRIVATE, 6, 0600), EINVAL);
		for (int i = 0; i < 3; i++)
			OK(semget(IPC_PRIVATE, 5, 0600));
		ERR(semget(IPC_PRIVATE, 1, 0600), ENOSPC);
		fd = (int)OK(open("/proc/sys/kernel/shmmax", O_RDWR));
		OK(write(fd, "8192", 4));
		ERR(shmget(IPC_PRIVATE, 8193, 0600), EINVAL);
		ERR(pwrite(fd, "x", 1, 0), EINVAL);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	OK(semctl((int)OK(semget(IPC_PRIVATE, 6, 0600)), 0, IPC_RMID));
}
