/* SPDX-License-Identifier: MIT */
/* Many at once: processes, threads blocked in different calls, hostile structures of signals and clones. */
#include "guest.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>

/* Fewer only where everything is slow: under a sanitizer. */
TEST(ten_thousand_short_processes_with_fifty_in_flight)
{
	int64_t end = now_ns(CLOCK_MONOTONIC) + 14 * INT64_C(1000000000);
	int running = 0, failed = 0, status;

	for (int i = 0; i < 10000 && now_ns(CLOCK_MONOTONIC) < end; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(i & 63);
		failed += pid < 0;
		if (++running < 50)
			continue;
		failed += wait(&status) < 0 || !WIFEXITED(status);
		running--;
	}
	while (running--)
		failed += wait(&status) < 0 || !WIFEXITED(status);
	EQ(failed, 0);
	ERR(wait(&status), ECHILD);
}

/* ---- a fork bomb ---- */

#define BOMB_USER  54321
#define BOMB_LIMIT 60
static struct {
	_Atomic int made, refused;
} * bomb;

/* Goes on until it is killed, or whoever would do that is gone. */
static void explode(pid_t tester)
{
	struct rlimit lim = { BOMB_LIMIT, BOMB_LIMIT };

	if (setpgid(0, 0) || setresuid(BOMB_USER, BOMB_USER, BOMB_USER) ||
	    setrlimit(RLIMIT_NPROC, &lim))
		_exit(1);
	while (!kill(tester, 0) || errno != ESRCH) {
		pid_t pid = fork();

		if (pid > 0)
			bomb->made++;
		else if (pid < 0 && errno == EAGAIN)
			bomb->refused++;
		if (pid < 0)
			sleep_ms(20);
	}
	_exit(0);
}

/* Each waits for a state, however long: the harness has a limit. */
TEST(a_fork_bomb_ends_at_the_limit)
{
	pid_t tester = getpid(), pid;
	int status;

	SKIP_UNLESS(geteuid() == 0);
	bomb = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = OK(fork());
	if (!pid)
		explode(tester);
	while (bomb->refused < 500 && !waitpid(pid, &status, WNOHANG))
		sleep_ms(5);
	BETWEEN(bomb->made, BOMB_LIMIT / 2, BOMB_LIMIT - 1);
	IN_CHILD({}); /* nobody else is troubled */
	OK(kill(-pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, SIGKILL);
	while (!kill(-pid, 0))
		sleep_ms(5);
	ERR(kill(-pid, 0), ESRCH);
}

/* ---- threads ---- */

#define THREADS 200
static int pipe_fds[2], event_fd, epoll_fd, full_pipe[2];
static _Atomic int started;

static void block_in(int n)
{
	struct pollfd p = { pipe_fds[0], POLLIN, 0 };
	struct timespec ts = { 60, 0 };
	struct epoll_event ev;
	sigset_t set;
	fd_set fds;
	char buf[4096] = { 0 };
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	FD_ZERO(&fds);
	FD_SET(pipe_fds[0], &fds);
	started++;
	switch (n % 10) {
	case 0:
		read(pipe_fds[0], buf, 1);
		break;
	case 1:
		nanosleep(&ts, NULL);
		break;
	case 2:
		poll(&p, 1, -1);
		break;
	case 3:
		select(pipe_fds[0] + 1, &fds, NULL, NULL, NULL);
		break;
	case 4:
		epoll_wait(epoll_fd, &ev, 1, -1);
		break;
	case 5:
		read(event_fd, buf, 8);
		break;
	case 6:
		sigwait(&set, &sig);
		break;
	case 7:
		write(full_pipe[1], buf, sizeof(buf));
		break;
	case 8:
		pause();
		break;
	default:
		waitpid(-1, NULL, 0);
		pause();
	}
}

static void *blocked(void *arg)
{
	block_in((int)(intptr_t)arg);
	return NULL;
}

static void start_blocked(void)
{
	char buf[65536] = { 0 };
	pthread_attr_t attr;
	pthread_t thread;

	OK(pipe(pipe_fds));
	OK(pipe(full_pipe));
	EQ(write(full_pipe[1], buf, sizeof(buf)), sizeof(buf));
	event_fd = OK(eventfd(0, 0));
	epoll_fd = OK(epoll_create1(0));
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (intptr_t i = 0; i < THREADS; i++)
		EQ(pthread_create(&thread, &attr, blocked, (void *)i), 0);
	while (started < THREADS)
		sleep_ms(1);
	sleep_ms(50);
}

TEST(two_hundred_threads_blocked_in_different_calls_are_killed)
{
	int status = -1, ready[2];
	char c;
	pid_t pid;

	OK(pipe(ready));
	pid = OK(fork());
	if (!pid) {
		start_blocked();
		write(ready[1], "", 1);
		pause();
	}
	EQ(read(ready[0], &c, 1), 1);
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, SIGKILL);
}

