/* SPDX-License-Identifier: MIT */
/* Threads and processes in the middle of something: blocked, killed, stopped, replaced. */
#include "guest.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static int blocked_pipe[2];

static void *read_blocked(void *arg)
{
	char c;

	*(long *)arg = read(blocked_pipe[0], &c, 1);
	return NULL;
}

static void *sleep_long(void *arg)
{
	sleep_ms(60000);
	return arg;
}

/* Threads that are blocked in every way there is. */
static void start_blocked_threads(void)
{
	static long result;
	pthread_t t;

	OK(pipe(blocked_pipe));
	for (int i = 0; i < 4; i++) {
		pthread_create(&t, NULL, read_blocked, &result);
		pthread_create(&t, NULL, sleep_long, NULL);
	}
	sleep_ms(30);
}

TEST(exit_group_with_blocked_threads)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		start_blocked_threads();
		_exit(5);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 5);
}

TEST(a_kill_with_blocked_threads)
{
	int status, p[2];
	char c;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		start_blocked_threads();
		write(p[1], "x", 1);
		for (;;)
			pause();
	}
	EQ(read(p[0], &c, 1), 1);
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WTERMSIG(status), SIGKILL);
	close(p[1]);
	EQ(read(p[0], &c, 1), 0);
}

TEST(exec_with_blocked_threads)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		start_blocked_threads();
		execl("/bin/sh", "sh", "-c", "exit 9", NULL);
		_exit(99);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WEXITSTATUS(status), 9);
}

TEST(fork_with_blocked_threads_copies_one)
{
	start_blocked_threads();
	IN_CHILD({
		char c;

		EQ(write(blocked_pipe[1], "abcdef", 6), 6);
		close(blocked_pipe[1]);
		sleep_ms(50);
		struct pollfd one = { blocked_pipe[0], POLLIN, 0 };

		EQ(poll(&one, 1, 0), 1);
		EQ(read(blocked_pipe[0], &c, 1), 1);
	});
}

TEST(a_thread_that_ends_leaves_the_others)
{
	long result = -1;
	pthread_t reader;

	OK(pipe(blocked_pipe));
	pthread_create(&reader, NULL, read_blocked, &result);
	for (int i = 0; i < 20; i++) {
		pthread_t t;
		long other;

		pthread_create(&t, NULL, read_blocked, &other);
		EQ(write(blocked_pipe[1], "x", 1), 1);
		if (i == 0) { /* one of the two took it */
			EQ(write(blocked_pipe[1], "y", 1), 1);
			pthread_join(reader, NULL);
		}
		pthread_join(t, NULL);
		EQ(other, 1);
	}
	EQ(result, 1);
}

TEST(closing_a_descriptor_that_another_thread_reads)
{
	long result = -1;
	pthread_t t;

	OK(pipe(blocked_pipe));
	int writer = OK(dup(blocked_pipe[1]));

	pthread_create(&t, NULL, read_blocked, &result);
	sleep_ms(30);
	OK(close(blocked_pipe[0]));
	EQ(write(writer, "z", 1), 1); /* the read in progress still holds the pipe */
	pthread_join(t, NULL);
	EQ(result, 1);
	signal(SIGPIPE, SIG_IGN);
	ERR(write(writer, "z", 1), EPIPE);
}

TEST(a_stopped_reader_reads_after_it_goes_on)
{
	char c = 0;
	int p[2], status;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0)
		_exit(read(p[0], &c, 1) == 1 && c == 'q' ? 0 : 1);
	sleep_ms(20);
	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	TRUE(WIFSTOPPED(status));
	EQ(write(p[1], "q", 1), 1);
	sleep_ms(30);
	EQ(waitpid(pid, &status, WNOHANG), 0);
	OK(kill(pid, SIGCONT));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 0);
}

TEST(a_stopped_process_with_threads_stops_whole)
{
	int status, p[2];
	char c;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		start_blocked_threads();
		for (;;) {
			write(p[1], "t", 1);
			sleep_ms(5);
		}
	}
	EQ(read(p[0], &c, 1), 1);
	for (int i = 0; i < 10; i++) {
		OK(kill(pid, SIGSTOP));
		EQ(waitpid(pid, &status, WUNTRACED), pid);
		OK(kill(pid, SIGCONT));
		EQ(waitpid(pid, &status, WCONTINUED), pid);
		EQ(read(p[0], &c, 1), 1);
	}
	OK(kill(pid, SIGSTOP));
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WTERMSIG(status), SIGKILL);
}

static void *wait_for_child(void *arg)
{
	int status = 0;
	pid_t pid = waitpid(*(pid_t *)arg, &status, 0);

	return (void *)(intptr_t)(pid > 0 ? WEXITSTATUS(status) : -errno);
}

