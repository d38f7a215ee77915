/* SPDX-License-Identifier: MIT */
/* poll, ppoll, select, pselect. */
#include "guest.h"
#include <poll.h>
#include <sys/select.h>

static volatile sig_atomic_t caught;
static void on_signal(int sig)
{
	caught = sig;
}

static short events_of(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	OK(poll(&p, 1, 0));
	return p.revents;
}

TEST(a_pipe_is_readable_when_full_writable_when_empty)
{
	char buf[65536] = "";
	int p[2];

	OK(pipe2(p, O_NONBLOCK));
	EQ(events_of(p[0], POLLIN), 0);
	EQ(events_of(p[1], POLLOUT), POLLOUT);
	EQ(write(p[1], buf, sizeof(buf)), sizeof(buf));
	EQ(events_of(p[0], POLLIN | POLLRDNORM), POLLIN | POLLRDNORM);
	EQ(events_of(p[1], POLLOUT), 0);
	close(p[1]);
	EQ(events_of(p[0], POLLIN), POLLIN | POLLHUP);
	EQ(read(p[0], buf, sizeof(buf)), sizeof(buf));
	EQ(events_of(p[0], POLLIN), POLLHUP);
	OK(pipe(p));
	close(p[0]);
	EQ(events_of(p[1], POLLOUT), POLLOUT | POLLERR);
}

TEST(files_are_always_ready_and_bad_descriptors_say_so)
{
	write_file("f", "", 0600);
	int fd = OK(open("f", O_RDWR));

	EQ(events_of(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
	EQ(events_of(999, POLLIN), POLLNVAL);
	EQ(events_of(-1, POLLIN), 0);
	EQ(events_of(OK(open("/dev/null", O_RDWR)), POLLIN | POLLOUT), POLLIN | POLLOUT);
}

TEST(the_number_of_ready_descriptors_is_returned)
{
	int p[2], q[2];

	OK(pipe(p));
	OK(pipe(q));
	struct pollfd all[4] = {
		{ p[0], POLLIN, 0 }, { q[0], POLLIN, 0 }, { p[1], POLLOUT, 0 }, { -5, POLLIN, 7 }
	};

	EQ(poll(all, 4, 0), 1);
	EQ(all[3].revents, 0);
	EQ(write(q[1], "x", 1), 1);
	EQ(poll(all, 4, -1), 2);
	EQ(all[0].revents, 0);
	EQ(all[1].revents, POLLIN);
	EQ(poll(NULL, 0, 0), 0);
}

TEST(a_timeout_takes_its_time)
{
	int p[2];
	int64_t begin = now_ns(CLOCK_MONOTONIC);

	OK(pipe(p));
	struct pollfd one = { p[0], POLLIN, 0 };

	EQ(poll(&one, 1, 60), 0);
	BETWEEN(now_ns(CLOCK_MONOTONIC) - begin, 59000000, 3000000000);
	struct timespec ts = { 0, 30000000 };

	begin = now_ns(CLOCK_MONOTONIC);
	EQ(ppoll(&one, 1, &ts, NULL), 0);
	BETWEEN(now_ns(CLOCK_MONOTONIC) - begin, 29000000, 3000000000);
	ts.tv_nsec = 2000000000;
	ERR(syscall(SYS_ppoll, &one, 1, &ts, NULL, 8), EINVAL);
}

TEST(a_sleeping_poll_wakes_when_another_process_writes)
{
	int p[2];

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		sleep_ms(40);
		_exit(write(p[1], "x", 1) != 1);
	}
	struct pollfd one = { p[0], POLLIN, 0 };

	EQ(poll(&one, 1, 10000), 1);
	EQ(one.revents, POLLIN);
	OK(waitpid(pid, NULL, 0));
}

TEST(a_sleeping_poll_wakes_when_the_writer_dies)
{
	int p[2];

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		pause();
		_exit(0);
	}
	close(p[1]);
	pid_t killer = OK(fork());

	if (killer == 0) {
		sleep_ms(40);
		kill(pid, SIGKILL);
		_exit(0);
	}
	struct pollfd one = { p[0], POLLIN, 0 };

	EQ(poll(&one, 1, 10000), 1);
	EQ(one.revents, POLLHUP);
	OK(waitpid(pid, NULL, 0));
	OK(waitpid(killer, NULL, 0));
}