TEST(two_hundred_blocked_threads_stop_and_go_on)
{
	int status = -1, ready[2];
	char c;
	pid_t pid;

	OK(pipe(ready));
	pid = OK(fork());
	if (!pid) {
		start_blocked();
		write(ready[1], "", 1);
		pause();
	}
	EQ(read(ready[0], &c, 1), 1);
	for (int i = 0; i < 3; i++) {
		OK(kill(pid, SIGSTOP));
		EQ(waitpid(pid, &status, WUNTRACED), pid);
		EQ(status, SIGSTOP << 8 | 0x7f);
		OK(kill(pid, SIGCONT));
		EQ(waitpid(pid, &status, WCONTINUED), pid);
		EQ(status, 0xffff);
	}
	OK(kill(pid, SIGKILL));
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, SIGKILL);
}

/* ---- structures ---- */

TEST(a_siginfo_of_any_content_is_carried_or_refused)
{
	unsigned char info[128];
	unsigned seed = 12345;
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 300; i++) {
		for (size_t k = 0; k < sizeof(info); k++)
			info[k] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
		syscall(SYS_rt_sigqueueinfo, getpid(), 34 + i % 20, info);
		syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), 34 + i % 20, info);
	}
	memset(info, 0xff, sizeof(info));
	OK(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, info)); /* code -1 has a layout */
	*(int *)(info + 8) = -100;                                 /* a code that nobody knows */
	ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, info), E2BIG);
	memset(info, 0, sizeof(info));
	ERR(syscall(SYS_rt_sigqueueinfo, getpid(), 99, info), EINVAL);
	ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 8), EFAULT);
	EQ(getpid() > 0, 1);
}

static void on_segv(int sig)
{
	_exit(sig == SIGSEGV ? 9 : 8);
}

TEST(a_handler_whose_alternate_stack_is_gone_is_the_end)
{
	int status = -1;
	pid_t pid = OK(fork());

	if (!pid) {
		stack_t st = { .ss_sp = (void *)0x10000, .ss_size = 65536 };
		struct sigaction sa = { .sa_handler = on_segv, .sa_flags = SA_ONSTACK };

		sigaltstack(&st, NULL);
		sigaction(SIGUSR1, &sa, NULL);
		sigaction(SIGSEGV, &sa, NULL);
		kill(getpid(), SIGUSR1);
		_exit(1);
	}
	OK(waitpid(pid, &status, 0));
	EQ(status & 0x7f, SIGSEGV);
}

TEST(clone3_structures_of_any_content_make_nothing_or_a_child)
{
	uint64_t args[11];
	uint64_t seed = 99;
	int status;

	for (int i = 0; i < 400; i++) {
		long pid;

		for (int k = 0; k < 11; k++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			args[k] = i & 1 ? seed : seed >> (seed & 63);
		}
		/* no thread, no shared memory, no vfork: the child could not go on */
		args[0] &= ~0x00014100ull;
		pid = syscall(435, args, 64 + (i % 4) * 8);
		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, &status, 0x40000000 /* __WALL */);
	}
	while (waitpid(-1, &status, 0x40000000) > 0)
		;
	ERR(syscall(435, args, 63), EINVAL);
	ERR(syscall(435, args, 5000), E2BIG);
	ERR(syscall(435, 8, 64), EFAULT);
}