TEST(a_child_is_any_threads_child)
{
	pthread_t t;
	void *result;
	pid_t pid = OK(fork());

	if (pid == 0) {
		sleep_ms(30);
		_exit(44);
	}
	pthread_create(&t, NULL, wait_for_child, &pid);
	pthread_join(t, &result);
	EQ((intptr_t)result, 44);
}

TEST(of_two_waiters_one_gets_the_child)
{
	pthread_t t, u;
	void *a, *b;
	pid_t pid = OK(fork());

	if (pid == 0) {
		sleep_ms(50);
		_exit(3);
	}
	pthread_create(&t, NULL, wait_for_child, &pid);
	pthread_create(&u, NULL, wait_for_child, &pid);
	pthread_join(t, &a);
	pthread_join(u, &b);
	EQ((intptr_t)a + (intptr_t)b, 3 - ECHILD);
}

TEST(killing_at_any_moment_leaves_a_waitable_child)
{
	unsigned seed = 12345;
	int status;

	for (int i = 0; i < 150; i++) {
		pid_t pid = OK(fork());

		if (pid == 0)
			for (;;) {
				int p[2];

				if (pipe(p) || close(p[0]) || close(p[1]))
					_exit(1);
				close(open("f", O_RDWR | O_CREAT, 0600));
				if (fork() == 0)
					_exit(0);
				waitpid(-1, NULL, WNOHANG);
			}
		seed = seed * 1103515245 + 12345;
		struct timespec ts = { 0, seed / 65536 % 3000000 };

		nanosleep(&ts, NULL);
		OK(kill(pid, SIGKILL));
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, SIGKILL);
	}
}

static void on_usr1(int sig)
{
	(void)sig;
}

static void *signal_storm(void *arg)
{
	for (int i = 0; i < 300; i++) {
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
		sleep_ms(1);
	}
	return NULL;
}

TEST(forks_and_waits_survive_a_storm_of_signals)
{
	struct sigaction sa = { .sa_handler = on_usr1, .sa_flags = SA_RESTART };
	pthread_t me = pthread_self(), t;
	int status, rounds = 0;

	OK(sigaction(SIGUSR1, &sa, NULL));
	pthread_create(&t, NULL, signal_storm, &me);
	int64_t end = now_ns(CLOCK_MONOTONIC) + 300000000;

	while (now_ns(CLOCK_MONOTONIC) < end || rounds <= 20) {
		pid_t pid = OK(fork());

		if (pid == 0)
			_exit(rounds & 127);
		EQ(waitpid(pid, &status, 0), pid);
		EQ(status, (rounds & 127) << 8);
		rounds++;
	}
	pthread_join(t, NULL);
}

TEST(an_alarm_survives_exec_and_is_not_inherited_by_fork)
{
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		alarm(1);
		execl("/bin/sleep", "sleep", "30", NULL);
		_exit(99);
	}
	alarm(100);
	IN_CHILD({ EQ(alarm(0), 0); });
	BETWEEN(alarm(0), 90, 100);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(WTERMSIG(status), SIGALRM);
}

static void *post(void *arg)
{
	uint64_t one = 1;

	for (int i = 0; i < 1000; i++)
		if (write(*(int *)arg, &one, 8) != 8)
			return arg;
	return NULL;
}

TEST(eventfd_and_epoll_between_threads)
{
	struct epoll_event ev = { EPOLLIN, { .u64 = 0 } };
	uint64_t sum = 0, value;
	pthread_t t[4];
	void *failed;
	int fd = OK(eventfd(0, EFD_NONBLOCK)), ep = OK(epoll_create1(0));

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, post, &fd);
	while (sum < 4000) {
		EQ(epoll_wait(ep, &ev, 1, 5000), 1);
		if (read(fd, &value, 8) != 8)
			break;
		sum += value;
	}
	EQ(sum, 4000);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &failed);
		TRUE(failed == NULL);
	}
}

static int word_of_first = 1;

/* What a C library's pthread_join of the first thread does. */
static void *wait_for_first(void *arg)
{
	while (*(volatile int *)arg)
		syscall(SYS_futex, arg, 0 /* FUTEX_WAIT */, 1, NULL, NULL, 0);
	_exit(3);
}

TEST(the_end_of_the_first_thread_clears_its_word_and_wakes)
{
	pid_t pid = OK(fork());
	pthread_t t;
	int status;

	if (pid == 0) {
		alarm(10);
		syscall(SYS_set_tid_address, &word_of_first);
		pthread_create(&t, NULL, wait_for_first, &word_of_first);
		sleep_ms(50);
		syscall(SYS_exit, 0);
	}
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, 3 << 8);
}
