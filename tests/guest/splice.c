/* SPDX-License-Identifier: MIT */
/* splice.c - splice, tee, vmsplice: what moves, what stays, what is refused. */
#include "guest.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static void fill(const char *name, size_t n)
{
	char *buf = malloc(n);
	int fd = OK(open(name, O_CREAT | O_WRONLY, 0644));

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)('a' + i % 23);
	EQ(write(fd, buf, n), n);
	close(fd);
	free(buf);
}

TEST(a_file_goes_through_a_pipe_into_another)
{
	enum { SIZE = 200000 };
	int in, out, p[2];
	ssize_t n, total = 0;
	char *a = malloc(SIZE), *b = malloc(SIZE);

	fill("in", SIZE);
	in = OK(open("in", O_RDONLY));
	out = OK(open("out", O_CREAT | O_RDWR, 0644));
	OK(pipe(p));
	while ((n = splice(in, NULL, p[1], NULL, 1 << 16, 0)) > 0) {
		EQ(splice(p[0], NULL, out, NULL, (size_t)n, 0), n);
		total += n;
	}
	EQ(n, 0);
	EQ(total, SIZE);
	EQ(pread(in, a, SIZE, 0), SIZE);
	EQ(pread(out, b, SIZE, 0), SIZE);
	TRUE(!memcmp(a, b, SIZE));
}

TEST(offsets_advance_and_the_position_stays)
{
	int in, p[2];
	loff_t off = 10;
	char buf[8] = "";

	fill("in", 100);
	in = OK(open("in", O_RDONLY));
	OK(pipe(p));
	EQ(splice(in, &off, p[1], NULL, 5, 0), 5);
	EQ(off, 15);
	EQ(lseek(in, 0, SEEK_CUR), 0);
	EQ(read(p[0], buf, 8), 5);
	STREQ(buf, "klmno");
	off = 100;
	EQ(splice(in, &off, p[1], NULL, 5, 0), 0);
}

TEST(errors_of_splice)
{
	int f, a, p[2], q[2], dir;
	loff_t off = 0;

	fill("in", 10);
	f = OK(open("in", O_RDWR));
	a = OK(open("in", O_RDWR | O_APPEND));
	dir = OK(open(".", O_RDONLY));
	OK(pipe(p));
	OK(pipe(q));
	ERR(splice(f, NULL, f, NULL, 1, 0), EINVAL);
	ERR(splice(p[0], NULL, p[1], NULL, 1, 0), EINVAL);
	ERR(splice(p[0], &off, q[1], NULL, 1, 0), ESPIPE);
	ERR(splice(f, NULL, p[0], NULL, 1, 0), EBADF);
	ERR(splice(p[1], NULL, f, NULL, 1, 0), EBADF);
	ERR(splice(99, NULL, p[1], NULL, 1, 0), EBADF);
	ERR(splice(f, NULL, p[1], NULL, 1, 0x100), EINVAL);
	ERR(splice(dir, NULL, p[1], NULL, 1, 0), EINVAL);
	EQ(write(p[1], "x", 1), 1);
	ERR(splice(p[0], NULL, a, NULL, 1, 0), EINVAL);
	EQ(splice(f, NULL, p[1], NULL, 0, 0), 0);
	ERR(splice(q[0], NULL, f, NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
	close(q[1]);
	EQ(splice(q[0], NULL, f, NULL, 1, 0), 0);
	ERR(tee(f, p[1], 1, 0), EINVAL);
	ERR(tee(p[0], p[1], 1, 0), EINVAL);
	EQ(tee(f, p[1], 0, 0), 0);
	ERR(vmsplice(f, &(struct iovec){ "x", 1 }, 1, 0), EBADF);
}

TEST(event_files_are_refused_before_any_wait)
{
	int p[2], files[] = { (int)OK(epoll_create1(0)), (int)OK(eventfd(1, 0)),
			      (int)OK(timerfd_create(CLOCK_MONOTONIC, 0)) };

	OK(pipe(p));
	for (int i = 0; i < 3; i++) {
		ERR(splice(p[0], NULL, files[i], NULL, 1, 0), EINVAL);
		ERR(splice(files[i], NULL, p[1], NULL, 1, 0), EINVAL);
	}
}

TEST(tee_leaves_the_data)
{
	int p[2], q[2];
	char buf[16] = "";

	OK(pipe(p));
	OK(pipe(q));
	EQ(write(p[1], "hello", 5), 5);
	EQ(tee(p[0], q[1], 100, 0), 5);
	EQ(read(q[0], buf, 16), 5);
	STREQ(buf, "hello");
	memset(buf, 0, sizeof(buf));
	EQ(read(p[0], buf, 16), 5);
	STREQ(buf, "hello");
	ERR(tee(p[0], q[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
}

TEST(vmsplice_gathers_and_scatters)
{
	struct iovec w[2] = { { "abc", 3 }, { "defg", 4 } }, r[2];
	char x[3] = "", y[8] = "";
	int p[2];

	OK(pipe(p));
	EQ(vmsplice(p[1], w, 2, 0), 7);
	r[0] = (struct iovec){ x, 2 };
	r[1] = (struct iovec){ y, 7 };
	EQ(vmsplice(p[0], r, 2, 0), 7);
	STREQ(x, "ab");
	STREQ(y, "cdefg");
	ERR(vmsplice(p[0], r, 2, SPLICE_F_NONBLOCK), EAGAIN);
	EQ(vmsplice(p[1], w, 0, 0), 0);
	ERR(vmsplice(p[1], (void *)1, 1, 0), EFAULT);
}

TEST(vmsplice_waits_for_the_first_room_only)
{
	static char buf[131072] __attribute__((aligned(4096)));
	struct iovec v = { buf, sizeof(buf) };
	int p[2];

	OK(pipe(p));
	EQ(vmsplice(p[1], &v, 1, 0), 65536);
	ERR(vmsplice(p[1], &v, 1, SPLICE_F_NONBLOCK), EAGAIN);
	EQ(read(p[0], buf, 8192), 8192);
	EQ(vmsplice(p[1], &v, 1, 0), 8192);
}

TEST(a_splice_waits_for_a_writer)
{
	int p[2], out = OK(open("out", O_CREAT | O_RDWR, 0644));
	char buf[4] = "";

	OK(pipe(p));
	if (fork() == 0) {
		sleep_ms(50);
		_exit(write(p[1], "late", 4) != 4);
	}
	EQ(splice(p[0], NULL, out, NULL, 100, 0), 4);
	EQ(pread(out, buf, 4, 0), 4);
	TRUE(!memcmp(buf, "late", 4));
	wait(NULL);
}

TEST(seals_hold)
{
	int fd = (int)OK(memfd_create("x", MFD_ALLOW_SEALING)),
	    plain = (int)OK(memfd_create("y", 0));

	EQ(ftruncate(fd, 4096), 0);
	EQ(fcntl(fd, F_GET_SEALS), 0);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW);
	ERR(ftruncate(fd, 0), EPERM);
	ERR(ftruncate(fd, 8192), EPERM);
	EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	ERR(write(fd, "x", 1), EPERM);
	ERR(fcntl(fd, F_ADD_SEALS, 0), EPERM);
	EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	ERR(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
}
