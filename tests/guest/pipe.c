/* SPDX-License-Identifier: MIT */
/* Pipes and fifos: end of file, EPIPE, atomicity, O_NONBLOCK. */
#include "guest.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

static volatile sig_atomic_t sigpipes;
static void on_sigpipe(int sig)
{
	sigpipes += sig == SIGPIPE;
}

TEST(bytes_come_out_in_order)
{
	char buf[16] = "";
	int p[2];

	OK(pipe(p));
	EQ(write(p[1], "abc", 3), 3);
	EQ(write(p[1], "def", 3), 3);
	EQ(read(p[0], buf, 4), 4);
	STREQ(buf, "abcd");
	EQ(read(p[0], buf, 16), 2);
	ERR(write(p[0], "x", 1), EBADF);
	ERR(read(p[1], buf, 1), EBADF);
}

TEST(end_of_file_when_the_last_writer_closes)
{
	char c;
	int p[2], w;

	OK(pipe(p));
	w = OK(dup(p[1]));
	EQ(write(p[1], "x", 1), 1);
	close(p[1]);
	EQ(read(p[0], &c, 1), 1);
	pid_t pid = OK(fork());

	if (pid == 0) {
		sleep_ms(50);
		_exit(0);
	}
	close(w);
	EQ(read(p[0], &c, 1), 0);
	EQ(waitpid(pid, NULL, WNOHANG) == pid || waitpid(pid, NULL, 0) == pid, 1);
}

TEST(writing_without_a_reader_is_epipe_and_sigpipe)
{
	int p[2];

	OK(pipe(p));
	close(p[0]);
	signal(SIGPIPE, on_sigpipe);
	ERR(write(p[1], "x", 1), EPIPE);
	EQ(sigpipes, 1);
	signal(SIGPIPE, SIG_IGN);
	ERR(write(p[1], "x", 1), EPIPE);
	EQ(write(p[1], "", 0), 0);
	int status;
	pid_t pid = OK(fork());

	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		write(p[1], "x", 1);
		_exit(0);
	}
	OK(waitpid(pid, &status, 0));
	TRUE(WIFSIGNALED(status));
	EQ(WTERMSIG(status), SIGPIPE);
}

