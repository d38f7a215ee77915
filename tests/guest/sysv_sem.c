/* SPDX-License-Identifier: MIT */
/* System V semaphores: values, waiting, SEM_UNDO, rights, limits. */
#include "guest.h"
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

static int new_set(int n)
{
	return (int)OK(semget(IPC_PRIVATE, n, IPC_CREAT | 0600));
}

static int op(int id, int num, int by, int flags)
{
	struct sembuf b = { (unsigned short)num, (short)by, (short)flags };

	return semop(id, &b, 1);
}

static int value(int id, int num)
{
	return semctl(id, num, GETVAL);
}

static void drop(int id)
{
	OK(semctl(id, 0, IPC_RMID));
}

/* Until so many wait for num to grow (GETNCNT) or to be zero (GETZCNT). */
static void await_waiters(int id, int num, int cmd, int n)
{
	while (semctl(id, num, cmd) != n)
		sched_yield();
}

static int status_of(pid_t pid)
{
	int status = -1;

	EQ(waitpid(pid, &status, 0), pid);
	return status;
}

TEST(keys_find_sets)
{
	key_t key = (key_t)(0x5e000000 | (getpid() & 0xffffff));
	int id = (int)OK(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600));

	ERR(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	EQ(semget(key, 0, 0), id);
	EQ(semget(key, 3, 0600), id);
	ERR(semget(key, 4, 0600), EINVAL);
	drop(id);
	ERR(semget(key, 3, 0600), ENOENT);
	ERR(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	ERR(semget(IPC_PRIVATE, -1, 0600), EINVAL);
	ERR(semget(IPC_PRIVATE, 32001, 0600), EINVAL);
	ERR(semctl(id, 0, GETVAL), EINVAL);
}

TEST(an_old_number_is_not_the_new_sets)
{
	int first = new_set(1), id, tries = 0;

	drop(first);
	while (id = new_set(1), (id & 0x7fff) != (first & 0x7fff) && ++tries < 40000)
		drop(id);
	TRUE(id != first);
	ERR(semctl(first, 0, GETVAL), EINVAL);
	drop(id);
}

TEST(values_are_set_and_read)
{
	unsigned short all[3] = { 1, 2, 32767 }, back[3];
	int id = new_set(3);

	EQ(value(id, 1), 0);
	OK(semctl(id, 1, SETVAL, (union semun){ .val = 7 }));
	EQ(value(id, 1), 7);
	EQ(semctl(id, 1, GETPID), getpid());
	EQ(semctl(id, 0, GETPID), 0);
	OK(semctl(id, 0, SETALL, (union semun){ .array = all }));
	OK(semctl(id, 0, GETALL, (union semun){ .array = back }));
	EQ(memcmp(all, back, sizeof(all)), 0);
	all[1] = 32768;
	ERR(semctl(id, 0, SETALL, (union semun){ .array = all }), ERANGE);
	EQ(value(id, 1), 2);
	ERR(semctl(id, 0, SETVAL, (union semun){ .val = 32768 }), ERANGE);
	ERR(semctl(id, 0, SETVAL, (union semun){ .val = -1 }), ERANGE);
	ERR(semctl(id, 3, SETVAL, (union semun){ .val = 1 }), EINVAL);
	ERR(semctl(id, 3, GETVAL), EINVAL);
	ERR(semctl(id, -1, GETVAL), EINVAL);
	ERR(semctl(id, 0, 99), EINVAL);
	drop(id);
}

TEST(operations_are_done_all_or_none)
{
	struct sembuf two[2] = { { 0, 1, 0 }, { 1, -1, IPC_NOWAIT } };
	struct timespec none = { 0, 0 }, bad = { 0, -1 };
	int id = new_set(2);

	ERR(semop(id, two, 2), EAGAIN);
	EQ(value(id, 0), 0);
	OK(op(id, 1, 5, 0));
	OK(semop(id, two, 2));
	EQ(value(id, 0), 1);
	EQ(value(id, 1), 4);
	ERR(op(id, 0, 32767, 0), ERANGE);
	ERR(op(id, 0, 0, IPC_NOWAIT), EAGAIN);
	ERR(op(id, 2, 1, 0), EFBIG);
	ERR(semop(id, two, 0), EINVAL);
	ERR(semop(id, two, 501), E2BIG);
	ERR(semop(-1, two, 1), EINVAL);
	ERR(semop(id, (void *)8, 1), EFAULT);
	two[0] = (struct sembuf){ 0, -3, 0 };
	ERR(semtimedop(id, two, 1, &none), EAGAIN);
	ERR(semtimedop(id, two, 1, &bad), EINVAL);
	ERR(semtimedop(id, two, 1, (void *)8), EFAULT);
	EQ(value(id, 0), 1);
	drop(id);
}

TEST(times_and_numbers_are_kept)
{
	struct semid_ds ds;
	int id = new_set(4);
	time_t now = time(NULL);

	OK(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }));
	EQ(ds.sem_nsems, 4);
	EQ(ds.sem_otime, 0);
	BETWEEN(ds.sem_ctime, now - 2, now);
	EQ(ds.sem_perm.mode, 0600);
	EQ(ds.sem_perm.uid, geteuid());
	OK(op(id, 0, 1, 0));
	OK(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }));
	BETWEEN(ds.sem_otime, now, now + 5);
	ds.sem_perm.mode = 0123;
	ds.sem_perm.uid = 1234;
	if (!geteuid()) {
		OK(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }));
		OK(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }));
		EQ(ds.sem_perm.mode, 0123);
		EQ(ds.sem_perm.uid, 1234);
		EQ(ds.sem_perm.cuid, 0);
	}
	ERR(semctl(id, 0, IPC_STAT, (union semun){ .buf = (void *)8 }), EFAULT);
	ERR(semctl(id, 0, IPC_SET, (union semun){ .buf = (void *)8 }), EFAULT);
	drop(id);
}

