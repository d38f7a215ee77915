/* SPDX-License-Identifier: MIT */
/*
 * preadv2(2), pwritev2(2) and their flags, and the limit on the size of files, on files that the host reads and
 * writes and on such that lxcore does: pipes, and files that are watched.
 */
#include "guest.h"
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

enum {
	HIPRI = 1,
	DSYNC = 2,
	SYNC = 4,
	NOWAIT = 8,
	APPEND = 0x10,
	NOAPPEND = 0x20,
	UNKNOWN = 0x8000
};

static ssize_t rv(int fd, char *buf, size_t n, off_t pos, int flags)
{
	struct iovec v = { buf, n };

	return syscall(SYS_preadv2, fd, &v, 1, pos, 0, flags);
}

static ssize_t wv(int fd, const char *text, off_t pos, int flags)
{
	struct iovec v = { (void *)text, strlen(text) };

	return syscall(SYS_pwritev2, fd, &v, 1, pos, 0, flags);
}

/* f in place, watched or not: lxcore serves what is watched. */
static int open_f(const char *place, int flags, bool watched)
{
	static char name[300];

	snprintf(name, sizeof(name), "%s/rwflags.%d", place, getpid());
	write_file(name, "0123456789", 0600);
	if (watched)
		OK(inotify_add_watch(OK(inotify_init()), name, IN_ACCESS | IN_MODIFY));

	int fd = OK(open(name, flags));

	if (*place == '/')
		unlink(name);
	return fd;
}

static const char *content(int fd)
{
	static char buf[100];
	ssize_t n = OK(pread(fd, buf, sizeof(buf) - 1, 0));

	buf[n] = 0;
	return buf;
}

static void flags_on(const char *place, bool watched)
{
	int fd = open_f(place, O_RDWR, watched);
	char buf[16] = "";

	EQ(rv(fd, buf, 4, 0, 0), 4);
	if (*place == '/') {
		ERR(rv(fd, buf, 4, 2, NOWAIT), EOPNOTSUPP);
	} else {
		EQ(rv(fd, buf, 4, 2, NOWAIT), 4);
		EQ(memcmp(buf, "2345", 4), 0);
	}
	EQ(rv(fd, buf, 4, 2, HIPRI), 4);
	EQ(lseek(fd, 0, SEEK_CUR), 0);
	EQ(rv(fd, buf, 3, -1, 0), 3);
	EQ(lseek(fd, 0, SEEK_CUR), 3);
	ERR(rv(fd, buf, 3, -2, 0), EINVAL);
	EQ(wv(fd, "ab", 1, DSYNC), 2);
	EQ(wv(fd, "AB", 5, SYNC), 2);
	EQ(wv(fd, "xy", 0, APPEND), 2);
	EQ(lseek(fd, 0, SEEK_CUR), 3);
	STREQ(content(fd), "0ab34AB789xy");
	EQ(wv(fd, "z", -1, APPEND), 1);
	EQ(lseek(fd, 0, SEEK_CUR), 13);
	STREQ(content(fd), "0ab34AB789xyz");
	ERR(rv(fd, buf, 3, 0, UNKNOWN), EOPNOTSUPP);
	ERR(wv(fd, "x", 0, UNKNOWN), EOPNOTSUPP);
	ERR(wv(fd, "x", 0, APPEND | NOAPPEND), EINVAL);
	ERR(rv(999, buf, 3, 0, UNKNOWN), EBADF);
	close(fd);
}

TEST(flags)
{
	flags_on(".", false);
}

TEST(flags_where_lxcore_serves)
{
	flags_on(".", true);
}

TEST(flags_on_tmpfs)
{
	flags_on("/dev/shm", false);
	flags_on("/dev/shm", true);
}

static void noappend_on(const char *place, bool watched)
{
	int fd = open_f(place, O_RDWR | O_APPEND, watched);

	EQ(wv(fd, "end", 0, 0), 3);
	ssize_t n = wv(fd, "XX", 0, NOAPPEND);

	SKIP_UNLESS(n >= 0 || errno != EOPNOTSUPP); /* Linux 6.9 */
	EQ(n, 2);
	STREQ(content(fd), "XX23456789end");
	close(fd);
}

TEST(not_at_the_end_for_once)
{
	noappend_on(".", false);
	noappend_on(".", true);
	noappend_on("/dev/shm", true);
}

static void try_without_waiting(int in, int out)
{
	char buf[8];

	ERR(rv(in, buf, 1, -1, NOWAIT), EAGAIN);
	EQ(wv(out, "ab", -1, NOWAIT), 2);
	EQ(rv(in, buf, 8, -1, NOWAIT), 2);
	ERR(rv(in, buf, 8, -1, NOWAIT), EAGAIN);
}