TEST(nonblocking_ends_say_eagain)
{
	char buf[4096], c;
	long total = 0, n;
	int p[2];

	OK(pipe2(p, O_NONBLOCK));
	ERR(read(p[0], &c, 1), EAGAIN);
	memset(buf, 'x', sizeof(buf));
	while ((n = write(p[1], buf, sizeof(buf))) > 0)
		total += n;
	EQ(errno, EAGAIN);
	EQ(total, 65536);
	ERR(write(p[1], &c, 1), EAGAIN);
	EQ(read(p[0], buf, 4096), 4096);
	EQ(write(p[1], buf, 4096), 4096);
	OK(fcntl(p[0], F_SETFL, 0));
	EQ(fcntl(p[1], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	ERR(pipe2(p, 0x10), EINVAL);
}

TEST(small_writes_are_atomic)
{
	char record[512], seen[256] = "";
	int p[2], torn = 0;

	OK(pipe(p));
	for (int w = 0; w < 4; w++) {
		if (OK(fork()) == 0) {
			memset(record, 'a' + w, sizeof(record));
			for (int i = 0; i < 100; i++)
				if (write(p[1], record, sizeof(record)) != sizeof(record))
					_exit(1);
			_exit(0);
		}
	}
	close(p[1]);
	int count = 0;
	long n;

	while ((n = read(p[0], record, sizeof(record))) > 0) {
		while (n < (long)sizeof(record)) {
			long more = read(p[0], record + n, sizeof(record) - n);

			if (more <= 0)
				break;
			n += more;
		}
		for (size_t i = 1; i < sizeof(record); i++)
			torn += record[i] != record[0];
		seen[(unsigned char)record[0]]++;
		count++;
	}
	EQ(torn, 0);
	EQ(count, 400);
	EQ(seen['a'], 100);
	EQ(seen['d'], 100);
	while (wait(NULL) > 0)
		;
}

TEST(a_blocked_writer_goes_on_when_room_appears)
{
	enum { size = 300000 };
	char buf[10000];
	long got = 0, n;
	int p[2], status;

	OK(pipe(p));
	pid_t pid = OK(fork());

	if (pid == 0) {
		char *all = malloc(size);

		close(p[0]);
		memset(all, 'y', size);
		_exit(write(p[1], all, size) != size);
	}
	close(p[1]);
	sleep_ms(20);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		got += n;
	EQ(got, size);
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
}

TEST(fionread_and_pipe_size)
{
	int p[2], n = -1;

	OK(pipe(p));
	OK(ioctl(p[0], FIONREAD, &n));
	EQ(n, 0);
	EQ(write(p[1], "12345", 5), 5);
	OK(ioctl(p[0], FIONREAD, &n));
	EQ(n, 5);
	EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	n = 1;
	OK(ioctl(p[0], FIONBIO, &n));
	TRUE(fcntl(p[0], F_GETFL) & O_NONBLOCK);
	struct winsize ws;

	ERR(ioctl(p[0], TIOCGWINSZ, &ws), ENOTTY);
}

TEST(a_fifo_connects_two_openers)
{
	char buf[8] = "";
	int status;

	OK(mkfifo("fifo", 0600));
	ERR(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	pid_t pid = OK(fork());

	if (pid == 0) {
		int w = open("fifo", O_WRONLY);

		_exit(write(w, "hello", 5) != 5);
	}
	int r = OK(open("fifo", O_RDONLY));

	EQ(read(r, buf, 8), 5);
	STREQ(buf, "hello");
	EQ(read(r, buf, 8), 0);
	OK(waitpid(pid, &status, 0));
	EQ(status, 0);
	close(r);
	r = OK(open("fifo", O_RDONLY | O_NONBLOCK));
	EQ(read(r, buf, 8), 0);
	int w = OK(open("fifo", O_WRONLY | O_NONBLOCK));

	ERR(read(r, buf, 8), EAGAIN);
	EQ(write(w, "x", 1), 1);
	EQ(read(r, buf, 8), 1);
	int both = OK(open("fifo", O_RDWR));

	close(both);
}

TEST(pipe_vectors)
{
	char a[3] = "", b[3] = "";
	struct iovec out[2] = { { "ab", 2 }, { "cd", 2 } }, in[2] = { { a, 2 }, { b, 2 } };
	int p[2];

	OK(pipe(p));
	EQ(writev(p[1], out, 2), 4);
	EQ(readv(p[0], in, 2), 4);
	STREQ(a, "ab");
	STREQ(b, "cd");
}

TEST(proc_self_fd_reopens_a_pipe)
{
	char path[64], c;
	int p[2];

	OK(pipe(p));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[1]);
	int w = OK(open(path, O_WRONLY));

	close(p[1]);
	EQ(write(w, "z", 1), 1);
	EQ(read(p[0], &c, 1), 1);
	EQ(c, 'z');
}

TEST(reading_makes_no_edge_for_a_writer_with_room)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int p[2], ep = OK(epoll_create1(0));
	char c;

	OK(pipe(p));
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[1], &ev));
	EQ(epoll_wait(ep, &ev, 1, 0), 1);
	EQ(write(p[1], "x", 1), 1);
	EQ(read(p[0], &c, 1), 1);
	EQ(epoll_wait(ep, &ev, 1, 0), 0);
}

TEST(a_pipe_has_the_times_of_its_birth)
{
	struct stat a, b;
	int p[2];

	OK(pipe(p));
	OK(fstat(p[0], &a));
	sleep_ms(20);
	OK(fstat(p[1], &b));
	EQ(a.st_ctim.tv_nsec, b.st_ctim.tv_nsec);
}