TEST(who_may_what)
{
	SKIP_UNLESS(!geteuid());
	int id = (int)OK(semget(IPC_PRIVATE, 1, IPC_CREAT | 0604));
	struct semid_ds ds;
	pid_t pid = fork();

	if (!pid) {
		EQ(value(id, 0), 0);
		OK(setgid(4321));
		OK(setuid(4321));
		ERR(op(id, 0, 1, 0), EACCES);
		OK(op(id, 0, 0, 0));
		ERR(semctl(id, 0, SETVAL, (union semun){ .val = 1 }), EACCES);
		ERR(semctl(id, 0, IPC_RMID), EPERM);
		OK(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }));
		ERR(semctl(id, 0, IPC_SET, (union semun){ .buf = &ds }), EPERM);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	drop(id);
}

TEST(a_wait_ends_when_the_value_grows)
{
	int id = new_set(1);
	pid_t pid = fork();

	if (!pid)
		_exit(op(id, 0, -2, 0) ? errno : 0);
	await_waiters(id, 0, GETNCNT, 1);
	OK(op(id, 0, 1, 0));
	EQ(semctl(id, 0, GETNCNT), 1);
	OK(op(id, 0, 2, 0));
	EQ(value(id, 0), 1); /* who waited has had its part before we look */
	EQ(status_of(pid), 0);
	EQ(semctl(id, 0, GETPID), pid);
	drop(id);
}

TEST(a_wait_for_zero)
{
	int id = new_set(1);
	pid_t pid;

	OK(op(id, 0, 1, 0));
	pid = fork();
	if (!pid)
		_exit(op(id, 0, 0, 0) ? errno : 0);
	await_waiters(id, 0, GETZCNT, 1);
	EQ(semctl(id, 0, GETNCNT), 0);
	OK(op(id, 0, -1, 0));
	EQ(status_of(pid), 0);
	drop(id);
}

TEST(the_oldest_waiter_is_first)
{
	int id = new_set(2), order[2] = { 0 };
	pid_t pid[2];

	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(op(id, 0, -1, 0) ? errno : 0);
		await_waiters(id, 0, GETNCNT, i + 1);
	}
	for (int i = 0; i < 2; i++) {
		OK(op(id, 0, 1, 0));
		order[i] = semctl(id, 0, GETPID);
	}
	EQ(order[0], pid[0]);
	EQ(order[1], pid[1]);
	EQ(status_of(pid[0]), 0);
	EQ(status_of(pid[1]), 0);
	drop(id);
}

TEST(a_removed_set_ends_waits)
{
	int id = new_set(1);
	pid_t pid = fork();

	if (!pid) {
		ERR(op(id, 0, -1, SEM_UNDO), EIDRM);
		_exit(guest_failures);
	}
	await_waiters(id, 0, GETNCNT, 1);
	drop(id);
	EQ(status_of(pid), 0);
}

static void on_signal(int sig) {}

TEST(a_handler_ends_a_wait_for_good)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int id = new_set(1);
	pid_t pid;

	sigaction(SIGUSR1, &act, NULL);
	pid = fork();
	if (!pid) {
		ERR(op(id, 0, -1, 0), EINTR);
		_exit(guest_failures);
	}
	await_waiters(id, 0, GETNCNT, 1);
	kill(pid, SIGUSR1);
	EQ(status_of(pid), 0);
	EQ(semctl(id, 0, GETNCNT), 0);
	drop(id);
}

TEST(a_time_limit)
{
	struct timespec limit = { 0, 20000000 };
	struct sembuf b = { 0, -1, 0 };
	int id = new_set(1);

	ERR(semtimedop(id, &b, 1, &limit), EAGAIN);
	EQ(semctl(id, 0, GETNCNT), 0);
	drop(id);
}

/* ---- SEM_UNDO ---- */

