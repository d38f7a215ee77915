/* SPDX-License-Identifier: MIT */
/* fork, vfork, clone and threads. */
#include "guest.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

TEST(fork_copies_memory_and_numbers)
{
	static int value = 1;
	pid_t me = getpid(), parent = getppid();
	int p[2];

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		pid_t mine = getpid();

		value = 2;
		write(p[1], &mine, sizeof(mine));
		_exit(getppid() == me && mine != me ? 7 : 1);
	}
	int status, told = 0;

	EQ(read(p[0], &told, sizeof(told)), sizeof(told));
	EQ(told, pid);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 7);
	EQ(value, 1);
	EQ(getpid(), me);
	EQ(getppid(), parent);
}

TEST(vfork_suspends_the_parent_until_exit)
{
	volatile int shared = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		shared = 5;
		_exit(3);
	}
	int status;

	EQ(shared, 5);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 3);
}

TEST(vfork_and_exec_release_the_parent)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(99);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
	pid = vfork();
	if (pid == 0) {
		execl("/no/such/program", "x", NULL);
		_exit(42);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 42);
}

static int child_of_clone(void *arg)
{
	*(int *)arg = 9;
	return 4;
}

TEST(raw_clone_with_shared_memory)
{
	static char stack[65536] __attribute__((aligned(16)));
	int shared = 0, status;
	pid_t pid = OK(clone(child_of_clone, stack + sizeof(stack), CLONE_VM | SIGCHLD, &shared));

	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 4);
	EQ(shared, 9);
}

static int close_descriptor(void *arg)
{
	return close(*(int *)arg) ? 1 : 0;
}

TEST(clone_files_shares_descriptors)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status, fd;

	write_file("f", "", 0600);
	fd = OK(open("f", O_RDONLY));
	pid_t pid = OK(clone(close_descriptor, stack + sizeof(stack),
			     CLONE_VM | CLONE_FILES | SIGCHLD, &fd));

	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	ERR(fcntl(fd, F_GETFD), EBADF);
	EQ(open("f", O_RDONLY), fd);
}

static int change_directory(void *arg)
{
	return chdir(arg) ? 1 : 0;
}

TEST(clone_fs_shares_the_working_directory)
{
	static char stack[65536] __attribute__((aligned(16)));
	int status;

	OK(mkdir("d", 0755));
	write_file("d/inside", "", 0600);
	pid_t pid = OK(
		clone(change_directory, stack + sizeof(stack), CLONE_VM | CLONE_FS | SIGCHLD, "d"));

	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	OK(access("inside", F_OK));
}

TEST(clone_writes_the_tids_where_asked)
{
	int ptid = 0, status;
	int *ctid = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = syscall(SYS_clone, CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD, 0, &ptid,
			    ctid, 0);

	if (pid == 0)
		_exit(*ctid == getpid() ? 0 : 1);
	OK(pid);
	EQ(ptid, pid);
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	EQ(*ctid, pid);
}

TEST(clone3_is_clone)
{
	uint64_t args[11] = { 0 };
	int status;

	args[4] = SIGCHLD;
	pid_t pid = syscall(SYS_clone3, args, 64);

	if (pid == 0)
		_exit(6);
	OK(pid);
	OK(waitpid(pid, &status, 0));
	EQ(WEXITSTATUS(status), 6);
	ERR(syscall(SYS_clone3, args, 16), EINVAL);
	args[4] = 1000;
	ERR(syscall(SYS_clone3, args, 64), EINVAL);
}

TEST(bad_clone_flags_are_einval)
{
	ERR(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	ERR(syscall(SYS_clone, CLONE_THREAD | CLONE_VM, 0, 0, 0, 0), EINVAL);
	ERR(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);
}

/* ---- threads ---- */
static void *add_thousand(void *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&lock);
		++*(int *)arg;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

TEST(threads_share_memory_and_join)
{
	pthread_t threads[8];
	int sum = 0;
	void *result;

	for (int i = 0; i < 8; i++)
		EQ(pthread_create(&threads[i], NULL, add_thousand, &sum), 0);
	for (int i = 0; i < 8; i++) {
		EQ(pthread_join(threads[i], &result), 0);
		TRUE(result == &sum);
	}
	EQ(sum, 8000);
}

static void *my_numbers(void *arg)
{
	int *n = arg;

	n[0] = getpid();
	n[1] = syscall(SYS_gettid);
	n[2] = getppid();
	return NULL;
}

TEST(threads_have_one_pid_and_their_own_tids)
{
	int a[3], b[3];
	pthread_t t, u;

	EQ(syscall(SYS_gettid), getpid());
	pthread_create(&t, NULL, my_numbers, a);
	pthread_join(t, NULL);
	pthread_create(&u, NULL, my_numbers, b);
	pthread_join(u, NULL);
	EQ(a[0], getpid());
	EQ(b[0], getpid());
	EQ(a[2], getppid());
	TRUE(a[1] != getpid() && b[1] != getpid());
}

static void *exit_group_from_thread(void *arg)
{
	sleep_ms(20);
	_exit(12);
	return arg;
}

TEST(exit_group_ends_every_thread)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exit_group_from_thread, NULL);
		for (;;)
			pause();
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 12);
}

static void *late_exit(void *arg)
{
	sleep_ms(60);
	_exit(21);
	return arg;
}

TEST(a_leader_that_exits_waits_for_its_threads)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, late_exit, NULL);
		syscall(SYS_exit, 5);
	}
	sleep_ms(20);
	EQ(waitpid(pid, &status, WNOHANG), 0);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 21);
}

static void *fork_in_thread(void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(syscall(SYS_gettid) == getpid() ? 8 : 1);
	waitpid(pid, &status, 0);
	*(int *)arg = WEXITSTATUS(status);
	return NULL;
}

TEST(a_thread_can_fork_and_wait)
{
	pthread_t t;
	int result = 0;

	pthread_create(&t, NULL, fork_in_thread, &result);
	pthread_join(t, NULL);
	EQ(result, 8);
}

static void *open_in_thread(void *arg)
{
	*(int *)arg = open("f", O_RDONLY);
	return NULL;
}

TEST(threads_share_descriptors)
{
	pthread_t t;
	int fd = -1;
	char text[8] = "";

	write_file("f", "text", 0600);
	pthread_create(&t, NULL, open_in_thread, &fd);
	pthread_join(t, NULL);
	EQ(read(fd, text, 8), 4);
	STREQ(text, "text");
}

TEST(a_hundred_short_threads)
{
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, add_thousand, &sum))
			FAIL("thread %d cannot be made", i);
		pthread_join(t, NULL);
	}
	EQ(sum, 100000);
}

TEST(many_children_at_once)
{
	enum { count = 50 };
	pid_t pids[count];
	int status;

	for (int i = 0; i < count; i++) {
		pids[i] = OK(fork());
		if (pids[i] == 0)
			_exit(i);
	}
	for (int i = count - 1; i >= 0; i--) {
		EQ(waitpid(pids[i], &status, 0), pids[i]);
		EQ(WEXITSTATUS(status), i);
	}
}