/* ---- packets: O_DIRECT of pipe2(2) ---- */

TEST(a_packet_is_read_alone_and_its_rest_is_lost)
{
	static char big[10000], buf[10000];
	int p[2], n;

	OK(pipe2(p, O_DIRECT | O_NONBLOCK));
	EQ(fcntl(p[0], F_GETFL) & O_DIRECT, 0);
	EQ(fcntl(p[1], F_GETFL) & O_DIRECT, O_DIRECT);
	EQ(write(p[1], "first", 5), 5);
	EQ(write(p[1], "second", 6), 6);
	OK(ioctl(p[0], FIONREAD, &n));
	EQ(n, 11);
	EQ(read(p[0], buf, 3), 3);
	EQ(read(p[0], buf, sizeof(buf)), 6);
	EQ(memcmp(buf, "second", 6), 0);
	ERR(read(p[0], buf, sizeof(buf)), EAGAIN);
	EQ(write(p[1], big, sizeof(big)), 10000);
	EQ(read(p[0], buf, sizeof(buf)), 4096);
	EQ(read(p[0], buf, sizeof(buf)), 4096);
	ERR(read(p[0], (void *)8, 9), EFAULT);
	EQ(read(p[0], buf, sizeof(buf)), 10000 - 2 * 4096);
	ERR(read(p[0], buf, sizeof(buf)), EAGAIN);
}

TEST(packets_fill_a_pipe_by_their_number)
{
	struct pollfd pf = { .events = POLLOUT };
	int p[2], n = 0;
	char c;

	OK(pipe2(p, O_DIRECT | O_NONBLOCK));
	pf.fd = p[1];
	while (write(p[1], "x", 1) == 1)
		n++;
	EQ(errno, EAGAIN);
	EQ(n, 16);
	EQ(poll(&pf, 1, 0), 0);
	ERR(fcntl(p[1], F_SETPIPE_SZ, 4096), EBUSY);
	EQ(fcntl(p[1], F_SETPIPE_SZ, 131072), 131072);
	EQ(write(p[1], "y", 1), 1);
	for (int i = 0; i < 17; i++) {
		EQ(read(p[0], &c, 1), 1);
		EQ(c, i < 16 ? 'x' : 'y');
	}
	EQ(poll(&pf, 1, 0), 1);
}

TEST(packets_are_switched_on_and_off_and_spliced)
{
	char buf[100];
	int p[2], q[2];

	OK(pipe2(p, O_NONBLOCK));
	OK(pipe2(q, O_NONBLOCK));
	OK(fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT));
	for (int i = 0; i < 3; i++)
		EQ(write(p[1], "12345", 5), 5);
	EQ(tee(p[0], q[1], 100, 0), 15);
	EQ(read(q[0], buf, sizeof(buf)), 5);
	EQ(read(q[0], buf, sizeof(buf)), 5);
	EQ(read(q[0], buf, sizeof(buf)), 5);
	EQ(splice(p[0], NULL, q[1], NULL, 7, 0), 7);
	EQ(read(q[0], buf, sizeof(buf)), 5);
	EQ(read(q[0], buf, sizeof(buf)), 2);
	EQ(read(p[0], buf, sizeof(buf)), 3);
	EQ(read(p[0], buf, sizeof(buf)), 5);
	OK(fcntl(p[1], F_SETFL, O_NONBLOCK));
	EQ(write(p[1], "ab", 2), 2);
	EQ(write(p[1], "cd", 2), 2);
	EQ(read(p[0], buf, sizeof(buf)), 4);
	OK(mkfifo("fifo", 0600));
	ERR(open("fifo", O_RDWR | O_NONBLOCK | O_DIRECT), EINVAL);
	snprintf(buf, sizeof(buf), "/proc/self/fd/%d", p[1]);
	ERR(open(buf, O_WRONLY | O_DIRECT), EINVAL);
}