TEST(without_waiting_for_a_pipe)
{
	int p[2];
	char big[65536];

	OK(pipe(p));
	try_without_waiting(p[0], p[1]);
	ERR(rv(p[0], big, 1, 0, 0), ESPIPE);
	ERR(wv(p[1], "x", 0, 0), ESPIPE);
	ERR(rv(p[0], big, 1, -1, UNKNOWN), EOPNOTSUPP);
	EQ(write(p[1], big, sizeof(big)), 65536);
	ERR(wv(p[1], "x", -1, NOWAIT), EAGAIN);
	EQ(fcntl(p[0], F_GETFL), O_RDONLY);
	EQ(rv(p[0], big, sizeof(big), -1, HIPRI), 65536);
	EQ(wv(p[1], "x", -1, SYNC), 1);
}

TEST(without_waiting_for_a_socket)
{
	int s[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	try_without_waiting(s[0], s[1]);
}

TEST(without_waiting_for_a_device)
{
	char buf[4];
	int fd = OK(open("/dev/zero", O_RDWR));

	EQ(rv(fd, buf, 4, -1, NOWAIT), 4);
	EQ(wv(fd, "abc", -1, DSYNC), 3);
	ERR(rv(fd, buf, 4, -1, UNKNOWN), EOPNOTSUPP);
	fd = OK(open("/proc/version", O_RDONLY));
	ERR(rv(fd, buf, 4, 0, NOWAIT), EOPNOTSUPP);
	EQ(rv(fd, buf, 4, 0, HIPRI), 4);
}

TEST(without_waiting_for_an_event)
{
	uint64_t n = 0;
	sigset_t set;
	char buf[128];
	int e = OK(eventfd(0, 0)), s, fd = OK(timerfd_create(CLOCK_MONOTONIC, 0));

	ERR(rv(e, (char *)&n, 8, -1, NOWAIT), EAGAIN);
	n = 3;
	EQ(write(e, &n, 8), 8);
	EQ(rv(e, (char *)&n, 8, -1, NOWAIT), 8);
	ERR(rv(fd, (char *)&n, 8, -1, NOWAIT), EAGAIN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	s = OK(signalfd(-1, &set, 0));
	ERR(rv(s, buf, 128, -1, NOWAIT), EAGAIN);
	ERR(rv(OK(inotify_init()), buf, 128, -1, NOWAIT), EOPNOTSUPP);
}

/* ---- RLIMIT_FSIZE ---- */

static volatile int told;

static void on_xfsz(int sig)
{
	told++;
}

static void limit_size(rlim_t n)
{
	struct rlimit lim = { n, RLIM_INFINITY };

	signal(SIGXFSZ, on_xfsz);
	OK(setrlimit(RLIMIT_FSIZE, &lim));
}

static void limit_on(const char *place, bool watched)
{
	char name[300], path[320];
	int fd;

	fd = open_f(place, O_RDWR, watched);
	snprintf(name, sizeof(name), "%s/limit.%d", place, getpid());
	write_file(name, "0123456789", 0600);
	limit_size(20);
	told = 0;
	EQ(pwrite(fd, "abcdef", 6, 17), 3);
	EQ(told, 0);
	ERR(pwrite(fd, "x", 1, 20), EFBIG);
	EQ(told, 1);
	EQ(pwrite(fd, "", 0, 30), 0);
	OK(ftruncate(fd, 20));
	ERR(ftruncate(fd, 21), EFBIG);
	EQ(told, 2);
	OK(truncate(name, 20));
	ERR(truncate(name, 21), EFBIG);
	EQ(told, 3);
	limit_size(5);
	OK(truncate(name, 15)); /* shorter than it was */
	OK(truncate(name, 15));
	limit_size(20);
	if (fallocate(fd, 0, 0, 20) == 0) {
		ERR(fallocate(fd, 0, 0, 21), EFBIG);
		EQ(told, 4);
	}
	ERR(wv(fd, "x", 0, APPEND), EFBIG);
	snprintf(path, sizeof(path), "%s", name);
	unlink(path);
	close(fd);
}

TEST(the_limit_on_size)
{
	limit_on(".", false);
}

TEST(the_limit_on_size_where_lxcore_serves)
{
	limit_on(".", true);
}

TEST(the_limit_on_size_in_tmpfs)
{
	limit_on("/dev/shm", false);
	limit_on("/dev/shm", true);
}

TEST(the_limit_kills_who_does_not_care)
{
	int status;

	write_file("f", "", 0600);
	pid_t pid = OK(fork());

	if (pid == 0) {
		signal(SIGXFSZ, SIG_DFL);
		struct rlimit lim = { 10, 10 };

		setrlimit(RLIMIT_FSIZE, &lim);
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		truncate("f", 11);
		_exit(1);
	}
	OK(waitpid(pid, &status, 0));
	TRUE(WIFSIGNALED(status));
	EQ(WTERMSIG(status), SIGXFSZ);
}