TEST(an_end_takes_operations_back)
{
	int id = new_set(2);
	pid_t pid;

	OK(op(id, 0, 5, 0));
	pid = fork();
	if (!pid) {
		OK(op(id, 0, -3, SEM_UNDO));
		OK(op(id, 1, 2, SEM_UNDO));
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	EQ(value(id, 0), 5);
	EQ(value(id, 1), 0);
	EQ(semctl(id, 1, GETPID), pid);
	drop(id);
}

TEST(a_kill_takes_operations_back_and_wakes)
{
	int id = new_set(2);
	pid_t holder, waiter;

	OK(op(id, 0, 1, 0));
	holder = fork();
	if (!holder) {
		op(id, 0, -1, SEM_UNDO);
		op(id, 1, -1, 0); /* for ever */
		_exit(1);
	}
	await_waiters(id, 1, GETNCNT, 1);
	waiter = fork();
	if (!waiter)
		_exit(op(id, 0, -1, 0) ? errno : 0);
	await_waiters(id, 0, GETNCNT, 1);
	kill(holder, SIGKILL);
	EQ(status_of(waiter), 0);
	EQ(status_of(holder), SIGKILL);
	EQ(semctl(id, 1, GETNCNT), 0);
	drop(id);
}

TEST(exec_keeps_what_is_to_be_taken_back)
{
	int id = new_set(1);
	pid_t pid = fork();

	if (!pid) {
		op(id, 0, 1, SEM_UNDO);
		execl("/bin/sh", "sh", "-c", "exit 3", NULL);
		_exit(1);
	}
	EQ(status_of(pid), 3 << 8);
	EQ(value(id, 0), 0);
	drop(id);
}

TEST(a_child_does_not_inherit_it)
{
	int id = new_set(1);
	pid_t pid;

	OK(op(id, 0, 1, SEM_UNDO));
	pid = fork();
	if (!pid)
		_exit(0);
	EQ(status_of(pid), 0);
	EQ(value(id, 0), 1);
	drop(id);
}

TEST(setting_a_value_forgets_it)
{
	int id = new_set(1);
	pid_t pid = fork();

	if (!pid) {
		OK(op(id, 0, 1, SEM_UNDO));
		OK(semctl(id, 0, SETVAL, (union semun){ .val = 9 }));
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	EQ(value(id, 0), 9);
	drop(id);
}

TEST(taking_back_stays_in_range)
{
	int id = new_set(1);
	pid_t pid = fork();

	if (!pid) {
		OK(op(id, 0, 10, SEM_UNDO));
		OK(op(id, 0, -8, 0));
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	EQ(value(id, 0), 0);
	pid = fork();
	if (!pid) {
		OK(op(id, 0, 20000, SEM_UNDO));
		OK(op(id, 0, -20000, 0));
		ERR(op(id, 0, 20000, SEM_UNDO), ERANGE);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	drop(id);
}

TEST(unshare_takes_it_back_at_once)
{
	int id = new_set(1);

	OK(op(id, 0, 4, SEM_UNDO));
	OK(unshare(CLONE_SYSVSEM));
	EQ(value(id, 0), 0);
	drop(id);
}

static char stack[65536];
static int shared_id;

static int add_and_end(void *arg)
{
	return op(shared_id, 0, 1, SEM_UNDO);
}

TEST(a_shared_list_ends_with_the_last)
{
	pid_t pid;

	shared_id = new_set(1);
	pid = fork();
	if (!pid) {
		pid_t child = clone(add_and_end, stack + sizeof(stack), CLONE_SYSVSEM | SIGCHLD,
				    NULL);

		EQ(status_of(child), 0);
		EQ(value(shared_id, 0), 1);
		_exit(guest_failures);
	}
	EQ(status_of(pid), 0);
	EQ(value(shared_id, 0), 0);
	drop(shared_id);
}

/* ---- load ---- */

#define WORKERS 8
#define ROUNDS  200

TEST(a_mutex_holds_under_load)
{
	int id = new_set(2);
	pid_t pid[WORKERS];

	OK(op(id, 0, 1, 0));
	for (int i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		for (int k = 0; k < ROUNDS; k++) {
			OK(op(id, 0, -1, SEM_UNDO));
			int v = value(id, 1);

			OK(semctl(id, 1, SETVAL, (union semun){ .val = v + 1 }));
			OK(op(id, 0, 1, SEM_UNDO));
		}
		_exit(guest_failures != 0);
	}
	for (int i = 0; i < WORKERS; i++)
		EQ(status_of(pid[i]), 0);
	EQ(value(id, 1), WORKERS * ROUNDS);
	EQ(value(id, 0), 1);
	drop(id);
}

TEST(killed_holders_leave_nothing_behind)
{
	int id = new_set(1);

	OK(op(id, 0, 3, 0));
	for (int i = 0; i < 50; i++) {
		pid_t pid[6];

		for (int k = 0; k < 6; k++) {
			pid[k] = fork();
			if (!pid[k])
				for (;;) {
					op(id, 0, -1, SEM_UNDO);
					op(id, 0, 1, SEM_UNDO);
				}
		}
		for (int k = 0; k < 6; k++) {
			kill(pid[k], SIGKILL);
			EQ(status_of(pid[k]), SIGKILL);
		}
		EQ(value(id, 0), 3);
		EQ(semctl(id, 0, GETNCNT), 0);
	}
	drop(id);
}