TEST(a_signal_interrupts_poll_even_with_sa_restart)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int p[2];

	OK(pipe(p));
	OK(sigaction(SIGALRM, &sa, NULL));
	struct pollfd one = { p[0], POLLIN, 0 };

	alarm(1);
	ERR(poll(&one, 1, 10000), EINTR);
	EQ(caught, SIGALRM);
	alarm(1);
	caught = 0;
	ERR(select(0, NULL, NULL, NULL, &(struct timeval){ 10, 0 }), EINTR);
	EQ(caught, SIGALRM);
}

TEST(ppoll_swaps_the_mask_while_waiting)
{
	sigset_t block, none;

	sigemptyset(&block);
	sigemptyset(&none);
	sigaddset(&block, SIGUSR1);
	signal(SIGUSR1, on_signal);
	OK(sigprocmask(SIG_BLOCK, &block, NULL));
	kill(getpid(), SIGUSR1);
	EQ(caught, 0);
	ERR(ppoll(NULL, 0, &(struct timespec){ 5, 0 }, &none), EINTR);
	EQ(caught, SIGUSR1);
}

TEST(select_marks_what_is_ready)
{
	fd_set rd, wr, ex;
	int p[2];

	OK(pipe(p));
	FD_ZERO(&rd);
	FD_ZERO(&wr);
	FD_ZERO(&ex);
	FD_SET(p[0], &rd), FD_SET(p[1], &wr), FD_SET(p[0], &ex);
	EQ(select(p[1] + 1, &rd, &wr, &ex, &(struct timeval){ 0, 0 }), 1);
	TRUE(!FD_ISSET(p[0], &rd) && FD_ISSET(p[1], &wr) && !FD_ISSET(p[0], &ex));
	EQ(write(p[1], "x", 1), 1);
	FD_ZERO(&rd);
	FD_ZERO(&wr);
	FD_SET(p[0], &rd), FD_SET(p[1], &wr);
	EQ(select(p[1] + 1, &rd, &wr, NULL, NULL), 2);
	FD_ZERO(&rd);
	FD_SET(40, &rd);
	ERR(select(41, &rd, NULL, NULL, NULL), EBADF);
	ERR(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	struct timeval tv = { 0, 20000 };

	EQ(syscall(SYS_select, 0, NULL, NULL, NULL, &tv), 0);
	EQ(tv.tv_sec * 1000000 + tv.tv_usec, 0);
	FD_ZERO(&rd);
	FD_SET(p[0], &rd);
	tv = (struct timeval){ 9, 0 };
	EQ(syscall(SYS_select, p[0] + 1, &rd, NULL, NULL, &tv), 1);
	TRUE(tv.tv_sec >= 8);
}

TEST(pselect_leaves_the_timeout_alone)
{
	struct timespec ts = { 0, 10000000 };
	struct {
		const sigset_t *set;
		size_t size;
	} no_mask = { NULL, 8 };

	EQ(pselect(0, NULL, NULL, NULL, &ts, NULL), 0);
	EQ(ts.tv_nsec, 10000000);
	EQ(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts, &no_mask), 0);
}

TEST(select_does_not_look_behind_the_table)
{
	static long in[(1 << 20) / sizeof(long) / 8 + 16];
	struct timeval none = { 0, 0 };

	memset(in, 0, sizeof(in));
	in[(1 << 19) / sizeof(long) / 8] = 1;
	EQ(syscall(SYS_select, (1 << 20) + 100, in, NULL, NULL, &none), 0);
}
